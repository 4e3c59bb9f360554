"""Where pictures that are being worked on stand: written now and then, so that a killed process loses minutes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from corelate.errors import WeightsError
from corelate.training.checkpoints import HEADER_KEY, load_tensors
from corelate.training.tensor_stream import stream_tensors

# A checkpoint that takes long to write is written less often: at most this share of the time is spent on it.
MOST_SHARE = 0.05


class ChunkCheckpoint:
    """The checkpoint of one process.

    Args:
        path: Its file.
        method: How the networks are computed, which decides how their state is laid out.
        seconds: Longest time between two, unless writing takes long.
        clock: Tells the time, seconds.
    """

    def __init__(self, path: Path, method: str, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._method = method
        self._seconds = seconds
        self._clock = clock
        self._next = clock() + seconds

    @property
    def due(self) -> bool:
        """Whether it is time to write one."""
        return self._clock() >= self._next

    def write(self, names: Sequence[str], tensors: Mapping[str, Tensor]) -> None:
        """Write the state of some pictures."""
        started = self._clock()
        about = json.dumps({"names": list(names), "method": self._method})
        stream_tensors(self.path, tensors, {HEADER_KEY: about})
        ended = self._clock()
        self._next = ended + max(self._seconds, (ended - started) / MOST_SHARE)

    def read(self, waiting: Collection[str]) -> tuple[list[str], dict[str, Tensor]] | None:
        """Return the pictures and their state; None when there is none that is of use.

        It is of none when some of the pictures are not waited for, or when their networks were computed otherwise.

        Raises:
            WeightsError: The file is damaged.
        """
        if not self.path.exists():
            return None
        tensors, about = load_tensors(self.path)
        if not isinstance(about, dict) or not isinstance(about.get("names"), list):
            raise WeightsError(f"{self.path} is no checkpoint of this command")
        fits = about.get("method") == self._method and set(about["names"]) <= set(waiting)
        return (about["names"], tensors) if about["names"] and fits else None

    def remove_torn(self) -> None:
        """Take away what was left when a process was killed while it wrote one: as large as a whole one, of no use."""
        for left in self.path.parent.glob(f".{self.path.name}.*.partial"):
            left.unlink(missing_ok=True)

    def remove(self) -> None:
        """Take it away; the next one is due as long after as after another."""
        self.path.unlink(missing_ok=True)
        self._next = self._clock() + self._seconds
