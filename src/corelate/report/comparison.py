"""Runs beside each other: their figures, and what differs on the same pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from typing import Any

import numpy as np

from corelate.errors import OptionError
from corelate.explain.judged import Judged
from corelate.explain.run_material import RunMaterial
from corelate.metrics.bootstrap import IntervalOptions, PairedFigures
from corelate.metrics.report import evaluate_labels, evaluate_scores
from corelate.metrics.resampling import ResampledImages
from corelate.report.difference import Difference
from corelate.report.pairing import Alignment, align
from corelate.report.sections.figures import FIGURES

RESAMPLES, FEWEST_RESAMPLES = 1000, 100
LEVEL = 0.95
# About half a minute on one core; images × labels × runs × resamples.
CELLS = 2_000_000_000


@dataclass(frozen=True)
class ComparedRun:
    """One of the runs.

    Attributes:
        number: Its place among the runs, from 0.
        name: What it is called here; no two of them have the same.
        material: The run.
        judged: The pictures that it was measured on.
        rule: The decision rule that was used.
        alignment: Where the baseline's pictures and labels are in it.
    """

    number: int
    name: str
    material: RunMaterial
    judged: Judged
    rule: str
    alignment: Alignment

    @property
    def letter(self) -> str:
        """A, B … Z, then A2, B2 …: its short name, for the headings of tables with many columns."""
        round_, place = divmod(self.number, len(ascii_uppercase))
        return ascii_uppercase[place] + (str(round_ + 1) if round_ else "")

    @cached_property
    def report(self) -> dict[str, Any]:
        """Every figure, as `evaluate_scores` returns them."""
        return evaluate_scores(self.judged.scores, self.judged.targets, self.judged.decision)

    @cached_property
    def label_figures(self) -> dict[str, dict[str, Any]]:
        """The figures of each label by its name, as `evaluate_labels` returns them."""
        judged = self.judged
        rows = evaluate_labels(judged.scores, judged.targets, judged.decision, judged.labels)
        return {row["label"]: row for row in rows}

    @property
    def title(self) -> str:
        """The letter and the name."""
        return f"{self.letter} {self.name}"

    def figure(self, path: tuple[str, ...]) -> float | None:
        """Return the figure at a place of the report."""
        return figure_at(self.report, path)

    @cached_property
    def predicted(self) -> np.ndarray:
        """Which labels each picture was given, N×L, pictures and labels as the baseline has them; paired runs only."""
        return self.judged.predicted[self.alignment.rows][:, self.alignment.columns]


@dataclass(frozen=True)
class Comparison:
    """Several runs, one of which is the baseline that the others are held against.

    Attributes:
        runs: The runs, in the order given.
        baseline: Which of them is the baseline.
        options: Of the bootstrap.
    """

    runs: tuple[ComparedRun, ...]
    baseline: int
    options: IntervalOptions

    @classmethod
    def of(
        cls,
        paths: Sequence[Path],
        *,
        rule: str | None = None,
        baseline: Path | None = None,
        resamples: int | None = None,
        level: float = LEVEL,
    ) -> Comparison:
        """Read finished runs.

        Args:
            paths: Their folders; at least one.
            rule: Decision rule for all of them; by default each run's own.
            baseline: The folder of the baseline, one of `paths`; by default the first.
            resamples: How often the pictures are drawn anew; by default 1000, fewer for very many pictures.
            level: Share of the resamples that an interval holds.

        Raises:
            RunError: A folder is no finished run, or is damaged.
            OptionError: A run was not measured with the rule, or the baseline is none of the runs.
        """
        chosen = 0 if baseline is None else _place(baseline, paths)
        options = IntervalOptions(resamples=RESAMPLES if resamples is None else resamples, level=level)
        materials = [RunMaterial.open(path) for path in paths]
        rules = [_rule(path, material, rule) for path, material in zip(paths, materials, strict=True)]
        judged = [material.judged(name) for material, name in zip(materials, rules, strict=True)]
        names = distinct_names(paths)
        runs = tuple(
            ComparedRun(number, name, material, each, used, align(judged[chosen], each, names[chosen]))
            for number, (name, material, each, used) in enumerate(zip(names, materials, judged, rules, strict=True))
        )
        if resamples is None:
            options = replace(options, resamples=resamples_within(judged[chosen].scores.size * len(runs)))
        return cls(runs, chosen, options)

    @property
    def base(self) -> ComparedRun:
        """The baseline."""
        return self.runs[self.baseline]

    @property
    def others(self) -> list[ComparedRun]:
        """All runs but the baseline."""
        return [run for number, run in enumerate(self.runs) if number != self.baseline]

    @property
    def paired(self) -> list[ComparedRun]:
        """The baseline and the runs that were measured on the same pictures and labels, in the order given."""
        return [run for run in self.runs if run.alignment.paired]

    @cached_property
    def _figures(self) -> PairedFigures | None:
        if len(self.paired) < 2:
            return None
        sets = []
        for run in self.paired:
            rows, judged = run.alignment.rows, run.judged
            # A decision looks at each picture on its own, so that pictures may be put into another order before it.
            # The order of labels changes no figure over all of them.
            sets.append(ResampledImages(judged.scores[rows], judged.targets[rows], judged.decision, {}))
        return PairedFigures.of(sets, self.options)

    def differences(self, run: ComparedRun, other: ComparedRun | None = None) -> dict[tuple[str, ...], Difference]:
        """Return how much greater each figure of a run is than that of another, by default of the baseline.

        Empty where the two can't be paired.
        """
        other = other or self.base
        figures = self._figures
        if figures is None or not (run.alignment.paired and other.alignment.paired):
            return {}
        numbers = [each.number for each in self.paired]
        pairs = figures.difference(numbers.index(run.number), numbers.index(other.number))
        return {path: Difference.of(figure_at(pairs, path), self.options.level) for path in FIGURES.values()}

    @cached_property
    def ahead(self) -> dict[tuple[str, ...], ComparedRun]:
        """For each figure the run that is ``better``, without any care, than every other paired one."""
        found: dict[tuple[str, ...], ComparedRun] = {}
        for run in self.paired if len(self.paired) > 1 else []:
            against = [self.differences(run, other) for other in self.paired if other is not run]
            found |= {path: run for path in FIGURES.values() if all(each[path].verdict == "better" for each in against)}
        return found

    @property
    def interval_count(self) -> int:
        """How many intervals of differences to the baseline there are."""
        differences = [each for run in self.others for each in self.differences(run).values()]
        return sum(difference.interval is not None for difference in differences)


def resamples_within(cells: int) -> int:
    """Return how many resamples are drawn of so many cells (pictures × labels × runs) where nobody says how many."""
    return int(min(RESAMPLES, max(FEWEST_RESAMPLES, CELLS // max(1, cells))))


def figure_at(report: Any, path: Sequence[str]) -> Any:
    """Return what stands at a place of nested figures."""
    for key in path:
        report = report[key]
    return report


def distinct_names(paths: Sequence[Path]) -> list[str]:
    """Return a name for each folder: its own, or its path where others have the same, numbered where that is equal."""
    short = [path.name or path.resolve().name for path in paths]
    names: list[str] = []
    for path, name in zip(paths, short, strict=True):
        longer = name if short.count(name) == 1 else str(path)
        copies, number = longer, 2
        while copies in names:
            copies, number = f"{longer} ({number})", number + 1
        names.append(copies)
    return names


def _place(baseline: Path, paths: Sequence[Path]) -> int:
    for number, path in enumerate(paths):
        if path == baseline or path.resolve() == baseline.resolve():
            return number
    raise OptionError(f"--baseline {baseline} is none of the runs; choose one of {', '.join(map(str, paths))}")


def _rule(path: Path, material: RunMaterial, rule: str | None) -> str:
    chosen: str = rule or material.metrics["default_rule"]
    known = material.metrics["rules"]
    if chosen not in known:
        raise OptionError(f"{path} was not measured with rule {chosen!r}: choose one of {', '.join(known)}")
    return chosen
