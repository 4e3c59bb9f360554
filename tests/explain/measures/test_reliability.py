from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from corelate.errors import OptionError, ScoresError
from corelate.explain.drawing import draw, encode, page_svg
from corelate.explain.judged import Judged
from corelate.explain.measures.reliability import WRITTEN, Reliability, about_scores, reliability
from corelate.metrics.calibration import calibration_bins
from corelate.training.recipe import Recipe

Judge = Callable[..., Judged]


def example(sharpness: float, pictures: int = 800) -> tuple[np.ndarray, np.ndarray]:
    """Return scores whose logits are `sharpness` times those of the chances that the targets are drawn from."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (pictures, 5))
    return 1 / (1 + np.exp(-sharpness * logits)), (rng.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(int)


def content(diagram: Reliability) -> dict:
    return json.loads(diagram.table().to_json())


def test_the_table_holds_the_bins(judge: Judge):
    scores, targets = example(1)
    found, bins = content(reliability(judge(scores, targets), 10)), calibration_bins(scores, targets, 10)
    rows = found["rows"]
    assert [row["cells"] for row in rows] == bins.count.tolist()
    assert [row["present"] for row in rows] == bins.present.tolist()
    assert [row["up_to"] for row in rows] == pytest.approx(np.arange(1, 11) / 10)
    for row, (low, high) in zip(rows, bins.intervals(), strict=True):
        assert row["share_present"] == pytest.approx(row["present"] / row["cells"])
        assert (row["share_low"], row["share_high"]) == (pytest.approx(low), pytest.approx(high))
    assert found["about"]["ece"] == bins.ece
    assert found["about"]["brier"] == bins.brier
    assert found["about"]["cells"] == 4000
    assert found["about"]["bins"] == "equal width"


@pytest.mark.parametrize(
    ("sharpness", "above", "below"),
    [
        (1, "about right", "about right"),
        (3, "too high (over-confident)", "too low (over-confident)"),
        (0.3, "too low (under-confident)", "too high (under-confident)"),
    ],
)
def test_the_summary_says_whether_scores_are_too_sure(judge: Judge, sharpness: float, above: str, below: str):
    lines = reliability(judge(*example(sharpness))).summary()
    assert lines[2].startswith("Above .5 (") and lines[2].endswith(above)
    assert lines[3].startswith("Up to .5 (") and lines[3].endswith(below)


def test_equal_mass(judge: Judge):
    found = content(reliability(judge(*example(2)), 8, equal_mass=True))
    assert [row["cells"] for row in found["rows"]] == [500] * 8
    assert found["about"]["bins"] == "equal mass"


def test_one_label_of_many(judge: Judge):
    scores, targets = example(1)
    judged = judge(scores, targets)
    alone = reliability(judge(scores[:, 2:3], targets[:, 2:3]))
    chosen = reliability(judged, label="c")
    assert content(chosen)["rows"] == content(alone)["rows"]
    assert content(chosen)["about"]["label"] == "c"
    assert "label c: 800 known cells" in chosen.summary()[0]
    with pytest.raises(OptionError, match="has no label 'z'"):
        reliability(judged, label="z")


def test_unknown_cells_are_left_out(judge: Judge):
    scores, targets = example(1)
    more = judge(np.vstack([scores, 1 - scores]), np.vstack([targets, np.full_like(targets, -1)]))
    assert (
        content(reliability(more))["rows"][3]["cells"]
        == content(reliability(judge(scores, targets)))["rows"][3]["cells"]
    )


def test_all_unknown_is_said(judge: Judge):
    judged = judge(np.full((2, 2), 0.5), [[-1, 1], [-1, 0]])
    with pytest.raises(ScoresError, match="label a of some pictures: no target is known"):
        reliability(judged, label="a")
    with pytest.raises(ScoresError, match="some pictures: no target is known"):
        reliability(judge([[0.5]], [[-1]]))


@pytest.mark.parametrize(
    ("scores", "targets"),
    [
        (np.full((5, 2), 0.5), np.zeros((5, 2))),  # constant scores, nothing present
        (np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0, 1], [1, 0]])),  # exactly 0 and 1, all right
        (np.array([[0.3, 0.8]]), np.array([[0, 1]])),  # one picture
        (np.array([[0.3]]), np.array([[1]])),  # one cell
        (np.full((3, 5000), 0.01), np.zeros((3, 5000))),  # five thousand labels
    ],
)
def test_special_cases(judge: Judge, scores: np.ndarray, targets: np.ndarray):
    judged = judge(scores, targets, labels=[f"label {column}" for column in range(scores.shape[1])])
    for diagram in (reliability(judged), reliability(judged, equal_mass=True)):
        assert len(diagram.summary()) in (3, 4)
        assert sum(row["cells"] for row in content(diagram)["rows"]) == scores.size
    assert encode(draw(diagram), "png", 30)


def test_all_colours_of_the_drawing_are_the_pages(judge: Judge):
    svg = page_svg(draw(reliability(judge(*example(2)), label="a")), "reliability", "")
    assert "Are scores of a chances?" in svg
    assert not re.findall(r"#[0-9a-f]{6}\b", svg)


def recipe(**sections: dict) -> Recipe:
    return Recipe.from_values({"data": {"spec": "scenes:9"}, **sections})


def test_what_losses_ask_for():
    assert about_scores(recipe(loss={"name": "bce"})) == []
    (line,) = about_scores(recipe(loss={"name": "asymmetric"}))
    assert line.startswith("Trained with asymmetric, which does not ask for chances")


@pytest.mark.parametrize("kind", WRITTEN)
def test_scores_of_sequences_are_not_blamed_on_the_loss(kind: str):
    written = recipe(head={"name": "attention_rnn", "scores": kind}, loss={"name": "cross_entropy"})
    assert about_scores(written) == [f"The head writes sequences. Its scores ({kind}) say {WRITTEN[kind]}"]


def test_each_kind_of_scores_of_sequences_is_described():
    from corelate.models.sequences.label_scores import SCORES

    assert set(WRITTEN) == set(SCORES)


def test_its_figures_are_defined_in_the_docs(judge: Judge):
    text = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    about = content(reliability(judge(*example(1))))["about"]
    for name in ("ece", "largest_gap", "brier"):
        assert name in about
        assert f"| `{name}` |" in text
