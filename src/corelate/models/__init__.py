"""Networks: backbones, heads, and the annotator that joins them."""
