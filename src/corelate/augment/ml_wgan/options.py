"""What a generation works on and with; nothing of it changes how the generated pictures look."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corelate.errors import OptionError
from corelate.options import check_options, option

ACCELERATORS = ("auto", "cpu", "cuda", "gpu", "mps")
PRECISIONS = ("auto", "32-true", "bf16-mixed")


@dataclass(frozen=True)
class GenerationOptions:
    """Which pictures, on what, and how many at once.

    Raises:
        OptionError: A value is not allowed; the message names all of them.
    """

    data: str = option("", "data set, as format:path; its training pictures are taken, or those of ?split=")
    limit: int = option(0, "work on this many pictures, drawn by the seed (0: all)", minimum=0)
    at_once: int = option(
        0,
        "pictures whose networks are trained at once (0: as many as a GPU's free memory holds, one on a CPU)",
        minimum=0,
    )
    accelerator: str = option("auto", "where to compute; auto: on a GPU if there is one", choices=ACCELERATORS)
    devices: int = option(1, "processes side by side, each on a GPU of its own or on a share of the CPU", minimum=1)
    shard: str = option("1/1", "this machine's part of the pictures, where several share the folder, e.g. 2/4")
    precision: str = option(
        "auto", "of convolutions; auto: bfloat16 on GPUs that have it, else float32", choices=PRECISIONS
    )
    threads: int = option(0, "CPU threads of each process for arithmetic (0: all cores, divided)", minimum=0)
    method: str = option("auto", "how networks of several pictures are computed at once; auto: the fastest way")
    checkpoint_minutes: float = option(10.0, "longest time between checkpoints", above=0.0)
    strict: bool = option(False, "stop at the first problem of the data set instead of leaving out")
    any_suffix: bool = option(False, "read pictures whose content does not fit their suffix")

    def __post_init__(self) -> None:
        check_options(self, "ml-wgan")
        if not self.data:
            raise OptionError("ml-wgan: data: name the pictures by a data spec, e.g. corel5k:DIR")
        self.part  # noqa: B018 (refuses a wrong one)

    @property
    def part(self) -> tuple[int, int]:
        """Which part of how many, the first being 0."""
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", self.shard)
        number, count = (int(text) for text in match.groups()) if match else (0, 0)
        if not 1 <= number <= count:
            raise OptionError(f"ml-wgan: shard = {self.shard!r}: write which of how many, from 1/4 to 4/4 for four")
        return number - 1, count
