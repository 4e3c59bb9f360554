"""The figures of a run: those of an epoch, and at its end the fitted decision rules and the results they give."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from corelate.data.curation import LabelHierarchy
from corelate.decisions import DECISION_RULES
from corelate.decisions.base import Decision, DecisionRule
from corelate.decisions.with_parents import plain, with_parents
from corelate.errors import OptionError, RunError, ScoresError
from corelate.files import write_json
from corelate.metrics.report import evaluate_scores
from corelate.training.choices import predicts_tokens
from corelate.training.loop import Position, describe
from corelate.training.preparation import Network, Parts
from corelate.training.recipe import Recipe
from corelate.training.run_folder import RunFolder
from corelate.training.scoring import scores
from corelate.training.variants import VariantCounts

SEED_NOTE = "seed protocol: the best epoch was chosen on the test split, so these figures are optimistic"
# Chosen on fewer pictures, epochs and thresholds are to a good part chance.
FEW = 30
NO_TEST_NOTE = "no test split: measured on the pictures that chose the epoch and the thresholds, so optimistic"


def epoch_figures(
    logits: torch.Tensor, targets: np.ndarray, loss: nn.Module | None, hierarchy: LabelHierarchy | None = None
) -> dict[str, float]:
    """Return the figures of an epoch, at a cut of 0.5.

    Args:
        logits: N×L.
        targets: N×L of 1, 0 and -1.
        loss: Of logits and targets; None where training makes something else smaller, and these figures have no loss.
        hierarchy: Which labels imply which; the others' scores are raised by it. None where none do.

    Raises:
        RunError: The logits are no numbers.
    """
    if not torch.isfinite(logits).all():
        raise RunError(
            "the network gives scores that are no numbers: training has diverged; start a new run with a lower "
            "--learning-rate, with --clip 1, or with --precision 32-true"
        )
    raised = hierarchy.raise_scores(scores(logits)) if hierarchy else scores(logits)
    report = evaluate_scores(raised, targets, _rule("fixed").fit(raised, targets))
    trained = {} if loss is None else {"loss": float(loss(logits, torch.from_numpy(targets).float()))}
    return {
        **trained,
        "map": report["map"] or 0.0,
        "overall.f1": report["overall"]["f1"],
        "per_class.f1": report["per_class"]["f1"],
        "n_plus": float(report["n_plus"]),
    }


@dataclass(frozen=True)
class Scored:
    """Some pictures and what the finished annotator says of them.

    Attributes:
        rows: The N pictures.
        scores: N×L, raised by the hierarchy of the labels.
        targets: N×L of 1, 0 and -1.
        names: The pictures' names.
    """

    rows: np.ndarray
    scores: np.ndarray
    targets: np.ndarray
    names: list[str]

    @classmethod
    def of(cls, parts: Parts, rows: np.ndarray, logits: torch.Tensor) -> Scored:
        """Return the scores of logits N×L."""
        names = parts.annotations.names
        raised = parts.annotations.hierarchy.raise_scores(scores(logits))
        return cls(rows, raised, parts.annotations.targets.dense(rows), [names[row] for row in rows])


@dataclass(frozen=True)
class Measuring:
    """The last stage of a run: fits the decision rules, measures, and writes all results.

    Attributes:
        recipe: The run's recipe.
        parts: How its pictures were used.
        network: What was trained.
        position: Where the training of the kept weights ended.
        validation: The pictures that the decision rules are fitted on.
        measured: The pictures that the figures are measured on.
        seconds: How long each stage took.
    """

    recipe: Recipe
    parts: Parts
    network: Network
    position: Position
    validation: Scored
    measured: Scored
    seconds: dict[str, float]

    @cached_property
    def decisions(self) -> dict[str, Decision]:
        """The fitted decision rules by name; their tags bring the labels that they imply."""
        fitted_on, chosen = self.chosen_on(), self.recipe.rule.options
        fitted = fit_rules(self.validation.scores, self.validation.targets, fitted_on, chosen)
        hierarchy = self.parts.annotations.hierarchy
        return {name: with_parents(rule, hierarchy) for name, rule in fitted.items()}

    @property
    def _variants(self) -> VariantCounts:
        return VariantCounts.of(self.parts.annotations, self.parts.train)

    def results(self) -> dict[str, Any]:
        """Return the content of ``metrics.json``."""
        notes = [self._note(), cut_note(self.recipe, self.parts), *self._judging_notes()]
        default_rule = self.recipe.rule.name
        if default_rule not in self.decisions:
            notes.append(f"the rule {default_rule} can't be fitted on {self.chosen_on()}: fixed tags by default")
            default_rule = "fixed"
        measured, weights = self.measured, self.network.report
        return {
            "protocol": self.recipe.run.protocol,
            "note": "; ".join(filter(None, notes)),
            "measured_on": {
                "split": "test" if len(self.parts.test) else "validation",
                "images": len(measured.rows),
            },
            "data_problems": self.parts.annotations.problems.counts(),
            "trained_on": {"images": len(self.parts.train)} | self._variants.to_json(),
            "chosen_on": self.chosen_on(),
            "training": describe(self.position),
            "default_rule": default_rule,
            "rules": {
                name: evaluate_scores(measured.scores, measured.targets, rule) for name, rule in self.decisions.items()
            },
            "weights": {
                "source": Path(weights.source).name,
                "missing": list(weights.missing),
                "about": weights.metadata,
            },
            "seconds": {stage: round(seconds, 2) for stage, seconds in self.seconds.items()},
        }

    def write(self, folder: RunFolder, results: dict[str, Any]) -> None:
        """Write the scores, the decision rules and the results, these last: they say that the run is finished."""
        from corelate.metrics.scores_file import write_scores

        labels = list(self.parts.annotations.vocabulary)
        for path, scored in ((folder.validation_scores, self.validation), (folder.scores, self.measured)):
            write_scores(path, scored.scores, scored.targets, labels=labels, names=scored.names)
        write_json(folder.label_counts, self._label_counts())
        write_json(folder.decisions, {name: rule.to_json() for name, rule in self.decisions.items()})
        write_json(folder.metrics, results)

    def chosen_on(self) -> str:
        """Return in words what the epoch and the thresholds were chosen on."""
        train, test = len(self.parts.train), len(self.parts.test)
        if self.recipe.run.protocol == "seed":
            return f"epoch: {test} test pictures; thresholds: {train} training pictures"
        count = len(self.validation.rows)
        if self.parts.folds:
            return f"out-of-fold scores of {count} pictures, {len(self.parts.folds)} folds"
        return f"{count} validation pictures"

    def _label_counts(self) -> dict[str, Any]:
        """Return how many of the pictures that the kept weights learned from have each label."""
        present = self.parts.annotations.targets.select(self.parts.train).label_counts()
        labels = list(self.parts.annotations.vocabulary)
        return {"images": len(self.parts.train), "labels": labels, "present": present.tolist()}

    def cautions(self) -> list[str]:
        """Return lines about choices that rest on little."""
        return choice_cautions(len(self.validation.rows), self.recipe.rule.name, self.decisions)

    def _judging_notes(self) -> list[str]:
        """Return what can't be said because too little is known of the labels."""
        targets, notes = self.parts.annotations.targets, []
        nothing = "no label is known to be both present and absent"
        if len(self.validation.rows) and not targets.select(self.validation.rows).can_judge():
            notes.append(f"{nothing} among the pictures that choose: the last epoch was kept")
        if not targets.select(self.measured.rows).can_judge():
            notes.append(f"{nothing} among the pictures that are measured: the figures say nothing of the network")
        return notes

    def _note(self) -> str:
        if self.recipe.run.protocol == "seed":
            return SEED_NOTE
        return "" if len(self.parts.test) else NO_TEST_NOTE


