"""What heads that write a picture's labels one after another are made of: tokens, decoders and search."""
