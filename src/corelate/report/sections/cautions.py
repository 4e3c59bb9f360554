"""What a reader of the figures must know: on what they rest, and where they say little."""

from __future__ import annotations

from corelate.errors import CorelateError
from corelate.metrics.scores_file import read_scores
from corelate.report.subject import Subject
from corelate.training.measuring import choice_cautions


def cautions(subject: Subject) -> list[str]:
    """Return the run's notes and cautions as sentences, the weightiest first."""
    metrics = subject.metrics
    lines = [note for note in metrics["note"].split("; ") if note]
    lines += _of_choices(subject)
    report = metrics["rules"][subject.rule]
    without = report["labels"] - report["labels_with_positives"]
    if without:
        lines.append(
            f"{without:,} of {report['labels']:,} labels have no picture in the {metrics['measured_on']['split']} "
            "split: nothing can be said of them, and they count as 0 in the per-class figures"
        )
    if report["unknown_targets"]:
        lines.append(
            f"cells of a picture and a label of which the truth is not known: {report['unknown_targets']:,}; they "
            "count in no figure"
        )
    problems = metrics.get("data_problems") or {}
    if problems:
        counts = ", ".join(f"{kind}: {count:,}" for kind, count in problems.items())
        lines.append(f"the data set had problems ({counts}); data-problems.txt in the run's folder lists them")
    return [line[0].upper() + line[1:] + "." for line in lines]


def _of_choices(subject: Subject) -> list[str]:
    material = subject.material
    try:
        chosen_on = len(read_scores(material.finished.folder.validation_scores).scores)
    except CorelateError:  # A run folder may have been thinned out; then the caution about them can't be given.
        return []
    return choice_cautions(chosen_on, subject.metrics["default_rule"], material.decisions)
