"""Data sets: reading them in any format, their labels, their pictures, and dividing them."""
