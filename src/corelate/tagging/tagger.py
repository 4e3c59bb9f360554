"""An exported annotator, ready to tag pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

from corelate.data.image_modes import to_rgb
from corelate.decisions.base import Decision
from corelate.decisions.with_parents import with_parents
from corelate.errors import BundleError, OptionError
from corelate.tagging.bundle import Bundle, read_bundle
from corelate.tagging.external_data import refuse_external_data
from corelate.tagging.pictures import Tag
from corelate.tagging.session import one_line, open_session

MODEL_FILE = "model.onnx"
BATCH_SIZE = 16
# Rounding may carry a score this far out of [0, 1]; more is not a score.
TOLERANCE = 1e-5


class Tagger:
    """Scores pictures with a bundle's network and turns the scores into tags with its decision rules.

    Args:
        bundle: The opened bundle.
        threads: Threads of the network on the CPU; None takes one for each core.
        providers: Execution providers of ONNX Runtime in order of preference.

    Raises:
        BundleError: The network is missing, damaged, or does not fit the description.
        OptionError: The number of threads is wrong, or a provider is not available.
    """

    def __init__(
        self, bundle: Bundle, threads: int | None = None, providers: Sequence[str] = ("CPUExecutionProvider",)
    ) -> None:
        self.bundle = bundle
        self.description = bundle.description
        self._hierarchy = bundle.description.hierarchy
        model = bundle.read_file(MODEL_FILE)
        refuse_external_data(model)
        self._session = open_session(model, self.description, threads, providers)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        threads: int | None = None,
        providers: Sequence[str] = ("CPUExecutionProvider",),
    ) -> Tagger:
        """Open the bundle in a folder or ``.zip``; see the class for arguments and errors."""
        return cls(read_bundle(path), threads, providers)

    @property
    def labels(self) -> tuple[str, ...]:
        """The L labels, in the order of the columns of scores."""
        return self.description.vocabulary.labels

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """The shape of one picture's input: channels, height and width."""
        preprocessing = self.description.preprocessing
        return 3, preprocessing.height, preprocessing.width

    def rule(self, name: str | None = None) -> Decision:
        """Return one of the bundle's decision rules, whose tags bring what they imply; without a name, its default.

        Raises:
            OptionError: The bundle has no such rule.
        """
        decisions = self.description.decisions
        if name is None:
            name = self.description.decision
        if name not in decisions:
            raise OptionError(f"the bundle has no decision rule {name!r}: choose one of {', '.join(decisions)}")
        return with_parents(decisions[name], self._hierarchy)

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return the float32 3×H×W input of a picture; modes other than RGB are converted."""
        return self.description.preprocessing(image if image.mode == "RGB" else to_rgb(image))

    def score(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Return the float32 N×L scores of pictures, in [0, 1]; no label has a lower one than what implies it.

        Pictures must stand upright: `corelate.data.images.read_image` turns them as their metadata say, Pillow's
        `Image.open` does not.
        """
        batches = [
            self.score_prepared(np.stack([self.prepare(image) for image in images[start : start + BATCH_SIZE]]))
            for start in range(0, len(images), BATCH_SIZE)
        ]
        return np.concatenate(batches) if batches else np.zeros((0, len(self.labels)), np.float32)

    def score_prepared(self, pixels: np.ndarray) -> np.ndarray:
        """Return the float32 N×L scores of a float32 N×3×H×W batch that `prepare` made.

        Raises:
            BundleError: The network fails, or gives something else than scores.
        """
        interface = self.description.onnx
        try:
            (scores,) = self._session.run([interface.output], {interface.input: pixels})
        except Exception as error:  # ONNX Runtime's errors share no base class.
            raise BundleError(
                f"the network of {self.bundle.path} failed on {len(pixels)} picture(s): {one_line(error)}; "
                "try a smaller batch, or export the bundle anew"
            ) from error
        return self._checked(scores, len(pixels))

    def tag(self, images: Sequence[Image.Image], rule: str | Decision | None = None) -> list[list[Tag]]:
        """Return the tags of each picture, best first.

        Args:
            images: Upright pictures.
            rule: Name of one of the bundle's decision rules, or another decision; None takes the bundle's default.

        Raises:
            OptionError: The bundle has no such rule.
        """
        decision = rule if isinstance(rule, Decision) else self.rule(rule)
        return list(self.tags_of(self.score(images), decision)) if len(images) else []

    def tags_of(self, scores: np.ndarray, decision: Decision) -> Iterator[list[Tag]]:
        """Yield the tags of each row of N×L scores, best first; equal scores in vocabulary order, parents first.

        Tags bring the labels that they imply, and no label has a lower score than what implies it. The first tags of
        a picture, however many, therefore hold the parents of each.
        """
        scores, depths = self._hierarchy.raise_scores(scores), self._hierarchy.depths()
        chosen_labels = with_parents(decision, self._hierarchy).decide(scores)
        for row, chosen in zip(scores, chosen_labels, strict=True):
            columns = np.flatnonzero(chosen)
            order = columns[np.lexsort((depths[columns], -row[columns]))]
            yield [Tag(self.labels[column], shortest_float(row[column])) for column in order]

    def _checked(self, scores: Any, picture_count: int) -> np.ndarray:
        expected = (picture_count, len(self.labels))
        if getattr(scores, "shape", None) != expected:
            found = getattr(scores, "shape", type(scores).__name__)
            raise BundleError(f"the network of {self.bundle.path} gives {found}, expected scores of shape {expected}")
        low, high = float(np.min(scores)), float(np.max(scores))
        if not (low >= -TOLERANCE and high <= 1 + TOLERANCE):
            raise BundleError(
                f"the network of {self.bundle.path} gives values from {low:g} to {high:g}, expected scores in [0, 1]; "
                "export it with its final sigmoid"
            )
        return self._hierarchy.raise_scores(np.clip(scores, 0, 1, dtype=np.float32))


def shortest_float(score: np.floating) -> float:
    """Return a score as the float with the fewest digits that is the same in float32: 0.9, not 0.8999999761581421."""
    return float(str(np.float32(score)))
