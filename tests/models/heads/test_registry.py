"""What must hold for every head: most tests of a new head come from here."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import torch

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.models.annotator import build_head
from corelate.models.heads import HEADS
from corelate.models.heads.base import HeadInputs

LABELS = 7
INPUTS = HeadInputs(12, Vocabulary([f"label {number}" for number in range(LABELS)]), torch.linspace(0, 1, LABELS))


@pytest.fixture(params=HEADS.names)
def head(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(0)
    return build_head(request.param, {}, INPUTS).eval()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 7)])
def test_logits_have_a_column_for_each_label(head: torch.nn.Module, size: tuple[int, int]):
    assert head(torch.randn(3, 12, *size)).shape == (3, LABELS)


def test_every_parameter_gets_a_gradient(head: torch.nn.Module):
    head.train()
    head(torch.randn(4, 12, 3, 3)).square().sum().backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e6])
def test_extreme_features_give_finite_logits(head: torch.nn.Module, scale: float):
    assert torch.isfinite(head(scale * torch.randn(2, 12, 3, 3))).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions(head: torch.nn.Module, dtype: torch.dtype):
    assert head.to(dtype)(torch.randn(2, 12, 3, 3, dtype=dtype)).dtype == dtype


def test_one_picture_scores_as_in_a_batch(head: torch.nn.Module):
    maps = torch.randn(3, 12, 4, 4)
    assert torch.allclose(head(maps[1:2]), head(maps)[1:2], atol=1e-6)


def test_what_a_frozen_run_keeps_gives_the_same_logits(head: torch.nn.Module):
    maps = torch.randn(3, 12, 4, 4)
    assert torch.allclose(head(head.pool(maps)), head(maps), atol=1e-6)
    if head.pools:
        assert head.pool(maps).shape == (3, 12, 1, 1)


def test_a_saved_head_comes_back(head: torch.nn.Module):
    again = build_head(HEADS.names[0], {}, INPUTS) if len(HEADS) == 1 else None
    assert again is not None
    again.load_state_dict(head.state_dict())
    maps = torch.randn(2, 12, 3, 3)
    assert torch.equal(again.eval()(maps), head(maps))


def test_export_gives_the_same_logits(head: torch.nn.Module):
    file = io.BytesIO()
    maps = torch.randn(2, 12, 3, 3)
    program = torch.onnx.export(head, (maps,), dynamo=True, verbose=False)
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    (logits,) = session.run(None, {session.get_inputs()[0].name: maps.numpy()})
    assert torch.allclose(torch.from_numpy(logits), head(maps), atol=1e-5)


def test_an_unknown_option_is_refused():
    with pytest.raises(OptionError, match=r"head linear: droput: unknown; did you mean dropout\?"):
        build_head("linear", {"droput": 0.1}, INPUTS)


def test_the_example_in_the_docs_is_a_head():
    page = (Path(__file__).parents[3] / "docs" / "extend" / "head.md").read_text(encoding="utf-8")
    example = re.search(r"```python\n(from dataclasses.*?)```", page, re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(example[1], "head.md", "exec", dont_inherit=True), names)
    head = names["ScaledHead"](INPUTS, names["ScaledOptions"](start=2.0))
    maps = torch.randn(2, 12, 3, 3)
    assert head(maps).shape == (2, LABELS)
    assert torch.allclose(head(head.pool(maps)), head(maps), atol=1e-6)
