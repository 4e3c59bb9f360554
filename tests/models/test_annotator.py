from __future__ import annotations

import pytest
import torch
from torch import nn

from corelate.data.preprocessing import Preprocessing
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.losses.build import build_loss
from corelate.models.annotator import Annotator, Architecture, build_head
from corelate.models.heads.base import HeadInputs


def annotator() -> Annotator:
    torch.manual_seed(0)
    head = build_head("linear", {}, HeadInputs(4, Vocabulary(["sky", "sea"])))
    return Annotator(nn.Conv2d(3, 4, 3), head).eval()


def test_the_objective_is_that_of_the_head_on_the_backbone_s_map():
    network, loss = annotator(), build_loss("bce")
    pixels, targets = torch.randn(2, 3, 8, 8), torch.tensor([[1.0, 0], [0, -1]])
    assert torch.equal(network.objective(pixels, targets, loss, 0.3), loss(network(pixels), targets))
    seen = []
    network.head.objective = lambda *given: seen.append(given)
    network.objective(pixels, targets, loss, 0.3)
    ((feature_map, *others),) = seen
    assert torch.equal(feature_map, network.backbone(pixels))
    assert others == [targets, loss, 0.3]


def architecture(head: str) -> Architecture:
    means = (0.5, 0.5, 0.5)
    preprocessing = Preprocessing(32, 32, "stretch", "bilinear", means, means)
    return Architecture("lcnet_050", None, head, {}, Vocabulary(["sky", "sea"]), preprocessing)


def test_a_search_can_be_changed_after_the_training():
    changed = architecture("ria").searching_by({"beam_width": 3})
    assert changed.build().head.options.beam_width == 3
    assert architecture("ria").searching_by({}) == architecture("ria")


@pytest.mark.parametrize(
    ("head", "options", "message"),
    [
        ("ria", {"hidden": 9}, "hidden can't be changed after the training; what can is beam_width, length_normal"),
        ("linear", {"beam_width": 3}, "head linear makes no search, so that none of its options can be changed"),
        ("ria", {"beam_width": 0}, "head ria: beam_width = 0: must be at least 1"),
    ],
)
def test_what_the_training_fixed_stays(head: str, options: dict, message: str):
    with pytest.raises(OptionError, match=message):
        architecture(head).searching_by(options)
