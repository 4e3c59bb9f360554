"""Where a trained network looks for each tag of a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from corelate.errors import OptionError
from corelate.explain.attention.gradient_maps import gradient_maps
from corelate.explain.attention.looked_at_pictures import LookedAt, chosen_names, look_up
from corelate.explain.attention.picture_maps import STOP, AttentionMaps, PictureMaps, TagMap
from corelate.explain.attention.shown_tags import KnownLabels
from corelate.explain.judged import Judged
from corelate.explain.run_material import RunMaterial
from corelate.models.annotator import Annotator
from corelate.models.heads.base import Head
from corelate.models.heads.sequence_head import SequenceHead

METHODS = ("auto", "attention", "grad-cam", "hires-cam")
USUAL_COUNT = 4
MOST_PICTURES = 100
MOST_TAGS = 20
# Pictures that the backbone sees at once.
BATCH = 8
_GRADIENTS = {
    "grad-cam": "what speaks for the label, by the mean gradient of each channel",
    "hires-cam": "what speaks for the label in each place, by the place's own gradient",
}
_STEPS = "; of the label's log probability when it is written"
_NOT_WRITTEN = "; a label without a step was not written, and is shown in the step where it was most probable"


def attention_maps(
    material: RunMaterial,
    names: Sequence[str] = (),
    *,
    files: Sequence[Path] = (),
    rule: str | None = None,
    count: int = USUAL_COUNT,
    most_tags: int = 6,
    method: str = "auto",
    labels: Sequence[str] = (),
) -> AttentionMaps:
    """Return where a run's network looks for the tags of some pictures.

    Args:
        material: The run.
        names: Pictures of its data set; the truth is shown for those that it was measured on.
        files: Other pictures.
        rule: The decision rule that gives the tags; by default the run's own.
        count: Without names and files: how many of the measured pictures, evenly spread over their list.
        most_tags: Labels shown of a picture at most: those that it was given, the best score first, then those that
            are true and were not given. A head that writes sequences begins with what it wrote, in that order. Of a
            picture without any tag the labels with the best scores are shown.
        method: ``attention``: the weights by which the head itself weighs the places; ``hires-cam`` or ``grad-cam``:
            see `corelate.explain.attention.gradient_maps`; ``auto``: attention if the head has it, else hires-cam.
        labels: Show these in place of the tags.

    Raises:
        OptionError: An unknown method, rule, label or picture; attention of a head that has none; too many pictures
            or labels.
        ImageReadError: A picture that is not there or can't be read.
    """
    _check(method, count, most_tags, len(names) + len(files))
    judged = material.judged(rule)
    columns = judged.columns_of(list(dict.fromkeys(labels)))
    if len(columns) > MOST_TAGS:
        raise OptionError(f"{len(columns)} labels: at most {MOST_TAGS} can be shown at a time")
    head_name = material.finished.architecture.head
    choice = "the pictures asked for"
    if not names and not files:
        names, choice = chosen_names(judged, count, columns)
    looked_at = look_up(material, judged, names, files)
    annotator = material.annotator
    chosen = _method_of(annotator.head, head_name, method)
    look = _Look(annotator.head, judged, chosen, columns, most_tags, _raise_scores(material))
    pictures = tuple(look.at(picture, features) for picture, features in _feature_maps(annotator, looked_at))
    meaning = _meaning(annotator.head, chosen)
    return AttentionMaps(pictures, judged.source, head_name, chosen, meaning, judged.decision.rule, choice)


def _check(method: str, count: int, most_tags: int, pictures: int) -> None:
    if method not in METHODS:
        raise OptionError(f"method {method!r}: choose one of {', '.join(METHODS)}")
    if not 1 <= most_tags <= MOST_TAGS:
        raise OptionError(f"{most_tags} tags a picture: expected 1 to {MOST_TAGS}")
    if count < 1 or max(count, pictures) > MOST_PICTURES:
        raise OptionError(f"{pictures or count} pictures: expected 1 to {MOST_PICTURES} at a time")


def _method_of(head: Head, name: str, method: str) -> str:
    if method == "auto":
        return "attention" if head.attends else "hires-cam"
    if method == "attention" and not head.attends:
        raise OptionError(f"head {name} weighs no places, so that it has no attention: choose hires-cam or grad-cam")
    return method


def _meaning(head: Head, method: str) -> str:
    meaning = head.attends if method == "attention" else _GRADIENTS[method]
    if not isinstance(head, SequenceHead):
        return meaning
    return meaning + ("" if method == "attention" else _STEPS) + _NOT_WRITTEN


def _raise_scores(material: RunMaterial) -> Callable[[np.ndarray], np.ndarray]:
    """Return what raises scores as the run's labels imply each other."""
    curation = material.finished.curation
    return (lambda scores: scores) if curation is None else curation.hierarchy.raise_scores


