"""Check `spelling`: labels that are probably one label, written in more than one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from corelate.doctor.case import Case
from corelate.doctor.clusters import Clusters, members
from corelate.doctor.findings import Finding, Kind, Severity
from corelate.doctor.spelling_rules import american, one_edit_apart, shown_apart, singulars, written_alike
from corelate.files import write_text

_ADVICE = "Make them one: --merge-file writes a suggestion to read, correct and use as ?merge=FILE."
SAME = Kind(
    "spelling",
    "same word",
    Severity.WARNING,
    "labels that differ in case, accents, spaces, hyphens or invisible characters only",
    _ADVICE,
)
DIALECT = Kind("spelling", "dialect", Severity.WARNING, "labels in British and in American spelling", _ADVICE)
PLURAL = Kind("spelling", "plural", Severity.WARNING, "labels in singular and in plural", _ADVICE)
TYPO = Kind(
    "spelling",
    "typing error",
    Severity.HINT,
    "rare labels one letter away from a frequent one",
    "Merge those that are typing errors; some are words of their own.",
)

# Shorter words have too many neighbours that are words of their own (boat, coat, goat).
SHORTEST_TYPO = 6
# A frequent label has so many times the pictures of its misspelling.
TYPO_RATIO = 10


def find(case: Case) -> Iterator[Finding]:
    """Yield groups of labels, the most frequent spelling first."""
    labels, counts = case.annotations.vocabulary.labels, case.annotations.targets.label_counts()
    words = [written_alike(label) for label in labels]
    groups = Clusters(len(labels))
    stages = []
    for kind, pairs in ((SAME, _equal(words)), (DIALECT, _equal(map(american, words))), (PLURAL, _plurals(words))):
        groups.join(np.array(pairs, np.int64).reshape(-1, 2))
        stages.append((kind, groups.roots()))
    roots = stages[-1][1]
    for part in members(roots):
        kind = next(kind for kind, at in stages if (at[part] == at[part[0]]).all())
        yield _described(kind, part[np.argsort(-counts[part], kind="stable")], labels, counts)
    for pair in _typos(words, roots, counts):
        yield _described(TYPO, pair, labels, counts)


def write_merge_file(path: Path, findings: Iterable[Finding]) -> int:
    """Write what the check found as a file for the option `merge`, and return how many labels it would do away with.

    The most frequent spelling of a group stays. Groups that share a label are written as one.

    Args:
        path: The CSV file, with the columns ``label`` and ``becomes``.
        findings: Those of this check; others are passed over.
    """
    becomes: dict[str, str] = {}
    for finding in findings:
        if finding.check == "spelling":
            kept, *others = finding.labels
            for label in others:
                becomes.setdefault(label, kept)
    rows = [("label", "becomes"), *((label, _end(label, becomes)) for label in becomes)]
    write_text(path, "".join(f"{_cell(label)},{_cell(other)}\n" for label, other in rows))
    return len(becomes)


def _end(label: str, becomes: dict[str, str]) -> str:
    """Follow a label to the one that stays; each step leads to a more frequent one, or to the first of its group."""
    while label in becomes:
        label = becomes[label]
    return label


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(character in text for character in ',"') else text


def _described(kind: Kind, group: np.ndarray, labels: tuple[str, ...], counts: np.ndarray) -> Finding:
    written = [labels[column] for column in group.tolist()]
    pictures = [int(counts[column]) for column in group.tolist()]
    text = ", ".join(f"{label} ({count:,})" for label, count in zip(shown_apart(written), pictures, strict=True))
    return Finding(kind, text, labels=written, numbers={"pictures": pictures})


def _equal(words: Iterable[str]) -> list[tuple[int, int]]:
    """Return pairs of places that hold equal words, each with the first."""
    first: dict[str, int] = {}
    pairs = [(first.setdefault(word, place), place) for place, word in enumerate(words)]
    return [(one, other) for one, other in pairs if one != other]


def _plurals(words: list[str]) -> list[tuple[int, int]]:
    """Return pairs of places of a plural and its singular, the likeliest where it may have several."""
    pairs = []
    # As they are too: American spelling takes the trellises for something that is done (to trellize).
    for spelled in (words, [american(word) for word in words]):
        places = {word: place for place, word in enumerate(spelled)}
        for place, word in enumerate(spelled):
            found = (places[singular] for singular in singulars(word) if singular in places)
            pairs += [(place, singular) for singular in islice(found, 1)]
    return pairs


def _typos(words: list[str], roots: np.ndarray, counts: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the frequent and the rare label of each pair that may be a typing error."""
    places: dict[str, int] = {}
    for place in np.argsort(-counts, kind="stable").tolist():
        places.setdefault(words[place], place)
    # Numbers in names (boeing 737, boeing 747) are meant.
    long = [word for word in words if len(word) >= SHORTEST_TYPO and not any(letter.isdigit() for letter in word)]
    for first, second in one_edit_apart(long):
        rare, frequent = sorted((places[first], places[second]), key=lambda place: (counts[place], place))
        enough = counts[frequent] >= TYPO_RATIO * max(1, counts[rare])
        # The first letter is the one that is hardly ever mistyped (carrot, parrot).
        if enough and first[0] == second[0] and roots[rare] != roots[frequent]:
            yield np.array([frequent, rare])
