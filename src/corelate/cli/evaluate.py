"""``corelate evaluate``: measure a run, a bundle or a file of scores."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corelate.errors import OptionError, ScoresError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from corelate.data.curation import LabelHierarchy
    from corelate.decisions.base import Decision, DecisionRule


def run(
    source: Annotated[
        Path | None, typer.Argument(help="Run folder or annotator bundle to measure.", metavar="RUN|BUNDLE")
    ] = None,
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Data set to measure on; default: the run's own test split.", metavar="SPEC"),
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(help="Measure this file's scores against its targets instead.", metavar="FILE.npz")
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            help="Decision rule: fixed, top_k, global_f, per_label_f or per_label_mcc; "
            "default: the run's or bundle's own, fixed for --scores.",
            metavar="NAME",
        ),
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="For rule fixed: the threshold of all labels.")] = None,
    k: Annotated[int | None, typer.Option(help="For rule top_k: tags for each image.")] = None,
    beta: Annotated[float | None, typer.Option(help="For rules global_f and per_label_f: weight of recall.")] = None,
    search: Annotated[str | None, typer.Option(help="For rule per_label_mcc: grid or exact.", metavar="NAME")] = None,
    minimum_positives: Annotated[
        int | None,
        typer.Option(help="For rules per_label_f and per_label_mcc: labels with fewer examples share a threshold."),
    ] = None,
    missing_labels: Annotated[
        str,
        typer.Option(
            help="What labels of the annotator are that --data does not name: absent or unknown.", metavar="NAME"
        ),
    ] = "absent",
    fit: Annotated[
        Path | None,
        typer.Option(help="Fit the rule on this file, of scores the model was not trained on.", metavar="FILE.npz"),
    ] = None,
    head_option: Annotated[
        list[str] | None,
        typer.Option(
            help="Another search of a run's sequence head, such as beam_width=10; needs --data.", metavar="NAME=VALUE"
        ),
    ] = None,
    top_k: Annotated[
        list[int] | None, typer.Option(help="Also report exactly K tags an image; can be repeated.", metavar="K")
    ] = None,
    intervals: Annotated[bool, typer.Option("--intervals", help="Add 95 % bootstrap intervals over images.")] = False,
    resamples: Annotated[int | None, typer.Option(help="Resamples of the bootstrap; default 1000.")] = None,
    per_label: Annotated[bool, typer.Option("--per-label", help="Also report each label.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Measure a run, a bundle or a file of scores."""
    from corelate.cli.console import error_console
    from corelate.cli.evaluation_output import print_report
    from corelate.cli.named_values import named_values
    from corelate.metrics.bootstrap import IntervalOptions
    from corelate.metrics.report import evaluate_labels, evaluate_scores

    if resamples is not None and not intervals:
        raise OptionError("--resamples belongs to --intervals: give both or neither")
    interval_options = IntervalOptions(**_given(resamples=resamples)) if intervals else None
    options = _given(threshold=threshold, k=k, beta=beta, search=search, minimum_positives=minimum_positives)
    if rule is not None:
        _build_rule(rule, options)
    changed = named_values("head", head_option or [])
    measured = _read(source, data, scores, changed, missing_labels)
    decision = _decide(measured, rule, options, fit)
    if changed and decision.fitted_on and fit is None:
        error_console.print(f"rule {decision.rule} was fitted on scores of the run's own search", markup=False)
    report = evaluate_scores(measured.scores, measured.targets, decision, top_k or (), interval_options)
    if per_label:
        report["per_label"] = evaluate_labels(measured.scores, measured.targets, decision, measured.label_names)
    if as_json:
        if changed:
            report["head_options"] = changed
        typer.echo(json.dumps(report, indent=2, allow_nan=False))
    else:
        print_report(report)
    if measured.skipped:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Measured:
    """What is measured, and the decisions that came with it."""

    scores: np.ndarray
    targets: np.ndarray
    labels: Sequence[str] | None
    decisions: dict[str, Decision] = field(default_factory=dict)
    default_rule: str = "fixed"
    skipped: int = 0
    hierarchy: LabelHierarchy | None = None

    @property
    def label_names(self) -> Sequence[str]:
        return self.labels or [f"label {column}" for column in range(self.scores.shape[1])]


def _read(
    source: Path | None, data: str | None, scores: Path | None, head_options: dict[str, Any], missing: str
) -> _Measured:
    from corelate.metrics.scores_file import read_scores

    if source is not None and scores is None:
        from corelate.cli.evaluation_sources import scores_of

        return _Measured(*scores_of(source, data, head_options, missing))
    if scores is None or source is not None:
        raise OptionError("give either a run folder or bundle, or --scores FILE.npz")
    given = "--data" if data is not None else "--head-option" if head_options else ""
    if missing != "absent":
        given = "--missing-labels"
    if given:
        raise OptionError(f"{given} belongs to a run or bundle: a file of scores holds all that there is to measure")
    content = read_scores(scores)
    return _Measured(content.scores, content.targets, content.labels)


def _decide(measured: _Measured, name: str | None, options: dict[str, Any], fit: Path | None) -> Decision:
    from corelate.decisions.with_parents import with_parents

    name = name or measured.default_rule
    rule = _build_rule(name, options)
    if fit is None and not options and rule.name in measured.decisions:
        return measured.decisions[rule.name]
    if not rule.needs_fitting:
        if fit is not None:
            raise OptionError(f"rule {rule.name} is not fitted: leave out --fit, or choose another rule with --rule")
        return with_parents(rule.fit(measured.scores, measured.targets), measured.hierarchy)
    if fit is None:
        raise OptionError(
            f"rule {rule.name} must be fitted on other scores than those it is measured on; give --fit FILE.npz with "
            "scores of images that the model was not trained on, such as validation or out-of-fold scores"
        )
    return _fit(rule, fit, measured)


def _build_rule(name: str, options: dict[str, Any]) -> DecisionRule:
    from dataclasses import fields

    from corelate.decisions import DECISION_RULES

    rule_type = DECISION_RULES.load(name)
    allowed = [option.name for option in fields(rule_type)]
    for option in options:
        if option not in allowed:
            owners = [entry.name for entry in DECISION_RULES if option in {each.name for each in fields(entry.load())}]
            raise OptionError(
                f"--{option.replace('_', '-')} belongs to --rule {' or '.join(owners)}, not to the rule {name}"
            )
    built: DecisionRule = rule_type(**options)
    return built


def _fit(rule: DecisionRule, path: Path, measured: _Measured) -> Decision:
    import numpy as np

    from corelate.cli.console import error_console
    from corelate.decisions.with_parents import with_parents
    from corelate.metrics.scores_file import read_scores

    fitting = read_scores(path)
    labels = measured.scores.shape[1]
    if fitting.scores.shape[1] != labels:
        raise ScoresError(f"{path} has {fitting.scores.shape[1]} labels, but what is measured has {labels}")
    if fitting.labels and measured.labels and list(fitting.labels) != list(measured.labels):
        raise ScoresError(f"{path} has other labels, or another order of them, than what is measured")
    if np.array_equal(fitting.scores, measured.scores):
        error_console.print(
            "warning: the rule is fitted on the very scores that it is measured on, so the figures are too good",
            markup=False,
        )
    hierarchy = measured.hierarchy
    raised = hierarchy.raise_scores(fitting.scores) if hierarchy else fitting.scores
    return with_parents(rule.fit(raised, fitting.targets, fitted_on=path.name), hierarchy)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
