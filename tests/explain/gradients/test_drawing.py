"""The sheet of gradients: panels, legend and marks."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest

from corelate.explain.drawing import VARIABLES, draw, page_svg
from corelate.explain.gradients.loss_gradients import LossGradients, loss_gradients


@pytest.fixture(scope="module")
def every() -> LossGradients:
    """Every registered loss with its defaults."""
    return loss_gradients(points=40)


SHEETS = {
    "all": None,
    "own panel for unknown": [("splc", {"corrected": "unknown"}), "bce"],
    "sequences only": ["pla"],
    "more than colours": [("focal", {"gamma": gamma}) for gamma in range(9)],
    "nothing at all": [("asymmetric", {"margin": 0.99999, "gamma_positive": 1000})],
}


@pytest.mark.parametrize(("name", "axis"), [*((name, "probability") for name in SHEETS), ("all", "logit")])
def test_drawing(name: str, axis: str, every: LossGradients):
    sheet = loss_gradients(SHEETS[name], points=20) if SHEETS[name] else dataclasses.replace(every, axis=axis)
    figure = draw(sheet)
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    targets = sum(
        len({target for loss in sheet.losses if loss.of_sequences == kind for target in loss.curves})
        for kind in (False, True)
    )
    assert len(titles) == len(set(titles)) == targets
    legends = [text.get_text() for part in figure.subfigs for each in part.legends for text in each.get_texts()]
    assert legends == [", ".join(loss.title for loss in group) for group in sheet.distinct]
    svg = page_svg(figure, "g", "gradients")
    ElementTree.fromstring(svg.replace("xlink:href", "href"))
    # All colours are the page's own.
    assert not [colour for colour in VARIABLES if colour in svg]


def test_a_jump_is_a_gap_in_its_line():
    figure = draw(loss_gradients(["splc"], points=40))
    line = max(figure.axes[0].get_lines(), key=lambda line: len(line.get_xdata()))
    (gap,) = np.flatnonzero(np.isnan(line.get_ydata()))
    assert line.get_xdata()[gap - 1] == pytest.approx(0.6) and line.get_xdata()[gap + 1] == pytest.approx(0.6)


def test_the_peak_is_written_beside_the_asymmetric_curve(every: LossGradients):
    figure = draw(every)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.73 at\np = 0.90"]


def test_names_of_near_peaks_do_not_cover_each_other():
    figure = draw(loss_gradients([("asymmetric", {"gamma_negative": gamma}) for gamma in (4, 3, 2)], points=40))
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.73 at\np = 0.90"]


def test_a_long_legend_stays_on_the_sheet():
    options = {"gamma_positive": 0, "margin": 0.05, "unknown": "ignored", "focusing_gradient": "attached"}
    losses = [("asymmetric", {"gamma_negative": gamma, **options}) for gamma in (4, 4, 4, 2)]
    figure = draw(loss_gradients(losses, points=20))
    figure.draw_without_rendering()
    (legend,) = figure.subfigs[0].legends
    box = legend.get_window_extent()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1
    assert not any(box.overlaps(panel.get_tightbbox()) for panel in figure.axes)
