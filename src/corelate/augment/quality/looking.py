"""Looking at one original and what was generated from it: everything that needs their pixels, in one reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from PIL import Image

from corelate.augment.quality.pixel_distances import root_mean_square_error, structural_similarity
from corelate.augment.quality.symmetries import nearest_symmetry, possible_symmetries, undone
from corelate.augment.quality.yardsticks import copies
from corelate.data.images import read_image
from corelate.data.references import ImageReference
from corelate.errors import ImageReadError

SIDE = 128
"""Pictures are compared at this size, whatever their shape: both sides, pixels."""
MOST_PAIRS = 50
PIXELS, STRUCTURE, FEATURES = "pixels", "structure", "features"
MEASURES = {
    PIXELS: "root mean square difference of red, green and blue in [0, 1]",
    STRUCTURE: "1 - SSIM of the brightness",
    FEATURES: "1 - cosine of pooled features",
}
"""The distances, in words; 0 is the same picture."""

Prepare = Callable[[Image.Image], np.ndarray]


@dataclass(frozen=True)
class Frame:
    """A picture as it is compared.

    Attributes:
        pixels: 128×128×3, uint8.
        size: Width and height that it had, pixels.
    """

    pixels: np.ndarray
    size: tuple[int, int]

    @classmethod
    def of(cls, image: Image.Image) -> Frame:
        """Return an RGB picture, stretched to the common size."""
        small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)
        return cls(np.asarray(small), image.size)

    def values(self) -> np.ndarray:
        """Return the pixels as float32 in [0, 1]."""
        result: np.ndarray = self.pixels.astype(np.float32) / np.float32(255)
        return result


@dataclass
class Looked:
    """What was seen of one original and its generated pictures.

    Attributes:
        original: Its frame; None when it can't be read, and all else is empty then.
        failures: Why pictures can't be read, each with its name before.
        places: Which of the generated pictures were read.
        views: How each of these lies, in words.
        distances: By measure the distance of each to the original.
        between: By measure the mean distance between two of them; empty for fewer than two.
        own: By yardstick and measure the distances of the original's copies; empty where they were not asked for.
        inputs: What a network takes of the original, the generated pictures that were read, and the copies, in this
            order; empty without a network.
    """

    original: Frame | None = None
    failures: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    distances: dict[str, list[float]] = field(default_factory=dict)
    between: dict[str, float] = field(default_factory=dict)
    own: dict[str, dict[str, float]] = field(default_factory=dict)
    inputs: list[np.ndarray] = field(default_factory=list)


def pixel_distances(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    """Return the distances of two H×W×3 pictures in [0, 1] that need no network."""
    return {PIXELS: root_mean_square_error(first, second), STRUCTURE: 1 - structural_similarity(first, second)}


def distances_undone(frame: Frame, original: Frame) -> dict[str, float]:
    """Return the distances of a picture to another, after it was laid as near to that as it may be laid."""
    pixels, wanted = frame.values(), original.values()
    symmetry = nearest_symmetry(pixels, wanted, possible_symmetries(frame.size, original.size))
    return pixel_distances(undone(pixels, symmetry), wanted)


def look(
    original: ImageReference,
    generated: Sequence[ImageReference],
    *,
    prepare: Prepare | None = None,
    with_copies: bool = False,
    border: int = 0,
    any_suffix: bool = False,
) -> Looked:
    """Read and compare one original and its generated pictures.

    Args:
        original: The picture.
        generated: What was generated from it.
        prepare: From an upright RGB picture to what a network takes of it; None for no network.
        with_copies: Also compare the original with changed copies of itself.
        border: Pixels cut off each side of the original.
        any_suffix: Whether pictures may have a wrong suffix.
    """
    looked = Looked()
    image = _read(original, any_suffix, looked.failures, border)
    if image is None:
        return looked
    looked.original = Frame.of(image)
    wanted = looked.original.values()
    upright = []
    if prepare:
        looked.inputs.append(prepare(image))
    for place, reference in enumerate(generated):
        picture = _read(reference, any_suffix, looked.failures)
        if picture is None:
            continue
        pixels, view, picture = brought_upright(picture, looked.original)
        looked.places.append(place)
        looked.views.append(view)
        upright.append(pixels)
        if prepare:
            looked.inputs.append(prepare(picture))
    looked.distances = _joined([pixel_distances(pixels, wanted) for pixels in upright])
    pairs = [pixel_distances(upright[first], upright[second]) for first, second in chosen_pairs(len(upright))]
    looked.between = {measure: float(np.mean(values)) for measure, values in _joined(pairs).items() if values}
    if with_copies:
        for name, copy in copies(image).items():
            looked.own[name] = pixel_distances(Frame.of(copy).values(), wanted)
            if prepare:
                looked.inputs.append(prepare(copy))
    return looked


def chosen_pairs(count: int) -> list[tuple[int, int]]:
    """Return the pairs among `count` pictures that are compared: all, or of very many about 50, spread evenly."""
    pairs = list(combinations(range(count), 2))
    return pairs[:: -(-len(pairs) // MOST_PAIRS) or 1]


def brought_upright(image: Image.Image, original: Frame) -> tuple[np.ndarray, str, Image.Image]:
    """Lay a generated picture as its original lies.

    Returns:
        Its pixels at the common size, float32 in [0, 1]; how it lay, in words; and the whole picture.
    """
    frame = Frame.of(image)
    values = frame.values()
    symmetry = nearest_symmetry(values, original.values(), possible_symmetries(image.size, original.size))
    return undone(values, symmetry), symmetry.name, Image.fromarray(undone(np.asarray(image), symmetry).copy())


def opened(reference: ImageReference, border: int = 0, *, any_suffix: bool = False) -> Image.Image:
    """Return a picture in RGB, without its border.

    Raises:
        ImageReadError: It can't be read, or nothing of it is left.
    """
    image = read_image(reference, any_suffix=any_suffix)
    if not border:
        return image
    if min(image.size) <= 2 * border:
        raise ImageReadError(
            f"{reference.name}: nothing is left of {image.width}×{image.height} pixels without a border of {border}"
        )
    return image.crop((border, border, image.width - border, image.height - border))


def _read(reference: ImageReference, any_suffix: bool, failures: list[str], border: int = 0) -> Image.Image | None:
    try:
        return opened(reference, border, any_suffix=any_suffix)
    except ImageReadError as error:
        failures.append(f"{reference.name}: {reason(reference.name, error)}")
    except MemoryError:
        failures.append(f"{reference.name}: not enough memory to read it")
    return None


def reason(name: str, error: Exception) -> str:
    """Return why a picture can't be read, without its name or a path that ends with it."""
    return str(error).rpartition(f"{name}: ")[2]


def _joined(distances: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {measure: [each[measure] for each in distances] for measure in (PIXELS, STRUCTURE)}
