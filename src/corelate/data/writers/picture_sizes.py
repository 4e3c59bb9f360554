"""How large pictures are, from the beginnings of their files."""

from __future__ import annotations

import io
import stat
import warnings
from typing import BinaryIO

from PIL import ExifTags, Image

from corelate.data.image_formats import READABLE, held_format
from corelate.data.references import FileReference, ImageReference
from corelate.errors import ImageReadError

_BEGINNING = 512  # bytes that tell the format
_TURNED = (5, 6, 7, 8)  # EXIF orientations that exchange width and height


def picture_size(reference: ImageReference) -> tuple[int, int]:
    """Return the width and height of a picture as it is seen, turned as its EXIF orientation says, in pixels.

    Of a file no more is read than its decoder needs for that; nothing is decoded.

    Raises:
        ImageReadError: It is not there, or is no picture that can be read.
    """
    if not isinstance(reference, FileReference):
        return _size(io.BytesIO(reference.read()), reference.name)
    try:
        if not stat.S_ISREG(reference.path.stat().st_mode):
            raise ImageReadError(f"{reference.path}: not a regular file, not read")
        with reference.path.open("rb") as file:
            return _size(file, reference.name)
    except (OSError, ValueError) as error:
        raise ImageReadError(f"{reference.path}: {getattr(error, 'strerror', None) or error}") from error


def _size(file: BinaryIO, name: str) -> tuple[int, int]:
    beginning = file.read(_BEGINNING)
    kind = held_format(beginning)
    if kind not in READABLE:
        raise ImageReadError(f"{name}: holds {kind}, not a picture that can be read; formats: {', '.join(READABLE)}")
    if kind == "GIF":
        # Pillow would make room for the first frame.
        return int.from_bytes(beginning[6:8], "little"), int.from_bytes(beginning[8:10], "little")
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(file, formats=[kind]) as image:
                # Pillow has turned the size of a TIFF already; its tags have the one that is stored.
                stored = getattr(image, "tag_v2", {})
                width = int(stored.get(ExifTags.Base.ImageWidth, image.width))
                height = int(stored.get(ExifTags.Base.ImageLength, image.height))
                turned = image.getexif().get(ExifTags.Base.Orientation) in _TURNED
                return (height, width) if turned else (width, height)
    except Exception as error:  # Pillow's decoders raise nearly every built-in error on damaged data.
        reason = str(error) or type(error).__name__
        raise ImageReadError(f"{name}: damaged, or not a proper {kind} picture ({reason})") from error
