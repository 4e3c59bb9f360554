"""From the keywords of pictures to their labels: what of a path counts, what is left out, which spelling is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corelate.data.metadata.found_keywords import FoundKeywords, clean_keyword

ALL_LEVELS, LEAF, WHOLE_PATH = "all", "leaf", "path"
LEVELS = (ALL_LEVELS, LEAF, WHOLE_PATH)
DIVIDER = "|"

_Path = tuple[str, ...]


@dataclass(frozen=True)
class LabelRules:
    """How keywords become labels.

    Attributes:
        levels: What of a path becomes labels: all of its levels, the last one, or the path as one label.
        ignored_labels: Labels that are left out, in folded case.
        ignored_branches: Beginnings of paths, in folded case; what lies there is left out.
    """

    levels: str = ALL_LEVELS
    ignored_labels: frozenset[str] = frozenset()
    ignored_branches: frozenset[_Path] = frozenset()

    @classmethod
    def of(cls, levels: str, ignore: str) -> LabelRules:
        """Return the rules for the text of an option: labels, and branches that end with ``/`` or ``|``, by commas."""
        entries = [clean_keyword(entry) for entry in ignore.split(",")]
        branches = [entry.replace("/", DIVIDER) for entry in entries if entry.endswith(("/", DIVIDER))]
        labels = [entry for entry in entries if entry and not entry.endswith(("/", DIVIDER))]
        return cls(levels, frozenset(map(str.casefold, labels)), frozenset(map(_branch, branches)) - {()})

    def labels_of(self, found: FoundKeywords, folders: Sequence[str] = ()) -> list[str]:
        """Return the labels of a picture, each once.

        A word that is a level of one of the picture's paths says nothing of its own: programs write the levels of paths
        into flat lists too, some all of them and some the last. It is left out where its level is.

        Args:
            found: Its keywords.
            folders: Names of folders that count as words.
        """
        kept = [path for path in found.paths if not self._is_ignored(path)]
        explained = {level.casefold() for path in kept for level in path}
        ignored = {level.casefold() for path in found.paths if path not in kept for level in path}
        labels = [
            word
            for word in found.words
            if (self.levels == ALL_LEVELS or word.casefold() not in explained)
            and word.casefold() not in ignored
            and not self._is_ignored((word,))
        ]
        labels += [folder for folder in map(clean_keyword, folders) if folder and not self._is_ignored((folder,))]
        labels += self._labels_of_paths(kept)
        return [label for label in dict.fromkeys(labels) if label.casefold() not in self.ignored_labels]

    def _labels_of_paths(self, paths: list[_Path]) -> list[str]:
        if self.levels == ALL_LEVELS:
            return [level for path in paths for level in path]
        # Some programs list the paths above a path as well.
        above = {path[:length] for path in paths for length in range(1, len(path))}
        lowest = [path for path in paths if path not in above]
        return [path[-1] if self.levels == LEAF else DIVIDER.join(path) for path in lowest]

    def _is_ignored(self, path: _Path) -> bool:
        folded = tuple(map(str.casefold, path))
        return any(folded[: len(branch)] == branch for branch in self.ignored_branches)


def most_frequent_spellings(labels_of_pictures: Iterable[Iterable[str]]) -> dict[str, str]:
    """Return for each label the spelling that most pictures use among those that differ in case alone.

    Of several that are used equally often it is the first in the order of their characters.
    """
    counts = Counter(label for labels in labels_of_pictures for label in labels)
    chosen: dict[str, str] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        chosen.setdefault(label.casefold(), label)
    return {label: chosen[label.casefold()] for label in counts}


def _branch(text: str) -> _Path:
    return tuple(level.strip().casefold() for level in text.split(DIVIDER) if level.strip())
