"""One process of a generation: trains chunk after chunk of its pictures, and writes what they generate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from corelate.augment.ml_wgan.chunk_checkpoint import ChunkCheckpoint
from corelate.augment.ml_wgan.naming import views
from corelate.augment.ml_wgan.originals import Originals
from corelate.augment.ml_wgan.planning import next_chunk
from corelate.augment.ml_wgan.preparation import finish
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.augment.ml_wgan.stopping import Stopping
from corelate.augment.ml_wgan.store import CHECKPOINT, GeneratedFolder
from corelate.errors import OptionError, WeightsError
from corelate.files import locked

# As the CPU's allocator, that of Apple's GPUs, and the libraries of CUDA put it.
_NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")


class Trainer(Protocol):
    """What trains a chunk; see `corelate.augment.ml_wgan.training.PictureGANs`."""

    iteration: int

    @property
    def finished(self) -> bool:
        """Whether all iterations are done."""

    @property
    def fakes(self) -> Tensor:
        """What was generated, K×N×3×H×W."""

    def step(self) -> None:
        """Do one iteration."""

    def state_tensors(self) -> dict[str, Tensor]:
        """Return the state."""

    def load_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from a state."""


class TrainerFactory(Protocol):
    """Makes what trains a chunk."""

    def __call__(
        self,
        pictures: Tensor,
        names: Sequence[str],
        settings: MLWGANSettings,
        *,
        device: torch.device,
        precision: str,
        method: str,
    ) -> Trainer:
        """Return it."""


class Monitor(Protocol):
    """Is told what a process does."""

    def message(self, text: str) -> None:
        """Take a sentence."""

    def worked(self, steps: int, finished: int = 0) -> None:
        """Take note of iterations of single pictures, and of pictures finished by them."""

    def found(self, steps: int) -> None:
        """Take note of iterations that an earlier process did, or below 0, that have to be done again."""

    def left_out(self, name: str, reason: str) -> None:
        """Take note of a picture that can't be used."""


@dataclass(frozen=True)
class Computing:
    """How a process computes.

    Attributes:
        device: Where.
        precision: ``"32-true"`` or ``"bf16-mixed"``.
        method: How many networks are computed at once.
        at_once: How many pictures are trained at once.
        checkpoint_seconds: Longest time between checkpoints.
        trainer: Makes what trains a chunk.
    """

    device: torch.device
    precision: str
    method: str
    at_once: int
    checkpoint_seconds: float
    trainer: TrainerFactory


@dataclass
class Worker:
    """Works off the pictures of one part.

    Attributes:
        originals: All pictures.
        settings: How others are generated from them.
        folder: Where those go.
        part: Which part of the pictures this is, and of how many.
        computing: On what and how.
        monitor: Is told about it.
        stopping: Says when to stop.
    """

    originals: Originals
    settings: MLWGANSettings
    folder: GeneratedFolder
    part: tuple[int, int]
    computing: Computing
    monitor: Monitor
    stopping: Stopping
    _at_once: int = field(init=False)
    _checkpoint: ChunkCheckpoint = field(init=False)

    def run(self, names: Sequence[str]) -> None:
        """Generate from the named pictures.

        Raises:
            RunError: Another process works on this part.
            OptionError: There is not enough memory for one picture.
        """
        place = self.folder.part(*self.part)
        place.mkdir(parents=True, exist_ok=True)
        with locked(place):
            self._checkpoint = ChunkCheckpoint(
                place / CHECKPOINT, self.computing.method, self.computing.checkpoint_seconds
            )
            self._checkpoint.remove_torn()
            self._at_once = self.computing.at_once
            waiting = self._readable(names)
            begun = self._begun(waiting)
            while waiting and not self.stopping.requested:
                chunk, state = begun or (next_chunk(waiting, self._at_once), None)
                begun = None
                waiting = self._without(waiting, self._generate(chunk, state))

    def _readable(self, names: Sequence[str]) -> list[str]:
        """Leave out what can't be read, now rather than hours later: chunks shall not depend on it."""
        problems = self.originals.unreadable(names, self.settings)
        for name, reason in problems.items():
            self.monitor.left_out(name, reason)
        return self._without(names, problems)

    def _begun(self, waiting: Sequence[str]) -> tuple[list[str], dict[str, Tensor]] | None:
        """Return the chunk that was being trained when an earlier process was stopped."""
        try:
            return self._checkpoint.read(waiting)
        except WeightsError as error:
            self.monitor.message(f"begun pictures are begun again: {error}")
            return None

    def _generate(self, chunk: list[str], state: dict[str, Tensor] | None) -> list[str]:
        """Train a chunk and write what it generates; return the pictures that are finished: all, or none."""
        steps = 0
        try:
            pictures, plans = self.originals.load(chunk, self.settings)
            gans = self._trainer(pictures, chunk, state)
            self.monitor.found(gans.iteration * len(chunk))
            steps = gans.iteration * len(chunk)
            while not gans.finished:
                gans.step()
                steps += len(chunk)
                self.monitor.worked(len(chunk))
                if self.stopping.requested and not gans.finished:
                    self._checkpoint.write(chunk, gans.state_tensors())
                    return []
                if self._checkpoint.due and not gans.finished:
                    self._checkpoint.write(chunk, gans.state_tensors())
            fakes = gans.fakes
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            self.monitor.found(-steps)
            self._halve(len(chunk))
            return []
        self._write(chunk, plans, fakes)
        return chunk

    def _trainer(self, pictures: Tensor, chunk: list[str], state: dict[str, Tensor] | None) -> Trainer:
        gans = self._fresh(pictures, chunk)
        if state is None:
            return gans
        try:
            gans.load_state(state)
            state.clear()  # it takes as much memory as the networks
        except (KeyError, RuntimeError) as error:
            if _is_out_of_memory(error):
                raise
            # Such as that of another version.
            self.monitor.message(f"{len(chunk)} begun pictures are begun again: their checkpoint does not fit")
            return self._fresh(pictures, chunk)
        return gans

    def _fresh(self, pictures: Tensor, chunk: list[str]) -> Trainer:
        how = self.computing
        return how.trainer(
            pictures, chunk, self.settings, device=how.device, precision=how.precision, method=how.method
        )

    def _halve(self, count: int) -> None:
        """Train fewer pictures at once from now on."""
        if count == 1:
            raise OptionError(
                f"{self.computing.device} has not enough memory for one picture of "
                f"{self.settings.width}×{self.settings.height} pixels; use a smaller --size"
            )
        self._at_once = math.ceil(count / 2)
        self._checkpoint.remove()
        self.monitor.message(f"not enough memory for {count} pictures at once; going on with {self._at_once}")

    def _write(self, chunk: Sequence[str], plans: Sequence[Any], fakes: Tensor) -> None:
        """Write the pictures, then note that they are there, then take the checkpoint away."""
        shown = views(self.settings)
        for number, (name, plan) in enumerate(zip(chunk, plans, strict=True)):
            for view, fake, generated in zip(shown, fakes[:, number], self.originals.generated[name], strict=True):
                self.folder.save(finish(fake, view, plan), generated)
        self.folder.record(self.folder.part(*self.part), {name: list(self.originals.generated[name]) for name in chunk})
        self._checkpoint.remove()
        self.folder.summarise(self.originals.source, self.settings, self.originals.labels)
        self.monitor.worked(0, len(chunk))

    @staticmethod
    def _without(names: Sequence[str], others: Sequence[str] | Mapping[str, str]) -> list[str]:
        gone = set(others)
        return [name for name in names if name not in gone]


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether memory ran out, which only CUDA's allocator says by a class of its own."""
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in _NO_MEMORY)
