"""What decides how generated pictures are measured."""

from __future__ import annotations

from dataclasses import dataclass

from corelate.errors import OptionError
from corelate.options import check_options, option

MOST_ROWS = 100
"""A drawing of so many is about 1,000 × 20,000 pixels."""


@dataclass(frozen=True)
class QualityOptions:
    """How generated pictures are measured and shown.

    Raises:
        OptionError: An option is of the wrong type or beyond its limits.
    """

    pictures: int = option(1000, "how many originals are measured, drawn by the seed (0: all)", minimum=0)
    rows: int = option(8, "originals on the sheet, spread from the best to the worst", minimum=1, maximum=MOST_ROWS)
    seed: int = option(1, "draws the originals that are measured, and who is compared with whom", minimum=0)
    border: int = option(
        0, "pixels cut off each side of an original, if what was made of it was made without", minimum=0
    )
    backbone: str = option("", "also measure distances between features of this timm network")
    weights: str = option("pretrained", "its weights: safetensors FILE, 'pretrained' (timm's, downloaded) or 'none'")
    image_size: tuple[int, ...] = option((), "its input size, one number or height and width", minimum=1)
    accelerator: str = option("auto", "where it runs", choices=("auto", "cpu", "cuda", "gpu", "mps"))
    any_suffix: bool = option(False, "read pictures whose content does not fit their suffix")

    def __post_init__(self) -> None:
        check_options(self, "quality")
        if len(self.image_size) > 2:
            raise OptionError(f"quality: image_size = {list(self.image_size)}: one or two positive numbers")
