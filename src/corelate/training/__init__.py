"""From a recipe to a trained and measured annotator."""
