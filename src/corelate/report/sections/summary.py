"""The page's beginning: what was trained on what, the figures, and what to keep in mind when reading them."""

from __future__ import annotations

from typing import Any

from corelate.data.originals import how_often
from corelate.errors import CorelateError
from corelate.explain.measures.training_curves import figure_name, monitor_of
from corelate.report.html import Markup, definitions, element, escape, paragraph
from corelate.report.sections.cautions import cautions
from corelate.report.sections.figures import figures
from corelate.report.subject import Subject


def introduction(subject: Subject) -> str:
    """Return what stands below the page's title: what the run was, in a sentence."""
    recipe, metrics = subject.material.recipe, subject.metrics
    frozen = "frozen " if recipe.model.frozen else ""
    learned = metrics.get("trained_on", {}).get("images")
    pictures = f"{learned:,} pictures" if learned else "pictures"
    labels = len(subject.judged.labels)
    about = (
        f"A {frozen}{recipe.model.backbone} with the head {recipe.head.name} and the loss {recipe.loss.name}, trained "
        f"on {pictures} to give {labels:,} {'label' if labels == 1 else 'labels'}."
    )
    return element("p", escape(about), class_="soft")


def content(subject: Subject) -> str:
    """Return the notes, the figures and the facts of the run."""
    notes = "".join(paragraph(line, class_="note") for line in cautions(subject))
    return "\n".join([notes, figures(subject), element("h3", "The run"), definitions(_facts(subject))])


def _facts(subject: Subject) -> list[tuple[str, object]]:
    recipe, metrics = subject.material.recipe, subject.metrics
    measured = metrics["measured_on"]
    facts: list[tuple[str, object]] = [
        ("data set", Markup(element("code", escape(recipe.data.spec)))),
        ("measured on", f"{measured['images']:,} pictures of the {measured['split']} split"),
        ("epoch and thresholds chosen on", metrics["chosen_on"]),
        ("weights kept", _kept(monitor_of(subject.material), metrics)),
        ("network", _network(subject)),
        ("weights it began with", metrics["weights"].get("source", "–")),
        ("decision rule", _rule(subject)),
        ("time", _seconds(metrics.get("seconds", {}))),
    ]
    if generated := metrics.get("trained_on", {}).get("generated"):
        facts.insert(1, ("generated pictures", _generated(generated, metrics["trained_on"])))
    return facts


def _generated(count: int, trained_on: dict[str, Any]) -> str:
    weight = trained_on.get("generated_weight")
    often = "" if weight is None else f", each {how_often(weight)} an epoch"
    sources = trained_on.get("generated_from", 0)
    return f"{count:,} of {sources:,} of the training pictures{often}; learned from, never judged"


def _kept(monitor: str, metrics: dict[str, Any]) -> str:
    training = metrics.get("training", {})
    epoch = training.get("best_epoch")
    if epoch is None:
        return "of the last epoch"
    figure = training.get("best_figure")
    best = "" if figure is None else f", the best by {figure_name(monitor)} ({figure:.3f})"
    stopped = "; stopped early" if training.get("stopped_early") else ""
    return f"epoch {epoch} of {training.get('epochs', '–')}{best}{stopped}"


def _network(subject: Subject) -> str:
    recipe = subject.material.recipe
    layer = f" up to {recipe.model.layer}" if recipe.model.layer else ""
    frozen = ", frozen" if recipe.model.frozen else ""
    return f"{recipe.model.backbone}{layer}{frozen}{_size(subject)}; head {recipe.head.name}"


def _size(subject: Subject) -> str:
    try:
        size = subject.material.finished.architecture.preprocessing
    except CorelateError:  # A run folder may have been thinned out; the figures are no worse for it.
        return ""
    return f", {size.width}×{size.height} pixels"


def _rule(subject: Subject) -> str:
    decision = subject.judged.decision
    options = ", ".join(f"{name} {value}" for name, value in decision.options.items())
    default = "" if subject.rule == subject.metrics["default_rule"] else "; not the run's own rule"
    fitted = f", fitted on {decision.fitted_on}" if decision.fitted_on else ""
    return f"{subject.rule}{f' ({options})' if options else ''}{fitted}{default}"


def _seconds(seconds: dict[str, float]) -> str:
    total = sum(seconds.values())
    if not seconds:
        return "–"
    return f"{total:.1f} seconds" if total < 120 else f"{total / 60:.1f} minutes"
