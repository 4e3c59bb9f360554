"""What the checks know of the pictures themselves: each file is read once, by a few threads."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin

from corelate.data.image_formats import held_format, promised_format
from corelate.data.image_modes import to_rgb
from corelate.data.images import MAX_PIXELS, decode_image
from corelate.data.references import FileReference, ImageReference, MissingReference
from corelate.doctor.perceptual_hash import SIDE, cosine_coefficients
from corelate.errors import ImageReadError

MOST_READERS = 8
DIGEST_BYTES = 16
# Side of the coloured thumbnails in which candidates are compared.
THUMBNAIL = 16
# A JPEG is unpacked at half its size, a quarter or an eighth as long as both sides stay above this.
_LEAST_DRAFT = 2 * SIDE
_PICTURES_PER_BLOCK = 1024


@dataclass(frozen=True)
class LookedAt:
    """What N pictures look like.

    Attributes:
        failures: Why a picture can't be read, by row.
        absent: Whether there is no file, as in sets of labels alone; what is damaged is there.
        digests: N×16 bytes, the hash of each file's bytes.
        sizes: N×2 lengths of the sides, pixels.
        coefficients: N×8×8 low frequencies of the brightness, float32.
        thumbnails: N×16×16×3, uint8.

    The last four mean nothing for pictures that can't be read or are absent.
    """

    failures: dict[int, str]
    absent: np.ndarray
    digests: np.ndarray
    sizes: np.ndarray
    coefficients: np.ndarray
    thumbnails: np.ndarray

    @property
    def readable(self) -> np.ndarray:
        """The rows of the pictures that were read, ascending."""
        seen = ~self.absent
        seen[list(self.failures)] = False
        return np.flatnonzero(seen)


@dataclass(frozen=True)
class _Seen:
    digest: bytes
    size: tuple[int, int]
    grey: np.ndarray
    thumbnail: np.ndarray


def look_at(
    pictures: Sequence[ImageReference],
    *,
    any_suffix: bool = False,
    readers: int | None = None,
    progress: Callable[[], object] = lambda: None,
) -> LookedAt:
    """Read, hash and shrink pictures.

    Args:
        pictures: N references.
        any_suffix: Read pictures of another format than their suffix says.
        readers: Threads; None takes one for each core, at most 8.
        progress: Called after each picture.
    """
    count = len(pictures)
    failures: dict[int, str] = {}
    digests, sizes = np.zeros((count, DIGEST_BYTES), np.uint8), np.zeros((count, 2), np.int64)
    coefficients = np.zeros((count, 8, 8), np.float32)
    thumbnails = np.zeros((count, THUMBNAIL, THUMBNAIL, 3), np.uint8)
    absent = np.zeros(count, np.bool_)
    for block, seen in _in_blocks(pictures, any_suffix, readers, progress):
        for row, result in zip(block, seen, strict=True):
            absent[row] = result is None
            if isinstance(result, str):
                failures[row] = result
        good = [(row, result) for row, result in zip(block, seen, strict=True) if isinstance(result, _Seen)]
        if good:
            chosen = [row for row, _ in good]
            digests[chosen] = [np.frombuffer(result.digest, np.uint8) for _, result in good]
            sizes[chosen] = [result.size for _, result in good]
            thumbnails[chosen] = [result.thumbnail for _, result in good]
            coefficients[chosen] = cosine_coefficients(np.stack([result.grey for _, result in good]))
    return LookedAt(failures, absent, digests, sizes, coefficients, thumbnails)


def _in_blocks(
    pictures: Sequence[ImageReference],
    any_suffix: bool,
    readers: int | None,
    progress: Callable[[], object],
) -> Iterator[tuple[list[int], list[_Seen | str | None]]]:
    def look(row: int) -> _Seen | str | None:
        return _look(pictures[row], any_suffix)

    remaining = iter(range(len(pictures)))
    executor = ThreadPoolExecutor(readers or min(MOST_READERS, os.cpu_count() or 1), thread_name_prefix="read-picture")
    try:
        while block := list(islice(remaining, _PICTURES_PER_BLOCK)):
            seen: list[_Seen | str | None] = []
            for result in executor.map(look, block):
                seen.append(result)
                progress()
            yield block, seen
    finally:
        executor.shutdown(cancel_futures=True)


def is_absent(picture: ImageReference) -> bool:
    """Tell whether a picture is only named: its file is not there."""
    if isinstance(picture, FileReference):
        try:
            return not picture.path.exists()
        except OSError:  # a name that is too long; reading it says so
            return False
    return isinstance(picture, MissingReference)


def _look(picture: ImageReference, any_suffix: bool) -> _Seen | str | None:
    """Return what is kept of a picture, or why it can't be read, or None where there is none."""
    if is_absent(picture):
        return None
    try:
        data = picture.read()
        image, size = _decode(data, picture.name, any_suffix)
    except ImageReadError as error:
        return str(error).removeprefix(f"{picture.name}: ")
    except MemoryError:
        return "not enough memory to read it"
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    thumbnail = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    digest = hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()
    return _Seen(digest, size, np.asarray(grey), np.asarray(thumbnail))


def _decode(data: bytes, name: str, any_suffix: bool) -> tuple[Image.Image, tuple[int, int]]:
    """Return the picture, perhaps smaller than it is, and its full size.

    Raises:
        ImageReadError: It can't be read.
    """
    if held_format(data) == "JPEG" and (any_suffix or promised_format(name) in (None, "JPEG")):
        # Whatever goes wrong, the whole decoder says it better, or gets over it.
        with contextlib.suppress(Exception):
            return _decode_jpeg(data)
    image = decode_image(data, name, any_suffix=any_suffix)
    return image, image.size


def _decode_jpeg(data: bytes) -> tuple[Image.Image, tuple[int, int]]:
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as image:
        width, height = image.size
        if width * height > MAX_PIXELS // 2:
            raise ImageReadError("left to the whole decoder")
        # All of the data are unpacked all the same, so that a truncated file is found.
        image.draft(None, (_LEAST_DRAFT, _LEAST_DRAFT))
        image.load()
        return to_rgb(ImageOps.exif_transpose(image)), (width, height)
