"""The label graph of the real Corel-5k, and published counts, where they lie in `shared` beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corelate.data.spec import load_annotations
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.counts_files import read_counts
from corelate.labels.counts_sources import counts_of
from corelate.labels.graph import PRESETS, build_graph, conditional_probabilities
from corelate.labels.graph_summary import summarise_graph

SHARED = Path(__file__).parents[2] / ".." / "shared" / "datasets"
ARCHIVE = SHARED / "corel5k.zip"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="Corel-5k does not lie beside the project"),
]


@pytest.fixture(scope="module")
def counts() -> CooccurrenceCounts:
    return counts_of(f"corel5k:{ARCHIVE}").counts


def test_only_the_training_pictures_are_counted(counts: CooccurrenceCounts):
    assert counts.pictures == 4500
    assert counts.occurrences.sum() == 15_223


def test_the_seed_graph(counts: CooccurrenceCounts):
    summary = summarise_graph(build_graph(counts, PRESETS["seed-gcn"]))
    assert summary.edges == 1829
    assert round(summary.mutual / summary.edges, 2) == 0.27
    assert (len(summary.implied_by_none), summary.implying_none, summary.without_edges) == (36, [], [])
    assert summary.sum == pytest.approx(252.8, abs=5e-5)
    assert summary.trace == pytest.approx(208, abs=5e-5)
    assert (round(summary.least_row_sum, 2), round(summary.greatest_row_sum, 2)) == (0.80, 1.68)


def test_what_cougar_and_water_receive(counts: CooccurrenceCounts):
    vocabulary, graph = counts.vocabulary, build_graph(counts, PRESETS["seed-gcn"]).dense()
    cougar = graph[vocabulary.index("cougar")]
    received = {vocabulary[column]: round(float(cougar[column]), 4) for column in np.flatnonzero(cougar)}
    assert received == {"tree": 0.0015, "snow": 0.0044, "head": 0.0133, "cougar": 0.8}
    water = graph[vocabulary.index("water")]
    assert water.sum() - 0.8 == pytest.approx(0.0325, abs=5e-5)


def test_many_pairs_lie_exactly_on_tau(counts: CooccurrenceCounts):
    assert (conditional_probabilities(counts).data == 0.1).sum() == 85


def test_variants_of_the_pictures_change_nothing(counts: CooccurrenceCounts):
    """Each picture four times doubles no probability, so that the graph is the same."""
    train = load_annotations(f"corel5k:{ARCHIVE}?split=train")
    fourfold = CooccurrenceCounts.from_annotations(train.select(np.tile(np.arange(len(train)), 4)))
    one, four = (build_graph(each, PRESETS["seed-gcn"]).dense() for each in (counts, fourfold))
    assert np.array_equal(one, four)


@pytest.mark.parametrize(("name", "labels", "edges"), [("voc", 20, 6), ("coco", 80, None)])
def test_published_counts_can_be_read(name: str, labels: int, edges: int | None):
    path = SHARED / "labels-only" / "ml-gcn" / f"{name}_cooccurrence.json"
    if not path.exists():
        pytest.skip(f"{path.name} does not lie beside the project")
    summary = summarise_graph(build_graph(read_counts(path).counts, PRESETS["ml-gcn"]))
    assert summary.trace <= labels
    assert edges is None or summary.edges == edges
