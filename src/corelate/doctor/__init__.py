"""Finding what is likely to be wrong in a data set; nothing is ever changed."""
