"""Group-wise logits against loops over groups and labels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.models.heads.grouped_linear import GroupedLinear


def by_loops(layer: GroupedLinear, vectors: torch.Tensor) -> torch.Tensor:
    logits = torch.zeros(len(vectors), layer.labels)
    for picture in range(len(vectors)):
        for label in range(layer.labels):
            group, column = divmod(label, layer.factor)
            weights = layer.weight[group, :, column]
            logits[picture, label] = sum(vectors[picture, group] * weights) + layer.bias[label]
    return logits


@pytest.mark.parametrize(
    ("groups", "labels"),
    [
        pytest.param(4, 12, id="groups divide labels"),
        pytest.param(3, 7, id="the last group has fewer labels"),
        pytest.param(5, 6, id="fewer groups hold all labels"),
        pytest.param(100, 7, id="more groups than labels"),
        pytest.param(9, 9, id="one label a group"),
        pytest.param(1, 5, id="one group"),
        pytest.param(4, 1, id="one label"),
    ],
)
def test_logits_are_those_of_the_loops(groups: int, labels: int):
    torch.manual_seed(0)
    layer = GroupedLinear(groups, 6, labels)
    torch.nn.init.normal_(layer.bias)
    vectors = torch.randn(3, layer.groups, 6)
    assert torch.allclose(layer(vectors), by_loops(layer, vectors), atol=1e-6)


@pytest.mark.parametrize(("labels", "groups", "factor"), [(80, 80, 1), (101, 51, 2), (260, 87, 3), (10000, 100, 100)])
def test_no_group_is_made_for_nothing(labels: int, groups: int, factor: int):
    layer = GroupedLinear(100, 4, labels)
    assert (layer.groups, layer.factor) == (groups, factor)


@settings(max_examples=50, deadline=None)
@given(groups=st.integers(1, 150), labels=st.integers(1, 400))
def test_the_groups_hold_all_labels_and_none_is_empty(groups: int, labels: int):
    layer = GroupedLinear(groups, 2, labels)
    assert layer.groups <= groups
    assert (layer.groups - 1) * layer.factor < labels <= layer.groups * layer.factor
    assert layer(torch.zeros(2, layer.groups, 2)).shape == (2, labels)


def test_the_start_is_that_of_the_original():
    layer = GroupedLinear(100, 768, 10000)
    spread = (2 / ((768 + 100) * 100)) ** 0.5
    assert layer.weight.std().item() == pytest.approx(spread, rel=1e-2)
    assert layer.weight.abs().max() > 4 * spread, "a normal distribution"
    assert not layer.bias.any()
