"""Pages that join figures, tables and pictures: one HTML file each, which needs no network."""
