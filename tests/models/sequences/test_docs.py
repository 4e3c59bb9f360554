"""The examples of the pages about tags as a sequence run, and what they say of the search and its scores holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corelate.data.vocabulary import Vocabulary
from corelate.losses import SEQUENCE_LOSSES
from corelate.losses.build import build_sequence_loss
from corelate.models.heads import HEADS
from corelate.models.heads.base import HeadInputs
from corelate.models.sequences.label_scores import SCORES
from corelate.models.sequences.token_sequences import ORDERS

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "sequences.md").read_text(encoding="utf-8")
EXTENDING = (DOCS / "extend" / "head.md").read_text(encoding="utf-8")


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def run(block: str, page: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(block, page, "exec", dont_inherit=True), names)
    return names


def test_the_example_of_a_search_runs(capsys: pytest.CaptureFixture[str]):
    (block,) = python_blocks(PAGE)
    names = run(block, "sequences.md")
    found = names["found"]
    assert found.labels.shape == (2, 10, 3)
    printed = capsys.readouterr().out.splitlines()[:10]
    assert all(line.startswith("[") for line in printed)
    # All 41 sequences are found, and a label that a complete one holds was written.
    everything = names["everything"]
    assert everything.labels.shape[1] == 41
    assert torch.isfinite(everything.log_probabilities).all()
    with_label = (everything.labels.unsqueeze(3) == torch.arange(4)).any(2)
    written = (everything.log_probabilities.exp().unsqueeze(2) * with_label).sum(1)
    assert (everything.chances >= written - 1e-6).all()


def test_every_sequence_head_order_loss_and_kind_of_score_is_named():
    heads = [head.name for head in HEADS if HEADS.load(head.name).predicts == "tokens"]
    assert len(heads) >= 4
    assert all(f"| [`{name}`](heads/{name}.md) |" in PAGE for name in heads)
    assert all(f"| `{name}` |" in PAGE for name in (*ORDERS, *SCORES))
    assert all(f"`{name}`" in PAGE for name in SEQUENCE_LOSSES.names)


def test_the_example_of_a_new_sequence_head_learns_and_searches():
    (block,) = (block for block in python_blocks(EXTENDING) if "SequenceHead" in block)
    names = run(block, "head.md")
    torch.manual_seed(0)
    vocabulary = Vocabulary(["sky", "sea", "boat", "beach"])
    options = names["TwoViewsHead"].Options(hidden=16, embedding_width=5, max_labels=3)
    head = names["TwoViewsHead"](HeadInputs(12, vocabulary, np.array([0.6, 0.3, 0.1, 0.2])), options)
    maps, targets = torch.randn(3, 12, 2, 3), torch.tensor([[1.0, 2, 0, 0], [0, 0, 0, 0], [0, 2, 1, 3]])
    head.objective(maps, targets, build_sequence_loss(head.default_loss), 0.5).backward()
    assert all(parameter.grad is not None for parameter in head.parameters())
    assert head.eval().search(maps, width=2).labels.shape == (3, 2, 3)
    assert head(maps).shape == (3, 4)
