"""More pictures to learn from, made from those that are there."""
