"""Labels around chosen ones, and which of them moved a tag of a picture."""
