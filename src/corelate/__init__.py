"""Automatic image annotation: learn which words belong to a picture and how they go together, then tag pictures."""

__version__ = "0.1.0"
