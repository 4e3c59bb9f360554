"""The pictures that others are generated from: which, in which order, and what the others are called."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from torch import Tensor

from corelate.augment.ml_wgan.naming import generated_names
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.preparation import Plan, prepare
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.augment.ml_wgan.store import Source
from corelate.data.annotation_set import AnnotationSet
from corelate.data.images import read_image
from corelate.data.originals import real_rows
from corelate.data.problems import Problems
from corelate.data.references import ImageReference
from corelate.data.roles import rows_with_role
from corelate.data.spec import DataSpec, load_annotations
from corelate.data.writers.label_blocks import label_blocks
from corelate.errors import DataError, ImageReadError
from corelate.files import absolute_if_there

_READERS = 4


@dataclass(frozen=True)
class Originals:
    """Pictures to work on, in an order that the seed draws.

    The order follows from each picture's name alone: a part of it is the same for every number of pictures that is
    asked for, and stays so when the data set grows.

    Attributes:
        references: The pictures by name, in order.
        generated: For each name, in the same order, the names of what is generated from it.
        labels: For each name its labels, in the order of its list.
        source: Where they come from.
        problems: What is wrong with the data set.
        any_suffix: Read pictures whose content does not fit their suffix.
    """

    references: dict[str, ImageReference]
    generated: dict[str, tuple[str, ...]]
    labels: dict[str, list[str]]
    source: Source
    problems: Problems
    any_suffix: bool = False

    @classmethod
    def read(cls, options: GenerationOptions, settings: MLWGANSettings) -> Originals:
        """Read the data set and choose its pictures to learn from, or all where the spec names a split.

        Raises:
            CorelateError: The data set can't be read, has a problem (with `strict`), or no picture to learn from.
        """
        annotations = load_annotations(options.data, strict=options.strict)
        chosen = _learnable(annotations, options.data)
        names = chosen.names
        order = sorted(range(len(names)), key=lambda row: _place(names[row], settings.seed))
        ordered = [names[row] for row in order]
        labels = _listed_labels(chosen)
        return cls(
            {names[row]: chosen.pictures[row] for row in order},
            dict(zip(ordered, generated_names(ordered, settings, annotations.names), strict=True)),
            {names[row]: labels[row] for row in order},
            Source(DataSpec.parse(options.data).with_paths(absolute_if_there).to_text(), _digest(names)),
            annotations.problems,
            options.any_suffix,
        )

    def chosen(self, limit: int) -> list[str]:
        """Return the names of the first `limit` pictures, of all for 0."""
        return list(self.references)[: limit or None]

    def unreadable(self, names: Sequence[str], settings: MLWGANSettings) -> dict[str, str]:
        """Return for those of some pictures that can't be used the reason."""

        def problem(name: str) -> str:
            try:
                self._prepare(name, settings)
            except ImageReadError as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(_READERS) as pool:
            problems = dict(zip(names, pool.map(problem, names), strict=True))
        return {name: text for name, text in problems.items() if text}

    def load(self, names: Sequence[str], settings: MLWGANSettings) -> tuple[Tensor, list[Plan]]:
        """Return some pictures as the networks take them, N×3×H×W, and how each was prepared.

        Raises:
            ImageReadError: One can't be read.
        """
        pictures, plans = zip(*(self._prepare(name, settings) for name in names), strict=True)
        return torch.stack(pictures), list(plans)

    def _prepare(self, name: str, settings: MLWGANSettings) -> tuple[Tensor, Plan]:
        return prepare(read_image(self.references[name], any_suffix=self.any_suffix), name, settings)


def _learnable(annotations: AnnotationSet, spec: str) -> AnnotationSet:
    """Return the pictures to learn from that were not generated themselves."""
    rows = real_rows(annotations) if DataSpec.parse(spec).split else rows_with_role(annotations, "train")
    if not len(rows):
        raise DataError(
            f"{spec} has no pictures to learn from; its splits are {', '.join(annotations.split_names())}: choose one "
            "with ?split="
        )
    return annotations.select(rows)


def _place(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{name}".encode("utf-8", "surrogatepass")).digest()


def _digest(names: Sequence[str]) -> str:
    text = "\0".join(sorted(names))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _listed_labels(annotations: AnnotationSet) -> list[list[str]]:
    vocabulary = annotations.vocabulary
    return [
        [vocabulary[column] for column in present]
        for block in label_blocks(annotations.targets)
        for present, _ in block.rows()
    ]
