from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, precision_score, recall_score

from corelate.decisions.fixed import Fixed
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import ScoresError
from corelate.explain.drawing import draw, encode, page_svg
from corelate.explain.judged import Judged
from corelate.explain.measures.label_table import LabelTable, affordable_intervals, label_table
from corelate.metrics.bootstrap import IntervalOptions

Judge = Callable[..., Judged]
FEW_DRAWS = IntervalOptions(resamples=20)
EVIL = ["$x^2$ <b>&", "line\nbreak", "日本語のラベル", "w" * 200, "عربى"]


def example(images: int = 80, labels: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rates = rng.random(labels) * 0.4
    targets = (rng.random((images, labels)) < rates).astype(np.int8)
    scores = np.clip(rng.normal(0.35, 0.2, targets.shape) + 0.3 * targets, 0, 1)
    return scores, targets


def rows_of(table: LabelTable) -> list[dict]:
    return json.loads(table.table().to_json())["rows"]


def drawn_as_page(table: LabelTable) -> str:
    return page_svg(draw(table), "labels", "labels")


def test_figures_are_those_of_scikit_learn(judge: Judge):
    scores, targets = example()
    targets[0] = 1
    rows = rows_of(label_table(judge(scores, targets)))
    for column, row in enumerate(rows):
        present, given = targets[:, column], scores[:, column] >= 0.5
        assert row["positives"] == present.sum()
        assert row["predicted"] == given.sum()
        assert row["true_positive"] == (present & given).sum()
        assert row["precision"] == pytest.approx(precision_score(present, given, zero_division=0))
        assert row["recall"] == pytest.approx(recall_score(present, given, zero_division=0))
        assert row["f1"] == pytest.approx(f1_score(present, given, zero_division=0))
        assert row["average_precision"] == pytest.approx(average_precision_score(present, scores[:, column]))
        assert row["threshold"] == 0.5
        assert (row["training"], row["unknown"]) == (None, 0)


def test_columns_with_and_without_intervals(judge: Judge):
    judged = judge(*example())
    plain = label_table(judged, np.arange(12)).table()
    assert plain.columns == (
        *("label", "training", "unknown", "positives", "predicted", "true_positive"),
        *("precision", "recall", "f1", "average_precision", "threshold"),
    )
    assert [row[1] for row in plain.rows] == list(range(12))
    assert plain.about["intervals"] is None
    table = label_table(judged, intervals=FEW_DRAWS).table()
    assert set(table.columns) - set(plain.columns) == {
        f"{figure}_{end}" for figure in ("precision", "recall", "f1", "average_precision") for end in ("low", "high")
    }
    assert table.about["intervals"] == {"resamples": 20, "level": 0.95, "seed": 0}
    for row in table.rows:
        values = dict(zip(table.columns, row, strict=True))
        assert values["f1_low"] <= values["f1"] <= values["f1_high"]


def test_a_rule_without_thresholds_leaves_them_empty(judge: Judge):
    table = label_table(judge(*example(), TopKDecision(k=2)))
    assert {row["threshold"] for row in rows_of(table)} == {None}
    assert next(csv.DictReader(io.StringIO(table.table().to_csv())))["threshold"] == ""


def test_a_label_that_is_never_predicted(judge: Judge):
    table = label_table(judge([[0.1, 0.9], [0.2, 0.1]], [[1, 1], [0, 0]]), intervals=FEW_DRAWS)
    row = rows_of(table)[0]
    assert (row["predicted"], row["precision"], row["recall"], row["f1"]) == (0, 0, 0, 0)
    assert (row["precision_low"], row["f1_high"]) == (None, 0)
    assert table.never_predicted.tolist() == [True, False]
    assert "that pictures have, but were given to none: 1;" in table.summary()[1]


def test_a_label_without_positives_has_no_average_precision(judge: Judge):
    table = label_table(judge([[0.9, 0.9], [0.2, 0.1]], [[0, 1], [0, 0]]))
    row = rows_of(table)[0]
    assert (row["positives"], row["predicted"], row["average_precision"]) == (0, 1, None)
    assert table.summary()[1].endswith("that no picture has, without average precision: 1")
    assert "Of labels" not in " ".join(table.summary())
    assert encode(draw(table), "png", 30)


@pytest.mark.parametrize("target", [0, -1])
def test_nothing_present_or_all_unknown(judge: Judge, target: int):
    table = label_table(judge(np.full((3, 2), 0.7), np.full((3, 2), target)), np.zeros(2, int), FEW_DRAWS)
    row = rows_of(table)[0]
    assert row["average_precision"] is None and row["f1"] == 0
    assert (row["predicted"], row["unknown"]) == ((3, 0) if target == 0 else (0, 3))
    assert "No measured picture has any label" in drawn_as_page(table)


def test_unknown_cells_are_left_out(judge: Judge):
    scores, targets = example()
    known = rows_of(label_table(judge(scores, targets)))
    more = label_table(judge(np.vstack([scores, scores]), np.vstack([targets, np.full_like(targets, -1)])))
    assert [row | {"unknown": 0} for row in rows_of(more)] == known
    assert {row["unknown"] for row in rows_of(more)} == {80}


@pytest.mark.parametrize("images", [1, 5])
def test_one_label(judge: Judge, images: int):
    table = label_table(judge(np.full((images, 1), 0.5), np.ones((images, 1))), np.array([0]), FEW_DRAWS)
    assert rows_of(table)[0]["f1"] == 1
    assert ">a<" in drawn_as_page(table)


def test_constant_scores(judge: Judge):
    table = label_table(judge(np.full((4, 2), 0.5), [[1, 0], [0, 1], [0, 0], [0, 0]]))
    assert [row["average_precision"] for row in rows_of(table)] == [0.25, 0.25]


def test_best_and_worst_are_of_labels_with_enough_pictures(judge: Judge):
    """A label with one picture is first by luck; it is not called the best where there are surer ones."""
    scores, targets = example(400, 30, seed=1)
    targets[:, 0] = 0
    targets[0, 0], scores[0, 0] = 1, 1.0
    order, support = label_table(judge(scores, targets)).ranked
    assert support == 10 and 0 not in order
    average = label_table(judge(scores, targets)).figures["average_precision"][order]
    assert (np.diff(average) <= 0).all()
    few = label_table(judge(scores[:, :3], targets[:, :3]))
    assert few.ranked[1] == 1 and 0 in few.ranked[0]
    assert "Of labels that pictures have, best: b 0." in few.summary()[3]


def test_the_summary_by_frequency(judge: Judge):
    scores = np.array([[0.9, 0.9, 0.1], [0.1, 0.8, 0.2]])
    table = label_table(judge(scores, [[1, 0, 1], [0, 1, 0]]), np.array([3, 9, 250]))
    assert table.summary()[2] == (
        "Mean average precision of labels by training pictures: 0.75 for 0 to 9 (2), 0.50 for 100 or more (1)"
    )
    assert (
        "by measured pictures: 0.67 for 0 to 9 (3)" in label_table(judge(scores, [[1, 0, 1], [0, 1, 0]])).summary()[2]
    )


def test_names_of_strangers_are_drawn_as_text(judge: Judge):
    scores, targets = example(labels=5)
    labels = label_table(judge(scores, targets, labels=EVIL))
    svg = drawn_as_page(labels)
    assert "$x^2$ &lt;b&gt;&amp;" in svg
    assert "w" * 30 not in svg
    assert [row["label"] for row in rows_of(labels)] == EVIL
    assert all("\n" not in line for line in labels.summary())


@pytest.mark.parametrize("labels", [3, 60])
def test_all_colours_of_the_drawing_are_the_pages(judge: Judge, labels: int):
    svg = drawn_as_page(label_table(judge(*example(labels=labels)), np.arange(labels), FEW_DRAWS))
    assert "var(--series-1)" in svg
    assert not re.findall(r"#[0-9a-f]{6}\b", svg)


def test_five_thousand_labels(judge: Judge):
    scores, targets = example(30, 5000, seed=4)
    labels = [f"label number {column}" for column in range(5000)]
    table = label_table(judge(scores, targets, labels=labels), np.arange(5000))
    assert len(table.table().rows) == 5000
    assert len(drawn_as_page(table)) < 400_000


def test_counts_for_other_labels_are_refused(judge: Judge):
    with pytest.raises(ScoresError, match=r"2 labels, but the training counts have shape \(3,\)"):
        label_table(judge([[0.1, 0.2]], [[0, 1]]), np.array([1, 2, 3]))


def test_the_label_after_a_fixed_rule(judge: Judge):
    judged = judge([[0.3]], [[1]], Fixed(0.25).for_labels(1))
    assert label_table(judged).rule == {"name": "fixed", "options": {"threshold": 0.25}, "fitted_on": ""}
    assert affordable_intervals(judged) == IntervalOptions()
