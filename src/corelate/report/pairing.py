"""Which pictures and labels of two runs are the same, so that the runs can be compared picture by picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corelate.explain.judged import Judged


@dataclass(frozen=True)
class Alignment:
    """Where the pictures and labels of one run stand in another.

    Attributes:
        rows: For each of the N pictures of the baseline its row in the run, int64[N]; None where the pictures differ.
        columns: For each of the L labels of the baseline its column in the run, int64[L]; -1 where the run lacks it.
        alike: Which labels of the baseline can be compared one by one: the run has them, the pictures are the same, and
            the same is true of all pictures; boolean[L].
        problem: Why figures over all labels can't be paired, in words; empty where they can.
    """

    rows: np.ndarray | None
    columns: np.ndarray
    alike: np.ndarray
    problem: str

    @property
    def paired(self) -> bool:
        """Whether figures over all labels can be paired."""
        return not self.problem


def align(baseline: Judged, run: Judged, baseline_name: str = "the baseline") -> Alignment:
    """Find the baseline's pictures and labels in a run, by their names.

    Pictures or labels in another order are the same ones. Pictures without names are taken in the order in which they
    stand, as are those of which several have one name; both only where that is the same order in both runs.

    Args:
        baseline: What the run is compared with.
        run: The run.
        baseline_name: What messages call the baseline.
    """
    rows, picture_problem = _rows(baseline.names, run.names, baseline_name)
    columns, label_problem = _columns(baseline.labels, run.labels, baseline_name)
    alike = np.zeros(len(columns), dtype=bool)
    if rows is None:
        return Alignment(None, columns, alike, picture_problem)
    common = np.flatnonzero(columns >= 0)
    unlike = baseline.targets[:, common] != run.targets[rows][:, columns[common]]
    alike[common] = ~unlike.any(axis=0)
    target_problem = _target_problem(unlike, [baseline.labels[column] for column in common.tolist()])
    return Alignment(rows, columns, alike, "; ".join(filter(None, (label_problem, target_problem))))


def _rows(wanted: Sequence[str], found: Sequence[str], baseline_name: str) -> tuple[np.ndarray | None, str]:
    if list(wanted) == list(found):
        return np.arange(len(wanted)), ""
    if _numbered(wanted) != _numbered(found):
        return None, "one of the two files of scores does not name its pictures, so that they can't be matched"
    here, there = set(wanted), set(found)
    if here != there:
        return None, (
            f"it was measured on other pictures: {len(there & here):,} of its {len(there):,} are among the "
            f"{len(here):,} of {baseline_name}"
        )
    repeated = [name for name, count in (Counter(wanted) | Counter(found)).items() if count > 1]
    if repeated:
        return None, (
            f"its pictures stand in another order, and {len(repeated):,} names such as {repeated[0]!r} belong to "
            "several pictures"
        )
    row = {name: number for number, name in enumerate(found)}
    return np.array([row[name] for name in wanted], dtype=np.int64), ""


def _columns(wanted: Sequence[str], found: Sequence[str], baseline_name: str) -> tuple[np.ndarray, str]:
    if list(wanted) == list(found):
        return np.arange(len(wanted)), ""
    # A name that two labels have says of neither which it is.
    repeated = {name for name, count in (Counter(wanted) | Counter(found)).items() if count > 1}
    column = {name: number for number, name in enumerate(found) if name not in repeated}
    columns = np.array([column.get(name, -1) for name in wanted], dtype=np.int64)
    common = int((columns >= 0).sum())
    if common == len(wanted) == len(found):
        return columns, ""
    return columns, (
        f"it has other labels: {common:,} of its {len(found):,} are among the {len(wanted):,} of {baseline_name}"
    )


def _target_problem(unlike: np.ndarray, labels: Sequence[str]) -> str:
    """Return what differs in the targets of the same pictures and labels, or nothing; `unlike` is N×L."""
    if not unlike.any():
        return ""
    by_label = unlike.sum(axis=0)
    example = labels[int(by_label.argmax())]
    return (
        f"other things are said to be true of the same pictures, as after another merge or hierarchy of labels: "
        f"{int(by_label.sum()):,} of {unlike.size:,} targets differ, of {int((by_label > 0).sum()):,} labels, most of "
        f"{example!r}"
    )


def _numbered(names: Sequence[str]) -> bool:
    """Tell whether these are the names that pictures without names are given."""
    return bool(names) and names[0] == "picture 0" and names[-1] == f"picture {len(names) - 1}"