def _feature_maps(annotator: Annotator, pictures: Sequence[LookedAt]) -> Iterator[tuple[LookedAt, torch.Tensor]]:
    """Give each picture with its feature map 1×D×h×w."""
    for start in range(0, len(pictures), BATCH):
        batch = pictures[start : start + BATCH]
        with torch.no_grad():
            features = annotator.backbone(torch.from_numpy(np.stack([picture.pixels for picture in batch])))
        yield from zip(batch, features.float().split(1), strict=True)


@dataclass(frozen=True)
class _Look:
    """What is asked of each picture."""

    head: Head
    judged: Judged
    method: str
    asked: Sequence[int]
    most_tags: int
    raise_scores: Callable[[np.ndarray], np.ndarray]

    def at(self, picture: LookedAt, features: torch.Tensor) -> PictureMaps:
        """Return the maps of a picture with the feature map 1×D×h×w."""
        known = self._known(picture, features)
        steps = self._steps(features)
        stop = len(self.judged.labels)
        written = [column for column in steps if column < stop]
        columns = list(self.asked) or known.chosen(written, self.most_tags)
        more = int(known.given.sum()) - sum(bool(known.given[column]) for column in columns)
        if self.method == "attention" and not self.asked:
            columns += [stop] if stop in steps else []
        values = self._values(features, columns)
        tags = tuple(
            TagMap("(stop)", STOP, None, grid, steps[stop])
            if column == stop
            else TagMap(
                self.judged.labels[column], known.kind(column), float(known.scores[column]), grid, steps.get(column)
            )
            for column, grid in zip(columns, values, strict=True)
        )
        return PictureMaps(picture.name, picture.picture, picture.size, picture.frame, tags, more)

    def _known(self, picture: LookedAt, features: torch.Tensor) -> KnownLabels:
        """Return a measured picture's scores as they were measured; those of others are computed."""
        if picture.row is not None:
            scores, given = self.judged.scores[picture.row], self.judged.predicted[picture.row]
            return KnownLabels(scores, given, self.judged.targets[picture.row])
        with torch.no_grad():
            scores = self.raise_scores(torch.sigmoid(self.head(features)).numpy())
        return KnownLabels(scores[0], self.judged.decision.decide(scores)[0], None)

    def _steps(self, features: torch.Tensor) -> dict[int, int]:
        """Return in which step, from 1, the best sequence writes each token first, stop among them; empty without."""
        if not isinstance(self.head, SequenceHead):
            return {}
        steps: dict[int, int] = {}
        with torch.no_grad():
            for step, token in enumerate(self.head.follow(features).tokens[0].tolist(), start=1):
                steps.setdefault(token, step)
        return steps

    def _values(self, features: torch.Tensor, columns: Sequence[int]) -> np.ndarray:
        """Return K×h×w, float32."""
        if self.method == "attention":
            with torch.no_grad():
                maps = self.head.attention(features, columns)
            assert maps is not None  # the method was checked
        else:
            maps = gradient_maps(self.head, features, columns, place_by_place=self.method == "hires-cam")
        return maps[0].float().numpy()
