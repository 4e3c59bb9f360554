"""Check `duplicates`: pictures that are in the set more than once, as the same file or as copies that look alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.targets import UNKNOWN
from corelate.doctor.case import Case
from corelate.doctor.clusters import Clusters, members
from corelate.doctor.findings import Finding, Kind, Severity, counted, listed
from corelate.doctor.likeness import Likeness, flat_pairs
from corelate.doctor.looked_at import LookedAt
from corelate.doctor.near_hashes import near_pairs
from corelate.doctor.perceptual_hash import ORIENTATIONS, UPRIGHT, Orientation, hashes

LEAKAGE = Kind(
    "duplicates",
    "leakage",
    Severity.ERROR,
    "pictures that are in more than one split",
    "Keep each in one split only: figures measured on pictures that were learned are too good.",
)
FOLD_LEAKAGE = Kind(
    "duplicates",
    "leakage between folds",
    Severity.WARNING,
    "pictures that different folds hold out",
    "Give copies one group (option group) and divide again.",
)
SAME_FILE = Kind(
    "duplicates",
    "same file",
    Severity.WARNING,
    "pictures that are there more than once, byte for byte",
    "Keep one of each; the others only weigh it more.",
)
NEAR = Kind(
    "duplicates",
    "near copy",
    Severity.WARNING,
    "pictures that look the same, though the files differ",
    "Keep one of each, or give them one group so that no split divides them.",
)
TURNED = Kind(
    "duplicates",
    "turned copy",
    Severity.WARNING,
    "pictures that are mirrored or turned copies",
    "Keep one of each, or give them one group; training mirrors pictures by itself.",
)
DIFFERENT_LABELS = Kind(
    "duplicates",
    "different labels",
    Severity.WARNING,
    "copies of a picture that have different labels",
    "Give the copies the same labels: one of them is incomplete or wrong.",
)


@dataclass(frozen=True)
class _Copies:
    """Rows that show one picture: in byte for byte the same file, alike, or turned."""

    rows: np.ndarray
    kind: Kind


def find(case: Case) -> Iterator[Finding]:
    """Yield clusters of copies: across splits first, then within one, then those whose labels differ."""
    clusters = _clusters(case.looked_at, case.options.distance)
    for copies in clusters:
        yield _described(case, copies)
    for copies in clusters:
        if difference := _label_difference(case.annotations, copies.rows):
            labels, text = difference
            names = [case.names[row] for row in copies.rows.tolist()]
            yield Finding(DIFFERENT_LABELS, f"{listed(names)}: {text}", names, labels, numbers={"pictures": len(names)})


def _described(case: Case, copies: _Copies) -> Finding:
    """Return the finding of one cluster; what it leaks matters more than how alike the copies are."""
    names = [case.names[row] for row in copies.rows.tolist()]
    numbers = {"pictures": len(names), "likeness": copies.kind.name}
    for kind, sides in ((LEAKAGE, case.sides), (FOLD_LEAKAGE, case.annotations.folds)):
        if sides is None:
            continue
        own = sides[copies.rows]
        different = np.unique(own[own > 0] if kind is FOLD_LEAKAGE else own)
        if len(different) > 1:
            by_side = {
                str(side): [name for name, at in zip(names, own, strict=True) if at == side] for side in different
            }
            text = "; ".join(f"{side or '(none)'}: {listed(inside, shown=3)}" for side, inside in by_side.items())
            counts = {side: len(inside) for side, inside in by_side.items()}
            return Finding(kind, f"{text} ({copies.kind.name})", names, numbers=numbers | {"counts": counts})
    return Finding(copies.kind, f"{counted(len(names), 'picture')}: {listed(names)}", names, numbers=numbers)


def _clusters(looked_at: LookedAt, distance: int) -> list[_Copies]:
    """Return all clusters, the largest first; each under the loosest likeness that is needed to hold it together."""
    readable = looked_at.readable
    if not len(readable):
        return []
    _, first, inverse = np.unique(looked_at.digests[readable], axis=0, return_index=True, return_inverse=True)
    clusters = Clusters(len(readable))
    clusters.join_each(first[inverse.reshape(-1)])
    stages = [(SAME_FILE, clusters.roots())]
    search = _CopySearch(looked_at, readable, np.sort(first), clusters)
    search.join_flat()
    search.join_alike(UPRIGHT, distance)
    stages.append((NEAR, clusters.roots()))
    for orientation in ORIENTATIONS[1:]:
        # Five more orientations are five more chances of a false alarm, hence half the distance.
        search.join_alike(orientation, distance // 2)
    stages.append((TURNED, clusters.roots()))
    return _graded(readable, stages)


class _CopySearch:
    """Finds copies among pictures of which no two are the same file.

    Args:
        looked_at: What the pictures look like.
        readable: Rows of the pictures that were read.
        different: Places in `readable`, one for each file.
        clusters: Of places in `readable`; what is found is joined there.
    """

    def __init__(self, looked_at: LookedAt, readable: np.ndarray, different: np.ndarray, clusters: Clusters) -> None:
        self._clusters = clusters
        self._different = different
        self._thumbnails = looked_at.thumbnails[readable[different]]
        self._likeness = Likeness(self._thumbnails)
        self._structured = np.flatnonzero(~self._likeness.flat)
        self._coefficients = looked_at.coefficients[readable[different[self._structured]]]

    def join_flat(self) -> None:
        """Join pictures without structure that have the same colours."""
        flat = np.flatnonzero(self._likeness.flat)
        if len(flat):
            self._clusters.join(self._different[flat[flat_pairs(self._thumbnails[flat])]])

    def join_alike(self, orientation: Orientation, distance: int) -> None:
        """Join pictures of which one looks like the other, turned so."""
        upright = hashes(self._coefficients)
        turned = None if orientation == UPRIGHT else hashes(self._coefficients, orientation)
        for pairs in near_pairs(upright, distance, turned):
            candidates = self._structured[pairs]
            # Of a thousand copies each need be compared with one other only.
            apart = self._clusters.apart(self._different[candidates])
            self._clusters.join(self._different[self._likeness.alike(candidates[apart], orientation)])


def _graded(readable: np.ndarray, stages: list[tuple[Kind, np.ndarray]]) -> list[_Copies]:
    found = []
    for part in members(stages[-1][1]):
        kind = next(kind for kind, roots in stages if (roots[part] == roots[part[0]]).all())
        found.append(_Copies(readable[part], kind))
    return found


def _label_difference(annotations: AnnotationSet, rows: np.ndarray) -> tuple[list[str], str] | None:
    """Return the labels that some copies have and others surely have not, and who has them; or None."""
    chosen, vocabulary = annotations.targets.select(rows), annotations.vocabulary
    present = chosen.label_counts()
    unknown = np.bincount(chosen.columns[chosen.values == UNKNOWN], minlength=len(present))
    different = np.flatnonzero((present > 0) & (present + unknown < len(rows)))
    if not len(different):
        return None
    labels = [vocabulary[column] for column in different.tolist()]
    if len(rows) == 2:
        sides = [[vocabulary[column] for column in chosen.present(row) if column in different] for row in (0, 1)]
        named = zip(("first", "second"), sides, strict=True)
        return labels, "; ".join(f"only the {which} has {listed(side)}" for which, side in named if side)
    shares = [f"{label} ({present[column]} of {len(rows)})" for label, column in zip(labels, different, strict=True)]
    return labels, f"only some have {listed(shares)}"
