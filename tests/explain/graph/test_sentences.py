from __future__ import annotations

import pytest
from scipy import sparse

from corelate.data.vocabulary import Vocabulary
from corelate.explain.graph.label_graph import KnownGraph
from corelate.explain.graph.neighbourhood import LabelNeighbourhood, neighbourhood
from corelate.explain.graph.sentences import describe_neighbourhood, signed
from corelate.labels.graph import LabelGraph


def star(others: int, **options) -> LabelNeighbourhood:
    """Return the neighbourhood of one label to which others are tied, each by one edge."""
    cells = ([0.5] * others, ([0] * others, range(1, others + 1)))
    matrix = sparse.csr_array(cells, shape=(others + 1,) * 2, dtype="float32")
    graph = LabelGraph(Vocabulary([f"label {number}" for number in range(others + 1)]), matrix)
    return neighbourhood(KnownGraph(graph, "drawn by hand"), **options)


@pytest.mark.parametrize(
    ("others", "line"),
    [
        (20, "Drawn are 12 of 20 neighbours, the surest (--most 20 draws all)"),
        (300, "Drawn are 12 of 300 neighbours, the surest (--most draws up to 200)"),
    ],
)
def test_how_to_see_more_is_said(others: int, line: str):
    assert line in describe_neighbourhood(star(others, around=["label 0"]))


def test_a_graph_without_edges():
    lines = describe_neighbourhood(star(0))
    assert lines[1] == "No label has an edge; most frequent: label 0; choose others with --around"


def test_small_shares_are_not_shown_as_none():
    assert [signed(value) for value in (0.0, 0.0005, -0.0004, -1.25)] == ["+0.000", "+0.001", "-0.0004", "-1.250"]
