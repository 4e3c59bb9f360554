"""Heads that write labels one after another learn to: on maps in which each label has a direction of its own."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from corelate.data.vocabulary import Vocabulary
from corelate.losses.build import build_sequence_loss
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs

LABELS, FEATURES, SIDE, MAX_LABELS = 10, 24, 3, 4
LEARNING, MEASURED, STEPS, BATCH = 1024, 256, 250, 64
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])


class Pictures(NamedTuple):
    """Maps N×D×h×w, and targets N×L that hold each label's place in the picture's list, in a random order."""

    maps: Tensor
    targets: Tensor


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Draw maps of noise; each of a picture's labels, up to four, adds its direction at one place."""
    generator = torch.Generator().manual_seed(0)
    count = LEARNING + MEASURED
    directions = torch.nn.functional.normalize(torch.randn(LABELS, FEATURES, generator=generator), dim=1)
    frequencies = 1 / torch.arange(1, LABELS + 1) ** 0.7
    lists = torch.multinomial(frequencies.expand(count, -1), MAX_LABELS, generator=generator)
    lengths = torch.randint(0, MAX_LABELS + 1, (count, 1), generator=generator)
    places = torch.arange(MAX_LABELS).expand(count, -1)
    targets = torch.zeros(count, LABELS).scatter(1, lists, torch.where(places < lengths, places + 1.0, 0.0))
    where = torch.randint(0, SIDE * SIDE, (count, LABELS), generator=generator)
    shown = torch.nn.functional.one_hot(where, SIDE * SIDE) * (targets > 0).unsqueeze(2)
    maps = 6 * torch.einsum("nlp,ld->ndp", shown.float(), directions)
    maps = maps + 0.5 * torch.randn(maps.shape, generator=generator)
    return Pictures(maps.unflatten(2, (SIDE, SIDE)), targets)


def trained_f1(pictures: Pictures, name: str, loss_name: str, **options: Any) -> float:
    """Train a head on the first pictures; return the F1 of the sets that it finds for the others."""
    torch.manual_seed(0)
    maps, targets = pictures.maps[:LEARNING], pictures.targets[:LEARNING]
    frequencies = (targets > 0).double().mean(0).numpy()
    own = {"hidden": 64, "embedding_width": 16, "max_labels": MAX_LABELS, "dropout": 0.1, "scores": "found", **options}
    head = build_head(name, own, HeadInputs(FEATURES, VOCABULARY, frequencies))
    loss, optimiser = build_sequence_loss(loss_name), torch.optim.Adam(head.parameters(), lr=5e-3)
    for step in range(STEPS):
        rows = torch.randint(0, LEARNING, (BATCH,))
        optimiser.zero_grad()
        head.objective(maps[rows], targets[rows], loss, step / STEPS).backward()
        optimiser.step()
    found = torch.sigmoid(head.eval()(pictures.maps[LEARNING:])) >= 0.5
    return set_f1(found, pictures.targets[LEARNING:] > 0)


def set_f1(found: Tensor, present: Tensor) -> float:
    return float(2 * (found & present).sum() / (found.sum() + present.sum()))


def test_the_most_frequent_labels_alone_are_a_poor_answer(pictures: Pictures):
    frequent = (pictures.targets[:LEARNING] > 0).sum(0).argsort(descending=True)
    present = pictures.targets[LEARNING:] > 0
    for count in range(1, LABELS + 1):
        answer = torch.zeros(LABELS, dtype=torch.bool).index_fill(0, frequent[:count], value=True)
        assert set_f1(answer.expand_as(present), present) < 0.5


@pytest.mark.parametrize("name", ["ria", "sr_cnn_rnn"])
def test_the_labels_of_new_pictures_are_found(pictures: Pictures, name: str):
    f1 = trained_f1(pictures, name, "cross_entropy")
    assert f1 > 0.84, f1


@pytest.mark.parametrize(
    ("name", "loss"), [("attention_rnn", "mla"), ("attention_rnn", "pla"), ("orderless_rnn", "mla")]
)
def test_order_free_losses_learn_not_to_repeat_from_lists_in_any_order(pictures: Pictures, name: str, loss: str):
    # Only the decoder itself keeps a label from coming twice here. A loss that asked for the random order of these
    # lists would not teach it that, and end at an F1 of 0.8.
    f1 = trained_f1(pictures, name, loss, order="given", repeats=True)
    assert f1 > 0.85, f1


def test_the_order_of_the_labels_changes_little(pictures: Pictures):
    found = {
        order: trained_f1(pictures, "attention_rnn", "cross_entropy", order=order)
        for order in ("rare_first", "frequent_first", "given")
    }
    assert min(found.values()) > 0.84, found
    assert max(found.values()) - min(found.values()) < 0.1, found
