"""What goes wrong inside metadata; it never leaves the package, since metadata are no reason to lose a picture."""

from __future__ import annotations


class DamagedMetadataError(ValueError):
    """Metadata, or the file around them, are not as their standard says; the message says how, in few words."""
