"""Batches for training and scoring: from pictures, or from features that are already computed.

All processes of a run draw the same order of pictures; each takes its share of every batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from corelate.data.annotation_set import AnnotationSet
from corelate.data.images import read_image
from corelate.data.preprocessing import Preprocessing
from corelate.data.targets import TargetMatrix
from corelate.errors import DataError
from corelate.training.randomness import derived_seed, permutation
from corelate.training.weighted_draws import draw_pictures, least_draws

Batch = tuple[torch.Tensor, torch.Tensor]
EVALUATION_BATCH = 32


@dataclass(frozen=True)
class Share:
    """Which part of the work this process does: number `rank` of `count` processes."""

    rank: int = 0
    count: int = 1


class BatchSource(Protocol):
    """Gives the batches of an epoch."""

    def steps(self) -> int:
        """Return the number of batches in an epoch."""

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch, from number `start` on.

        Each is inputs and float32 targets B×L: 1 or the label's place in its picture's list, 0 for absent and -1 for
        unknown.
        """


@dataclass(frozen=True)
class Order:
    """The order of the pictures in each epoch, cut into batches.

    Attributes:
        count: Number of pictures.
        batch_size: Pictures in a batch, over all processes.
        seed: The run's seed.
        share: The part of each batch that this process takes.
        weights: How often each picture comes in an epoch, on average; None for once.

    Raises:
        DataError: The weights are less than one picture together.
    """

    count: int
    batch_size: int
    seed: int
    share: Share = Share()
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.weights is not None and not least_draws(self.weights):
            raise DataError(f"the weights of {self.count} pictures are {self.weights.sum():g} together, less than one")

    def steps(self) -> int:
        """Return the number of batches in an epoch.

        A last batch with fewer than two pictures for each process is left out (batch norm can't train on one picture),
        unless it is the only one, and with several processes a last batch is cut to equal shares; every epoch has
        another order, so that no picture is always left out.
        """
        count = self.count if self.weights is None else least_draws(self.weights)
        whole, rest = divmod(count, self.batch_size)
        return whole + (1 if rest >= 2 * self.share.count or whole == 0 else 0)

    def batches(self, epoch: int, start: int = 0) -> Iterator[np.ndarray]:
        """Give this process's picture numbers of each batch of an epoch."""
        for draws in self.draws(epoch, start):
            yield draws % self.count

    def draws(self, epoch: int, start: int = 0) -> Iterator[np.ndarray]:
        """Give what `batches` gives, but repeats within an epoch as other numbers: the picture's plus `count`, …."""
        drawn = np.arange(self.count) if self.weights is None else draw_pictures(self.weights, self.seed, epoch)
        order = drawn[permutation(len(drawn), self.seed, "order", epoch)]
        for step in range(start, self.steps()):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            # Equal shares, so that the mean over processes is the mean over pictures. With fewer pictures than
            # processes some would get none, and the others would wait for them.
            size = len(batch) - len(batch) % self.share.count
            batch = np.resize(batch, max(size, self.share.count))
            yield batch[self.share.rank :: self.share.count]


class Features(Protocol):
    """Gives features of pictures by their row numbers."""

    def __getitem__(self, rows: np.ndarray) -> torch.Tensor:
        """Return the features of some pictures, B×D×h×w."""


class FeatureBatches:
    """Batches of features that were computed before.

    Args:
        features: Of all pictures.
        rows: The N pictures that the batches are made of.
        targets: Their N rows of targets.
        order: Order of these N pictures.
        places: Whether present labels hold their places in the lists of their pictures instead of 1.
    """

    def __init__(
        self, features: Features, rows: np.ndarray, targets: TargetMatrix, order: Order, *, places: bool = False
    ) -> None:
        self.features = features
        self.rows = rows
        self.targets = targets
        self.order = order
        self.places = places

    def steps(self) -> int:
        """Return the number of batches in an epoch."""
        return self.order.steps()

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch."""
        for numbers in self.order.batches(epoch, start):
            yield self.features[self.rows[numbers]].float(), _dense(self.targets, numbers, self.places)


class PictureBatches:
    """Batches that are read from pictures, in other processes if wanted.

    Args:
        annotations: The pictures and their targets.
        transform: From an upright RGB picture to pixels 3×H×W; may draw from torch's default generator.
        order: Order of the pictures.
        workers: Processes that read, 0 for none.
        pin_memory: Whether batches go to a GPU.
        any_suffix: Whether pictures may have a wrong suffix.
        places: Whether present labels hold their places in the lists of their pictures instead of 1.
    """

    def __init__(
        self,
        annotations: AnnotationSet,
        transform: Any,
        order: Order,
        *,
        workers: int = 0,
        pin_memory: bool = False,
        any_suffix: bool = False,
        places: bool = False,
    ) -> None:
        self.order = order
        self._sampler = _EpochSampler(order)
        self._loader = DataLoader(
            _Pictures(annotations, transform, order.seed, any_suffix, places),
            batch_sampler=self._sampler,
            num_workers=workers,
            pin_memory=pin_memory,
            persistent_workers=workers > 0,
        )

    def steps(self) -> int:
        """Return the number of batches in an epoch."""
        return self.order.steps()

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Give the batches of one epoch."""
        self._sampler.position = (epoch, start)
        yield from self._loader


def evaluation_pixels(
    annotations: AnnotationSet,
    preprocessing: Preprocessing,
    rows: Sequence[int],
    workers: int = 0,
    *,
    any_suffix: bool = False,
) -> Iterator[torch.Tensor]:
    """Give the pixels of the chosen pictures, B×3×H×W, as evaluation sees them."""
    pictures = _Pixels(annotations, preprocessing, rows, any_suffix)
    yield from DataLoader(pictures, batch_size=EVALUATION_BATCH, num_workers=workers)


class _Pixels(Dataset[torch.Tensor]):
    def __init__(
        self, annotations: AnnotationSet, preprocessing: Preprocessing, rows: Sequence[int], any_suffix: bool
    ) -> None:
        self.annotations = annotations
        self.preprocessing = preprocessing
        self.rows = rows
        self.any_suffix = any_suffix

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> torch.Tensor:
        image = read_image(self.annotations.pictures[self.rows[position]], any_suffix=self.any_suffix)
        return torch.from_numpy(self.preprocessing(image))


class _EpochSampler(Sampler[list[tuple[int, int]]]):
    """Gives (epoch, draw) pairs, so that readers need no state of their own."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.position = (0, 0)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        epoch, start = self.position
        for draws in self.order.draws(epoch, start):
            yield [(epoch, int(draw)) for draw in draws]


class _Pictures(Dataset[Batch]):
    def __init__(self, annotations: AnnotationSet, transform: Any, seed: int, any_suffix: bool, places: bool) -> None:
        self.annotations = annotations
        self.transform = transform
        self.seed = seed
        self.any_suffix = any_suffix
        self.places = places

    def __len__(self) -> int:
        return len(self.annotations)

    def __getitem__(self, item: tuple[int, int]) -> Batch:
        # Repeats of a picture are changed in different ways.
        epoch, draw = item
        row = draw % len(self)
        image = read_image(self.annotations.pictures[row], any_suffix=self.any_suffix)
        torch.random.default_generator.manual_seed(derived_seed(self.seed, "augment", epoch, draw))
        return self.transform(image), _dense(self.annotations.targets, [row], self.places)[0]


def _dense(targets: TargetMatrix, rows: np.ndarray | Sequence[int], places: bool) -> torch.Tensor:
    chosen = targets.dense_places(rows) if places else targets.dense(rows)
    return torch.from_numpy(chosen).float()
