"""What must hold for every head: most tests of a new head come from here."""

from __future__ import annotations

import copy
import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import build_graph
from corelate.labels.graph_options import GraphOptions
from corelate.labels.label_vectors import embeddings_from_counts
from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.models.annotator import build_head
from corelate.models.heads import HEADS
from corelate.models.heads.base import Head, HeadInputs

LABELS = 7
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])
TARGETS = TargetMatrix.from_dense(np.random.default_rng(0).integers(0, 2, (40, LABELS), dtype=np.int8))
COUNTS = CooccurrenceCounts.from_targets(TARGETS, VOCABULARY)
INPUTS = HeadInputs(
    12,
    VOCABULARY,
    torch.linspace(0, 1, LABELS),
    build_graph(COUNTS, GraphOptions().settings()),
    embeddings_from_counts(COUNTS, 5),
)
# Small, so that the sweep is quick.
OPTIONS = {
    "ml_gcn": {"hidden": [16]},
    "gcn_dynamic": {"width": 16},
    "ml_decoder": {"width": 16, "heads": 4, "groups": 3, "feed_forward": 32},
    "query2label": {"width": 16, "heads": 4, "feed_forward": 32},
    **{name: {"hidden": 16, "embedding_width": 5, "max_labels": 4} for name in ("ria", "sr_cnn_rnn")},
    **{
        name: {"hidden": 16, "embedding_width": 5, "max_labels": 4, "attention_width": 6}
        for name in ("attention_rnn", "orderless_rnn")
    },
}


def build(name: str, **options: Any) -> Head:
    torch.manual_seed(0)
    return build_head(name, {**OPTIONS.get(name, {}), **options}, INPUTS).eval()


@pytest.fixture(params=HEADS.names)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def head(name: str) -> Head:
    return build(name)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (7, 7)])
def test_logits_have_a_column_for_each_label(head: Head, size: tuple[int, int]):
    assert head(torch.randn(3, 12, *size)).shape == (3, LABELS)


def test_every_parameter_gets_a_gradient(head: Head):
    head.train()
    losses = SEQUENCE_LOSSES if head.predicts == "tokens" else LOSSES
    loss = losses.load(head.default_loss)()
    head.objective(
        torch.randn(4, 12, 3, 3), torch.from_numpy(TARGETS.dense([0, 1, 2, 3])).float(), loss, 0.9
    ).backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e6])
def test_extreme_features_give_finite_logits(head: Head, scale: float):
    assert torch.isfinite(head(scale * torch.randn(2, 12, 3, 3))).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions(head: Head, dtype: torch.dtype):
    assert head.to(dtype)(torch.randn(2, 12, 3, 3, dtype=dtype)).dtype == dtype


def test_one_picture_scores_as_in_a_batch(head: Head):
    maps = torch.randn(3, 12, 4, 4)
    assert torch.allclose(head(maps[1:2]), head(maps)[1:2], atol=1e-6)


def test_what_a_frozen_run_keeps_gives_the_same_logits(head: Head):
    maps = torch.randn(3, 12, 4, 4)
    assert torch.allclose(head(head.pool(maps)), head(maps), atol=1e-6)
    if head.pools:
        assert head.pool(maps).shape == (3, 12, 1, 1)


def test_a_saved_head_comes_back(head: Head, name: str):
    again = build(name)
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.zero_()
        for buffer in again.buffers():
            buffer.zero_()
    again.load_state_dict(head.state_dict())
    maps = torch.randn(2, 12, 3, 3)
    assert torch.equal(again(maps), head(maps))


def test_what_is_deployed_gives_the_same_logits(head: Head):
    before = copy.deepcopy(head.state_dict())
    maps = torch.randn(3, 12, 4, 4)
    assert torch.allclose(head.deployed().eval()(maps), head(maps), atol=1e-5)
    assert all(torch.equal(value, before[key]) for key, value in head.state_dict().items())


def test_export_gives_the_same_logits(head: Head):
    file = io.BytesIO()
    maps = torch.randn(2, 12, 3, 3)
    program = torch.onnx.export(head.deployed().eval(), (maps,), dynamo=True, verbose=False)
    program.save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    (logits,) = session.run(None, {session.get_inputs()[0].name: maps.numpy()})
    assert torch.allclose(torch.from_numpy(logits), head(maps), atol=1e-5)


def test_learning_rate_factors_belong_to_parameters(head: Head):
    names = [name for name, _ in head.named_parameters()]
    for part in head.learning_rate_factors():
        assert any(f"{name}.".startswith(f"{part}.") for name in names), part


def test_label_vectors_have_a_row_for_each_label(head: Head):
    stages = head.label_vectors_by_stage()
    assert stages
    for stage, vectors in stages.items():
        assert vectors.ndim == 2 and len(vectors) == LABELS, stage
        assert torch.isfinite(vectors).all(), stage
        assert not vectors.requires_grad, stage
        assert len(torch.unique(vectors, dim=0)) == LABELS, stage


def test_a_head_that_needs_to_know_about_labels_says_so(name: str):
    head_type = HEADS.load(name)
    for needed, field in ((head_type.needs_graph, "graph"), (head_type.needs_embeddings, "embeddings")):
        inputs = dataclasses.replace(INPUTS, **{field: None})
        options = head_type.Options(**OPTIONS.get(name, {}))
        if needed and (field == "graph" or head_type.wants_embeddings(options)):
            with pytest.raises(OptionError, match=f"head {name} needs label {field}|head {name} needs a label {field}"):
                build_head(name, OPTIONS.get(name, {}), inputs)
        else:
            assert build_head(name, OPTIONS.get(name, {}), inputs).eval()(torch.randn(1, 12, 2, 2)).shape == (1, LABELS)


@pytest.mark.parametrize("field", ["graph", "embeddings"])
def test_knowledge_about_other_labels_is_refused(field: str):
    other = Vocabulary([f"word {number}" for number in range(LABELS + 1)])
    with pytest.raises(OptionError, match=r"Vocabulary\(7 labels: label 0.*Vocabulary\(8 labels: word 0"):
        HeadInputs(12, other, None, **{field: getattr(INPUTS, field)})


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
