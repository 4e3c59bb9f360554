from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy import sparse

from corelate.data.vocabulary import Vocabulary
from corelate.explain.drawing import draw, drawing_style, encode, page_svg
from corelate.explain.graph.label_graph import KnownGraph, label_graph_of
from corelate.explain.graph.neighbourhood import LabelNeighbourhood, neighbourhood
from corelate.labels.graph import LabelGraph

AWKWARD = [
    "$x$ & <b>",
    "海" * 20,
    "מסורת",
    "a name, with commas",
    "long " * 40 + "name",
    "_",
    "naïve",
    "%s {0}",
    "\\frac",
]


def near_of(
    names: Sequence[str], around: int = 1, share: float = 0.3, about: str = "drawn by chance", **options
) -> LabelNeighbourhood:
    chance = np.random.default_rng(3)
    present = (chance.random((len(names),) * 2) < share) | np.eye(len(names), dtype=bool)
    graph = LabelGraph(Vocabulary(names), sparse.csr_array((present * chance.random(present.shape)).astype(np.float32)))
    known = KnownGraph(graph, about, chance.integers(0, 500, len(names)))
    return neighbourhood(known, list(names[:around]), **options)


def names_of(figure: Figure, near: LabelNeighbourhood) -> list[Text]:
    texts = figure.axes[0].texts
    assert len(texts) == len(near.labels)
    return texts


def assert_readable(near: LabelNeighbourhood) -> None:
    """Check that no name covers another or leaves the figure."""
    figure = draw(near)
    renderer = figure.canvas.get_renderer()
    with drawing_style():
        extents = [text.get_window_extent(renderer) for text in names_of(figure, near)]
        others = [text.get_window_extent(renderer) for text in (*figure.texts, *figure.legends)]
    for one, other in itertools.combinations(extents, 2):
        assert not (one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1)
    width, height = figure.canvas.get_width_height()
    for extent in (*extents, *others):
        assert extent.x0 >= 0
        assert extent.y0 >= 0
        assert extent.x1 <= width
        assert extent.y1 <= height


@pytest.mark.parametrize(("around", "options"), [(1, {"most": 30}), (2, {}), (3, {"steps": 2}), (7, {})])
def test_names_do_not_overlap(around: int, options: dict):
    names = [f"label number {number}" for number in range(45)]
    assert_readable(near_of(names, around, 0.1, **options))


@pytest.mark.parametrize("around", [1, 2])
def test_awkward_names_are_drawn(around: int):
    assert_readable(near_of(AWKWARD, around, 0.7, about=f"/{'海' * 200}.csv, counted on " + "words " * 90))


def test_title_and_legend_have_room_beside_wide_letters():
    assert_readable(near_of(["W" * 40, "b", "c"], 1, 1.0))
    assert_readable(near_of(["W" * 40, "M" * 40, "c"], 2, 1.0))


def test_of_a_long_source_the_beginning_is_seen():
    figure = draw(near_of(["a", "b"], about=f"/data/{'folder/' * 60}labels.csv, counted on all 3 pictures"))
    assert any("/data/folder/" in text.get_text() for text in figure.texts)


def test_circles_do_not_cover_each_other():
    near = near_of([f"label {number}" for number in range(40)], 2, 0.2)
    circles = [patch for patch in draw(near).axes[0].patches if hasattr(patch, "radius")]
    assert len(circles) == len(near.labels)
    for one, other in itertools.combinations(circles, 2):
        assert np.hypot(*np.subtract(one.center, other.center)) > one.radius + other.radius


def test_the_same_neighbourhood_gives_the_same_picture():
    pictures = {encode(draw(near_of([f"label {n}" for n in range(12)], 2)), "svg") for _ in range(2)}
    assert len(pictures) == 1


def test_areas_are_as_numbers_of_pictures():
    near = neighbourhood(label_graph_of("scenes:200?size=32"), ["boat"])
    circles = [patch for patch in draw(near).axes[0].patches if hasattr(patch, "radius")]
    shares = np.array([circle.radius**2 for circle in circles]) / near.occurrences
    seen = np.array([circle.radius for circle in circles]) > 0.046
    assert seen.sum() > 5
    assert np.allclose(shares[seen], shares[seen][0])


@pytest.mark.parametrize("around", [1, 2])
def test_labels_without_edges_are_drawn_alone(around: int):
    near = near_of(["alone", "too"], around, 0.0)
    figure = draw(near)
    assert [text.get_text() for text in names_of(figure, near)] == list(near.labels)
    assert any(text.get_text().startswith("No edges.") for text in figure.texts)
    assert not figure.legends


def test_what_is_left_out_is_said():
    figure = draw(near_of([f"label {number}" for number in range(30)], 1, 0.9, most=4))
    assert any("weaker neighbours are left out" in " ".join(text.get_text().split()) for text in figure.texts)


def test_a_page_gives_the_drawing_its_colours():
    svg = page_svg(draw(near_of([f"label {number}" for number in range(12)], 2)), "graph", "labels")
    assert "var(--series-1)" in svg
    assert "var(--card)" in svg
    assert "#0072b2" not in svg
