"""What was done to the labels of a data set, so that the same can be done to another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corelate.data.curation.hierarchy import MAX_EDGES, LabelHierarchy
from corelate.data.vocabulary import Vocabulary, is_label
from corelate.errors import VocabularyError

# Dropped labels that are kept by name; the most frequent ones.
MAX_DROPPED = 10_000
FIELDS = ("merged", "dropped", "hierarchy", "outside")


@dataclass(frozen=True)
class Curation:
    """What was done to labels, from the first vocabulary to the last.

    Attributes:
        hierarchy: Which labels imply which, over the last vocabulary.
        merged: What each name of the merge file became; the empty text where it was dropped.
        dropped: Labels that too few pictures had, with the number of pictures; the `MAX_DROPPED` most frequent ones.
        outside: Names that are not in the last vocabulary and imply some of it: the nearest labels that each implies.
    """

    hierarchy: LabelHierarchy
    merged: Mapping[str, str] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def pairs(self) -> list[tuple[str, str]]:
        """Return all pairs of child and parent, those with a child outside the vocabulary, too."""
        outside = [(child, parent) for child, parents in self.outside.items() for parent in parents]
        return [*self.hierarchy.names(), *outside]

    def describe(self) -> str:
        """Return in words what was done."""
        more = " or more" if len(self.dropped) >= MAX_DROPPED else ""
        return (
            f"labels: {len(self.merged)} merged or dropped by name, {len(self.dropped)}{more} dropped as rare, "
            f"{len(self.hierarchy.edges)} pairs of child and parent"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; `from_json` reads them."""
        return {
            "merged": dict(self.merged),
            "dropped": dict(self.dropped),
            "hierarchy": [list(pair) for pair in self.hierarchy.names()],
            "outside": {child: list(parents) for child, parents in self.outside.items()},
        }

    @classmethod
    def from_json(cls, data: Any, vocabulary: Vocabulary) -> Curation:
        """Return what `to_json` described. It may come from a stranger: everything is checked.

        Args:
            data: Parsed JSON.
            vocabulary: The last vocabulary.

        Raises:
            VocabularyError: A field is missing, unknown or of a wrong type, names a label that is not (or, outside,
                is) in the vocabulary, or labels imply each other in a circle.
        """
        if not isinstance(data, dict) or set(data) != set(FIELDS):
            raise VocabularyError(f"curation has not just the fields {', '.join(FIELDS)}")
        for name, kind in (("merged", dict), ("dropped", dict), ("hierarchy", list), ("outside", dict)):
            if type(data[name]) is not kind:
                raise VocabularyError(f"curation.{name} is {_shown(data[name])}, expected {_KINDS[kind]}")
        return cls(
            _hierarchy(data["hierarchy"], vocabulary),
            _merged(data["merged"], vocabulary),
            _dropped(data["dropped"], vocabulary),
            _outside(data["outside"], vocabulary),
        )


_KINDS: dict[type, str] = {dict: "an object", list: "a list"}


def _hierarchy(pairs: list[Any], vocabulary: Vocabulary) -> LabelHierarchy:
    if len(pairs) > MAX_EDGES:
        raise VocabularyError(f"curation.hierarchy holds {len(pairs)} pairs; at most {MAX_EDGES} are allowed")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(name, str) for name in pair):
            raise VocabularyError(f"curation.hierarchy holds {_shown(pair)}, expected pairs of child and parent")
        for name in pair:
            _check_known(name, vocabulary, "hierarchy")
    return LabelHierarchy.from_names(vocabulary, [(child, parent) for child, parent in pairs])


def _merged(names: dict[str, Any], vocabulary: Vocabulary) -> dict[str, str]:
    for name, target in names.items():
        _check_outside(name, vocabulary, "merged")
        if not isinstance(target, str) or (target and not is_label(target)):
            raise VocabularyError(f"curation.merged: {_shown(name)} becomes {_shown(target)}, expected a label or ''")
        if target in names:
            raise VocabularyError(f"curation.merged: {_shown(name)} becomes {_shown(target)}, which is merged itself")
    return dict(names)


def _dropped(counts: dict[str, Any], vocabulary: Vocabulary) -> dict[str, int]:
    for name, count in counts.items():
        _check_outside(name, vocabulary, "dropped")
        if type(count) is not int or count < 0:
            raise VocabularyError(
                f"curation.dropped: {_shown(name)} has {_shown(count)}, expected a number of pictures"
            )
    return dict(counts)


def _outside(children: dict[str, Any], vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    outside = {}
    total = 0
    for child, parents in children.items():
        _check_outside(child, vocabulary, "outside")
        if not isinstance(parents, list) or not parents or not all(isinstance(parent, str) for parent in parents):
            raise VocabularyError(f"curation.outside: {_shown(child)} has {_shown(parents)}, expected a list of labels")
        total += len(parents)
        if total > MAX_EDGES or len(set(parents)) < len(parents):
            raise VocabularyError(f"curation.outside holds a parent twice, or more than {MAX_EDGES} of them")
        for parent in parents:
            _check_known(parent, vocabulary, "outside")
        outside[child] = tuple(parents)
    return outside


def _check_known(name: str, vocabulary: Vocabulary, where: str) -> None:
    if name not in vocabulary:
        raise VocabularyError(f"curation.{where} names {_shown(name)}, which is not in the vocabulary")


def _check_outside(name: str, vocabulary: Vocabulary, where: str) -> None:
    if not is_label(name) or name in vocabulary:
        raise VocabularyError(f"curation.{where} names {_shown(name)}; expected names outside the vocabulary")


def _shown(value: Any) -> str:
    """Return a short form without control characters: the value may be hostile, and large."""
    text = ascii(value) if isinstance(value, (str, int, float, bool, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
