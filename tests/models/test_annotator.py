from __future__ import annotations

import torch
from torch import nn

from corelate.data.vocabulary import Vocabulary
from corelate.losses.build import build_loss
from corelate.models.annotator import Annotator, build_head
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
