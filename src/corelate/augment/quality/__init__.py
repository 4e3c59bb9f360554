"""How near generated pictures are to their originals and to each other, whatever made them."""
