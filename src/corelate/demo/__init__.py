"""The whole path on drawn scenes: train, compare, export, tag, and a page to look at."""
