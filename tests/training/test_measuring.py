"""The figures of an epoch, and which decision rules a run ends with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.errors import RunError
from corelate.losses.build import build_loss
from corelate.training.measuring import cut_note, epoch_figures, fit_rules
from corelate.training.preparation import Parts
from corelate.training.recipe import Recipe

LOGITS = torch.tensor([[2.0, -1.0], [-3.0, 0.5], [1.0, 1.0]])
TARGETS = np.array([[1, 0], [0, 1], [-1, 0]], np.int8)


def test_figures_have_the_loss_of_the_logits():
    figures = epoch_figures(LOGITS, TARGETS, build_loss("bce"))
    assert figures["loss"] == pytest.approx(float(build_loss("bce")(LOGITS, torch.from_numpy(TARGETS))))
    assert figures["n_plus"] == 2


def test_figures_without_a_loss_are_the_others():
    figures = epoch_figures(LOGITS, TARGETS, build_loss("bce"))
    del figures["loss"]
    assert epoch_figures(LOGITS, TARGETS, None) == figures


def test_only_longer_label_sets_of_training_pictures_are_counted():
    annotations = load_annotations("scenes:3000?size=16")
    lists = [[0, 1, 2], [2, 1], [0], []] * 750
    annotations = replace(annotations, targets=TargetMatrix.from_rows(lists, len(annotations.vocabulary)))
    train, none = np.arange(2998), np.arange(0)
    parts = Parts(annotations, train[4:], train[:4], none, [])
    values = {"data": {"spec": "scenes:3000"}, "head": {"name": "ria", "max_labels": 2, "order": "given"}}
    assert cut_note(Recipe.from_values(values), parts).startswith(
        "749 of 2,994 training pictures exceed max_labels = 2: each is cut to the first 2 in the order given; "
    )
    values["head"]["max_labels"] = 3
    assert cut_note(Recipe.from_values(values), parts) == ""
    assert cut_note(Recipe.from_values({"data": {"spec": "scenes:3000"}}), parts) == "", "learns them all at once"


def test_scores_that_are_no_numbers_are_an_error():
    with pytest.raises(RunError, match="scores that are no numbers"):
        epoch_figures(LOGITS * torch.nan, TARGETS, None)


def test_rules_that_cannot_be_fitted_are_left_out():
    decisions = fit_rules(np.full((5, 2), 0.3, np.float32), np.zeros((5, 2), np.int8), "nothing")
    assert "fixed" in decisions
    assert not {"top_k", "global_f"} & set(decisions), "two labels are too few for five tags, and none is present"
