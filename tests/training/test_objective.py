"""A loss over labels is told how far the training is, on every way from the loop to it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from corelate.data.vocabulary import Vocabulary
from corelate.losses.build import build_loss, build_sequence_loss
from corelate.models.annotator import Annotator, build_head
from corelate.models.heads.base import HeadInputs
from corelate.training.objective import Objective

INPUTS = HeadInputs(4, Vocabulary(["sky", "sea"]))
PIXELS, TARGETS = torch.ones(3, 4, 5, 5), torch.zeros(3, 2)


class Logits(nn.Module):
    """A network without an objective of its own, sure of all labels."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.full((len(pixels), 2), 3.0)


def head() -> nn.Module:
    head = build_head("linear", {"dropout": 0.0}, INPUTS)
    nn.init.constant_(head.classifier.bias, 9.0)
    return head


@pytest.mark.parametrize("module", [Logits(), head(), Annotator(nn.Identity(), head())], ids=["other", "head", "whole"])
def test_splc_corrects_from_its_share_of_the_training_on(module: nn.Module):
    objective = Objective(module, build_loss("splc", start=0.3))
    early, late = objective(PIXELS, TARGETS, 0.2999), objective(PIXELS, TARGETS, 0.3)
    assert early > 10 * late


def test_the_label_loss_beside_a_loss_of_sequences_is_told_too():
    torch.manual_seed(0)
    writing = build_head("sr_cnn_rnn", {"label_loss": "splc", "hidden": 8, "pretraining": 1.0}, INPUTS).eval()
    nn.init.constant_(writing.classifier.bias, 9.0)
    loss = build_sequence_loss("cross_entropy")
    early, late = (writing.objective(PIXELS, TARGETS, loss, progress) for progress in (0.0, 0.05))
    assert early > late + 1


@pytest.mark.parametrize("module", [Logits(), head()], ids=["other", "head"])
def test_a_loss_of_torch_s_own_takes_logits_and_targets_alone(module: nn.Module):
    loss = nn.BCEWithLogitsLoss()
    assert Objective(module, loss)(PIXELS, TARGETS, 0.5) == loss(module(PIXELS), TARGETS)
