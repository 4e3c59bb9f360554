import numpy as np
import pytest

from corelate.explain.drawing import drawing_style, new_figure
from corelate.explain.lettering.point_names import name_points


@pytest.fixture
def axes():
    with drawing_style():
        axes = new_figure(4, 4).subplots()
        axes.set(xlim=(0, 1), ylim=(0, 1))
        yield axes


def boxes(axes):
    renderer = axes.figure.canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in axes.texts]


def test_names_cover_neither_each_other_nor_points(axes):
    points = np.random.default_rng(0).random((60, 2))
    written = name_points(axes, points, [(row, f"point {row}") for row in range(60)])
    found = boxes(axes)
    assert 5 < written == len(found) < 60
    pixels = axes.transData.transform(points)
    for number, box in enumerate(found):
        assert not any(box.overlaps(other) for other in found[:number])
        assert axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1
        inside = ((pixels > (box.x0, box.y0)) & (pixels < (box.x1, box.y1))).all(axis=1)
        assert not inside.any()


def test_the_first_names_come_first(axes):
    points = np.full((30, 2), 0.5)
    points[:, 1] += np.arange(30) * 1e-4
    assert name_points(axes, points[:1], [(0, "alone")]) == 1
    assert axes.texts[0].get_text() == "alone"


def test_a_name_that_fits_nowhere_is_left_out(axes):
    assert name_points(axes, np.array([[0.5, 0.5]]), [(0, "w" * 300)]) == 0
    assert not axes.texts
