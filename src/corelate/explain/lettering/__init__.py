"""Text in drawings: fitted, shortened, and kept apart."""
