"""The page that compares runs, in Chromium: tables sort and filter, pictures load, and no label becomes a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corelate.report.comparison import Comparison
from corelate.report.comparison_page import write_comparison

from ..report.comparison_runs import scene_targets, write_run
from .conftest import Open

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the page of three runs, one of which has a name that would like to be a script."""
    top = tmp_path_factory.mktemp("runs")
    targets, labels, names = scene_targets()
    labels = [HOSTILE, *labels[1:]]
    paths = [
        write_run(top / name, targets=targets, labels=labels, names=names, noise=noise, seed=number)
        for number, (name, noise) in enumerate((("good", 0.56), ("<b>middling & 'so'", 0.64), ("bad", 0.8)))
    ]
    write_comparison(top / "comparison.html", Comparison.of(paths, resamples=100))
    return top / "comparison.html"


@pytest.fixture
def page(opened: Open, file: Path) -> Any:
    """Open the page; nothing may be said, asked or loaded."""
    return opened(file)


def column(page: Any, table: str, place: int) -> list[str]:
    return page.eval_on_selector_all(
        f"#{table} tbody tr:not([hidden]) > :nth-child({place})", "cells => cells.map(cell => cell.textContent.trim())"
    )


def test_the_labels_sort_by_their_differences_in_both_directions(page: Any):
    titles = page.eval_on_selector_all("#labels-table thead th", "heads => heads.map(head => head.textContent.trim())")
    place = titles.index("ΔAP B") + 1
    heading = page.locator(f"#labels-table thead th:nth-child({place}) button")
    heading.click()
    shown = [float(text.replace("−", "-")) for text in column(page, "labels-table", place) if text != "–"]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > 0 > shown[-1]
    # From the keyboard, the other way round.
    heading.press("Enter")
    again = [float(text.replace("−", "-")) for text in column(page, "labels-table", place) if text != "–"]
    assert again == sorted(shown)


def test_the_differences_sort_by_what_may_be_said(page: Any):
    page.locator("#differences-2 thead th:last-child button").click()
    said = column(page, "differences-2", 5)
    assert said == sorted(said)
    assert len(set(said)) > 1


def test_labels_are_filtered(page: Any):
    field = page.locator('input[data-filters="labels-table"]')
    field.fill("st")
    shown = column(page, "labels-table", 1)
    assert shown
    assert all("st" in label for label in shown)
    assert len(shown) < 22
    field.fill("no such label")
    assert column(page, "labels-table", 1) == []
    field.fill("")
    assert len(column(page, "labels-table", 1)) == 22


def test_pictures_load_and_drawings_are_shown(page: Any):
    page.evaluate("for (const image of document.images) { image.loading = 'eager'; }")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    sizes = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(sizes) == 12
    assert all(size > 0 for size in sizes)
    heights = page.eval_on_selector_all("figure svg", "drawings => drawings.map(one => one.clientHeight)")
    assert len(heights) == 3
    assert all(height > 100 for height in heights)


def test_names_are_shown_as_they_are(page: Any):
    assert HOSTILE in column(page, "labels-table", 1)
    assert any("<b>middling & 'so'" in text for text in column(page, "runs-table", 1))


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_is_wider_than_the_window(page: Any, width: int):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_links_lead_to_all_parts(page: Any):
    targets = page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href'))")
    assert targets
    assert all(page.locator(target).count() == 1 for target in targets)