def choice_cautions(count: int, rule: str, decisions: Mapping[str, Decision]) -> list[str]:
    """Return lines about choices that rest on little.

    Args:
        count: How many pictures chose the epoch and the thresholds.
        rule: The decision rule that tags by default.
        decisions: The fitted rules by name.
    """
    lines = []
    if count < FEW:
        lines.append(
            f"only {count} pictures chose the epoch and the thresholds: both are to a good part chance; label more "
            "pictures, hold out more of them with --validation, or choose with --folds"
        )
    thresholds = getattr(plain(decisions[rule]), "thresholds", ()) if rule in decisions else ()
    if rule.startswith("per_label") and len(thresholds) > 1 and len(set(thresholds)) == 1:
        lines.append(f"the rule {rule}: all labels have the same threshold, as where none has enough examples")
    return lines


def cut_note(recipe: Recipe, parts: Parts) -> str:
    """Return how many pictures have more labels than a head that writes them one by one can learn, or nothing."""
    if not predicts_tokens(recipe.head):
        return ""
    options, count = recipe.head.options, len(parts.train)
    most = options.max_labels
    longer = int((parts.annotations.targets.select(parts.train).labels_per_picture() > most).sum())
    if not longer:
        return ""
    return (
        f"{longer:,} of {count:,} training pictures exceed max_labels = {most:,}: each is cut to the first "
        f"{most:,} in the order {options.order}; raise max_labels to keep them"
    )


def fit_rules(
    scores: np.ndarray, targets: np.ndarray, fitted_on: str, chosen: DecisionRule | None = None
) -> dict[str, Decision]:
    """Fit every decision rule that these scores allow; ``fixed`` always is among them.

    All have their default options, but for the one that the recipe chose.

    A rule that needs a present label can't be fitted where there is none, and ``top_k`` needs k labels.
    """
    decisions = {}
    for entry in DECISION_RULES:
        with contextlib.suppress(ScoresError, OptionError):
            rule = chosen if chosen is not None and chosen.name == entry.name else _rule(entry.name)
            decisions[entry.name] = rule.fit(scores, targets, fitted_on=fitted_on)
    return decisions


def _rule(name: str) -> Any:
    """Return a decision rule with its default options."""
    return DECISION_RULES.load(name)()
