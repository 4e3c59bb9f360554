"""Which labels raised or lowered the tags of one picture, for heads whose labels are tied by a graph."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from corelate.data.images import read_image
from corelate.data.references import FileReference
from corelate.data.targets import UNKNOWN
from corelate.errors import OptionError
from corelate.explain.gradients.curve import probability
from corelate.explain.judged import Judged
from corelate.explain.run_pictures import shrunk
from corelate.explain.sheet.confident_errors import thresholds_of
from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from corelate.explain.run_material import RunMaterial
    from corelate.models.heads.influences import Influences

MOST_TAGS = 6
"""How many tags are explained where none is named."""
LONGEST_SIDE = 480
"""Of the picture beside the bars, pixels."""


@dataclass(frozen=True, eq=False)
class TagInfluences:
    """What the labels did to the logits of K tags of one picture; see `corelate.models.heads.influences.Influences`.

    Attributes:
        picture: The picture's name.
        image: The picture, small.
        head: Name of the run's head.
        labels: All L labels.
        tags: The K tags.
        contributions: float64 K×L; a logit less what it is when one label says nothing.
        weights: float64 K×L; how much each tag listens to each label.
        base: float64[K]; the logits when no label says anything.
        logits: float64[K].
        thresholds: float64[K]; the scores that a tag is given from, in [0, 1].
        predicted: bool[K]; which of the tags the picture was given.
        parts: What `base` is the sum of, K numbers each, by name.
        adds_up: Whether `base` and all contributions make up the logit.
        left_out: How many predicted tags are not among these.
    """

    picture: str
    image: Image.Image
    head: str
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    contributions: np.ndarray
    weights: np.ndarray
    base: np.ndarray
    logits: np.ndarray
    thresholds: np.ndarray
    predicted: np.ndarray
    parts: Mapping[str, np.ndarray] = field(default_factory=dict)
    adds_up: bool = True
    left_out: int = 0

    @property
    def together(self) -> np.ndarray:
        """What the labels do only together, float64[K]: the logit less its base and all single contributions."""
        rest: np.ndarray = self.logits - self.base - self.contributions.sum(1)
        return np.zeros_like(rest) if self.adds_up else rest

    @property
    def scores(self) -> np.ndarray:
        """The sigmoid of the logits, float64[K]."""
        return probability(self.logits)

    def columns(self) -> list[int]:
        """Return where the tags stand among the labels."""
        places = {label: column for column, label in enumerate(self.labels)}
        return [places[tag] for tag in self.tags]

    def strongest(self, tag: int, most: int) -> list[int]:
        """Return the columns of the other labels that moved a tag most; first raising, then lowering, each by size.

        Args:
            tag: Its number among the K tags.
            most: How many labels at most.
        """
        moved = self.contributions[tag]
        others = np.flatnonzero(moved)
        others = others[others != self.columns()[tag]]
        first = others[np.argsort(-np.abs(moved[others]), kind="stable")][:most]
        return first[np.lexsort((-np.abs(moved[first]), moved[first] < 0))].tolist()

    def table(self) -> Table:
        """Return a row for each tag and each label that it listens to, the largest contribution first."""
        rows = []
        for number, tag in enumerate(self.tags):
            moved, weights = self.contributions[number], self.weights[number]
            heard = np.flatnonzero((weights != 0) | (moved != 0))
            order = heard[np.argsort(-np.abs(moved[heard]), kind="stable")]
            rows += [[tag, self.labels[column], moved[column], weights[column]] for column in order.tolist()]
        return Table(("tag", "label", "contribution", "weight"), rows, self._about())

    def _about(self) -> dict[str, Any]:
        tags = [
            {
                "tag": tag,
                "logit": self.logits[number],
                "score": self.scores[number],
                "threshold": self.thresholds[number],
                "predicted": self.predicted[number],
                "base": self.base[number],
                "parts_of_base": {name: values[number] for name, values in self.parts.items()},
                "only_together": self.together[number],
            }
            for number, tag in enumerate(self.tags)
        ]
        about = {"picture": self.picture, "head": self.head, "contributions_add_up": self.adds_up, "tags": tags}
        return about | {"predicted_tags_left_out": self.left_out}

    def draw(self) -> Figure:
        """Return the picture with a panel for each tag: from bar to bar the way to its logit."""
        from corelate.explain.graph.influence_drawing import draw_influences

        return draw_influences(self)


def tag_influences(
    material: RunMaterial,
    picture: str | Path | Image.Image,
    tags: Sequence[str] = (),
    *,
    rule: str | None = None,
) -> TagInfluences:
    """Return what the labels did to tags of one picture.

    Args:
        material: A finished run whose head ties labels by a graph.
        picture: The name of a picture that the run was measured on, a picture file, or a picture in RGB.
        tags: The tags; none: those that the picture was given, the best-scored first and at most 6, or the best-scored
            label where it was given none.
        rule: Which of the run's decision rules; None takes its own.

    Raises:
        OptionError: The head has no such graph, or no such picture, tag or rule.
        ImageReadError: The picture can't be read.
        RunError: The run can't be used.
    """
    check_head(material)
    judged = material.judged(rule)
    wanted = judged.columns_of(list(dict.fromkeys(tags)))
    name, image = _picture(material, judged, picture)
    logits, measured = _measured(material, image)
    scores = probability(logits.astype(np.float64))
    one = _one_picture(judged, name, _raised(material, scores.astype(np.float32)[None]))
    predicted = one.predicted[0]
    given = np.flatnonzero(predicted)
    columns = wanted or _best(given, scores)
    influences = measured(columns)
    limits = np.broadcast_to(thresholds_of(one, np.array([0])), (1, len(scores)))[0]
    return TagInfluences(
        picture=name,
        image=shrunk(image, LONGEST_SIDE),
        head=material.recipe.head.name,
        labels=tuple(judged.labels),
        tags=tuple(judged.labels[column] for column in columns),
        contributions=_array(influences.contributions),
        weights=_array(influences.weights),
        base=_array(influences.base),
        logits=_array(influences.logits),
        thresholds=limits[columns].astype(np.float64),
        predicted=predicted[columns],
        parts={part: _array(values) for part, values in influences.parts.items()},
        adds_up=influences.adds_up,
        left_out=0 if wanted else len(np.setdiff1d(given, columns)),
    )


def check_head(material: RunMaterial) -> None:
    """Refuse a run whose head has no graph of labels.

    Raises:
        OptionError: It has none; the message names the heads that have one.
    """
    from corelate.models.heads import HEADS

    head = material.finished.architecture.head
    if not HEADS.load(head).relates_labels:
        others = " and ".join(name for name in HEADS.names if HEADS.load(name).relates_labels)
        raise OptionError(
            f"the head of {material.name}, {head}, has no graph by which labels move each other's scores; {others} "
            "have one. For where it looks: corelate explain attention; for which labels go together leave --picture out"
        )


def _best(given: np.ndarray, scores: np.ndarray) -> list[int]:
    """Return the columns of the best-scored tags; of none, that of the best-scored label."""
    if not len(given):
        return [int(np.argmax(scores))]
    best: list[int] = given[np.argsort(-scores[given], kind="stable")][:MOST_TAGS].tolist()
    return best


def _picture(material: RunMaterial, judged: Judged, picture: str | Path | Image.Image) -> tuple[str, Image.Image]:
    """Return a picture and what it is called."""
    if isinstance(picture, Image.Image):
        return "a picture", picture
    name = str(picture)
    if isinstance(picture, str) and name in set(judged.names):
        return name, material.pictures.open(name)
    # pathlib raises an error of its own at a home that nobody has, and at a name that no file can have.
    path = Path(os.path.expanduser(picture))  # noqa: PTH111
    if not name or not os.path.exists(path):  # noqa: PTH110
        near = difflib.get_close_matches(name, judged.names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"its pictures are {_some(judged.names)}"
        raise OptionError(f"{name!r} is neither a file nor a picture that {judged.source} was measured on; {hint}")
    return path.name, read_image(FileReference(path, path.name), any_suffix=material.recipe.data.any_suffix)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _measured(material: RunMaterial, image: Image.Image) -> tuple[np.ndarray, Any]:
    """Return all logits of a picture, float32[L], and what gives the influences on some of them."""
    import torch

    annotator = material.annotator
    pixels = torch.from_numpy(material.finished.architecture.preprocessing(image)).unsqueeze(0)
    with torch.inference_mode():
        feature_map = annotator.backbone(pixels)
        logits: np.ndarray = annotator.head(feature_map)[0].float().numpy()

    def influences(columns: Sequence[int]) -> Influences:
        found = annotator.head.influences(feature_map, columns)
        assert found is not None  # for the type checker: the head has been asked whether it relates labels
        return found

    return logits, influences


def _raised(material: RunMaterial, scores: np.ndarray) -> np.ndarray:
    """Return scores raised by the run's hierarchy of labels, as its decisions expect them."""
    curation = material.finished.curation
    return scores if curation is None else curation.hierarchy.raise_scores(scores)


def _one_picture(judged: Judged, name: str, scores: np.ndarray) -> Judged:
    """Return the same decision about one picture of which nothing is known."""
    unknown = np.full(scores.shape, UNKNOWN, np.int8)
    return dataclasses.replace(judged, scores=scores, targets=unknown, names=(name,))


def _array(values: Any) -> np.ndarray:
    array: np.ndarray = values.double().cpu().numpy()
    return array
