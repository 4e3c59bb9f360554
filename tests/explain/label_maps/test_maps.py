from __future__ import annotations

import csv
import io
import json
import warnings

import numpy as np
import pytest

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import EmbeddingError, OptionError
from corelate.explain.drawing import draw
from corelate.explain.label_maps import LabelMaps, MapOptions, map_labels
from corelate.labels.cooccurrence import CooccurrenceCounts

RANDOM = np.random.default_rng(0)
LABELS = [f"word {number}" for number in range(20)]
TARGETS = (RANDOM.random((50, 20)) < 0.2).astype(np.int8)
COUNTS = CooccurrenceCounts.from_targets(TargetMatrix.from_dense(TARGETS), Vocabulary(LABELS))
FIRST = RANDOM.standard_normal((20, 6))
QUICK = MapOptions(iterations=500)


def two_stages(**settings: object) -> LabelMaps:
    stages = {"given vectors": FIRST, "classifiers": FIRST + 0.1 * RANDOM.standard_normal((20, 6))}
    return map_labels(stages, LABELS, together=COUNTS, options=QUICK, **settings)  # type: ignore[arg-type]


def test_a_row_for_each_stage_and_label():
    maps = two_stages()
    table = maps.table()
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["stage"], row["label"]) for row in rows] == [
        (stage, label) for stage in ("given vectors", "classifiers") for label in LABELS
    ]
    assert [row["training_count"] for row in rows[:20]] == TARGETS.sum(axis=0).tolist()
    assert {row["kept"] for row in rows[:20]} == {None}
    assert all(len(row["nearest"]) == 5 and row["label"] not in row["nearest"] for row in rows)
    assert [row["group"] for row in rows[:20]] == [row["group"] for row in rows[20:]]


def test_the_table_can_be_written():
    table = two_stages(notes=["a note"], source="a run").table()
    content = json.loads(table.to_json())
    assert content["about"]["notes"] == ["a note"] and content["about"]["source"] == "a run"
    assert [stage["neighbours"] for stage in content["about"]["stages"]] == [5, 5]
    assert len(list(csv.reader(io.StringIO(table.to_csv())))) == 41


def test_maps_lie_over_each_other():
    maps = map_labels({"one": FIRST, "two": -FIRST @ np.linalg.qr(RANDOM.standard_normal((6, 6)))[0]}, LABELS)
    # The same distances, so that the maps differ by turns and by the noise at the start alone; both say the same.
    assert np.nanmean(maps.maps[1].kept) == 1.0
    pca = map_labels({"one": FIRST, "two": -FIRST}, LABELS, options=MapOptions("pca"))
    assert np.allclose(pca.maps[0].places, pca.maps[1].places, atol=1e-9)


def test_what_is_said():
    one, two, note = two_stages(notes=["a note"]).describe()
    assert one.startswith("Given vectors, 6 numbers a label; t-SNE, perplexity 6.33 (not 40: a third of the labels), ")
    assert "Of the 5 labels nearest to a label, " in one and "among its nearest in" not in one
    assert "among its nearest in given vectors too" in two
    assert f"of all pairs: {100 * two_stages().chance:.0f} %" in two
    assert note == "a note"


def test_without_counts_nothing_is_said_of_them():
    maps = map_labels({"classifiers": FIRST}, LABELS, options=QUICK)
    assert maps.counts is None and maps.chance is None and not len(maps.pairs)
    assert "stand with it" not in maps.describe()[0]
    assert {row[5] for row in maps.table().rows} == {None}
    draw(maps)


@pytest.mark.parametrize("labels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["random", "zeros", "equal", "twice"])
def test_few_and_equal_labels(labels: int, kind: str):
    vectors = {
        "random": RANDOM.standard_normal((labels, 3)),
        "zeros": np.zeros((labels, 3)),
        "equal": np.ones((labels, 3)),
        "twice": np.repeat(RANDOM.standard_normal((labels, 3)), 2, axis=0)[:labels],
    }[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps = map_labels({"one": vectors, "two": vectors}, LABELS[:labels], options=QUICK)
        draw(maps)
        assert json.loads(maps.table().to_json())["rows"]
        assert len(maps.describe()) == 2 and "nan" not in " ".join(maps.describe())


def test_equal_vectors_have_no_neighbours():
    (line,) = map_labels({"classifiers": np.ones((20, 3))}, LABELS).describe()
    assert line == "Classifiers, 3 numbers a label; all vectors are equal."


@pytest.mark.parametrize(
    ("stages", "labels", "error", "message"),
    [
        ({}, LABELS, OptionError, "at least one stage"),
        ({"one": np.ones((0, 3))}, [], OptionError, "one label"),
        ({"one": FIRST[:5]}, LABELS, EmbeddingError, r"one of shape \(5, 6\) do not fit 20 labels"),
        ({"one": FIRST[:, 0]}, LABELS, EmbeddingError, r"shape \(20,\)"),
        ({"one": FIRST[:, :0]}, LABELS, EmbeddingError, r"shape \(20, 0\)"),
        (
            {"one": np.where(np.arange(20)[:, None] == 3, np.inf, FIRST)},
            LABELS,
            EmbeddingError,
            "of 1 labels, the first 'word 3'",
        ),
    ],
)
def test_what_can_not_be_mapped(stages: dict, labels: list[str], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        map_labels(stages, labels)


def test_counts_of_other_labels():
    with pytest.raises(OptionError, match=r"counts of shape \(3,\) for 20 labels"):
        map_labels({"one": FIRST}, LABELS, counts=np.ones(3))
    with pytest.raises(OptionError, match="together of shape"):
        map_labels({"one": FIRST[:5]}, LABELS[:5], counts=np.ones(5), together=COUNTS)
