"""What commands look at that need only scores: a finished run, or a file of scores from any program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from corelate.errors import OptionError

if TYPE_CHECKING:
    from corelate.explain.judged import Judged
    from corelate.explain.run_material import RunMaterial

DEFAULT_THRESHOLD = 0.5


def read_judged(
    run: Path | None, scores: Path | None, rule: str | None, threshold: float | None
) -> tuple[Judged, RunMaterial | None]:
    """Return scores, truth and decisions, and the run that they are from, if any; only runs need torch.

    Args:
        run: Folder of a finished run.
        scores: An .npz file of scores and targets, in place of a run.
        rule: Which of the run's decision rules; None takes its own.
        threshold: Of all labels of a file of scores; None takes 0.5.

    Raises:
        OptionError: Neither or both are given, or an option of the one for the other.
        RunError: The run can't be used.
        ScoresError: The file of scores can't be used.
    """
    if run is not None and scores is None:
        return _of_run(run, rule, threshold)
    if scores is None or run is not None:
        raise OptionError("give either the folder of a finished run, or --scores FILE.npz")
    if rule is not None:
        raise OptionError("--rule chooses among the rules of a run; for a file of scores give --threshold")
    from corelate.explain.judged import Judged

    return Judged.of_file(scores, DEFAULT_THRESHOLD if threshold is None else threshold), None


def _of_run(run: Path, rule: str | None, threshold: float | None) -> tuple[Judged, RunMaterial]:
    if threshold is not None:
        raise OptionError("--threshold belongs to --scores; a run has thresholds of its own, chosen by --rule NAME")
    if run.suffix.lower() == ".npz" and run.is_file():
        raise OptionError(f"{run} is a file of scores, not a run: give it as --scores {run}")
    from corelate.explain.run_material import RunMaterial

    material = RunMaterial.open(run)
    return material.judged(rule), material
