from __future__ import annotations

import re
import warnings
import xml.dom.minidom

import matplotlib
import pytest
from matplotlib.figure import Figure

from corelate.explain.drawing import (
    INK,
    MISSED,
    SERIES,
    SURFACE,
    VARIABLES,
    WRONG,
    draw,
    encode,
    new_figure,
    page_svg,
)
from corelate.explain.table import Table


class Curve:
    """A drawing with a line, a text of a stranger, and something clipped."""

    def __init__(self, text: str = "$x$ <b> & 木") -> None:
        self.text = text

    def table(self) -> Table:
        return Table((), [])

    def draw(self) -> Figure:
        figure = new_figure(4, 3)
        axes = figure.add_subplot()
        axes.plot([1, 3, 2])
        axes.plot([2, 1, 1], color=WRONG)
        axes.set_title(self.text)
        return figure


class Panels(Curve):
    """A drawing whose layout has to make room for much around its axes."""

    def draw(self) -> Figure:
        figure = new_figure(5, 3)
        for number, axes in enumerate(figure.subplots(1, 2)):
            axes.plot([0, 1000, 20], label=f"curve {number}")
            axes.set(ylabel="loss", xlabel="epoch")
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17))
        return figure


def relative_luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", [INK, WRONG, MISSED, "#146c43"])
def test_coloured_text_can_be_read(colour: str):
    # WCAG 2.2 asks for 4.5 to 1.
    assert (relative_luminance(SURFACE) + 0.05) / (relative_luminance(colour) + 0.05) >= 4.5


def test_each_colour_has_a_variable_of_its_own():
    assert len(set(VARIABLES.values())) == len(VARIABLES)
    assert set(SERIES) <= set(VARIABLES)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in VARIABLES)


def test_the_same_drawing_gives_the_same_bytes_in_any_order_of_files():
    def written(forms: tuple[str, ...]) -> dict[str, bytes]:
        figure = draw(Panels())
        return {form: page_svg(figure, "a", "b").encode() if form == "page" else encode(figure, form) for form in forms}

    first, second = written(("png", "svg", "pdf", "page")), written(("pdf", "page", "svg", "png"))
    assert [form for form in first if first[form] != second[form]] == []


def test_the_style_does_not_stay():
    before = dict(matplotlib.rcParams)
    encode(draw(Curve()), "png")
    page_svg(draw(Curve()), "curve", "A curve")
    assert dict(matplotlib.rcParams) == before


def test_letters_that_no_font_has_are_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert encode(draw(Curve("\U000e0b5c 木")), "png").startswith(b"\x89PNG")


def test_a_dollar_begins_no_formula():
    text = encode(draw(Curve("$\\frac{1}{2}$")), "svg").decode()
    assert "$\\frac{1}{2}$" in text


def test_size_in_pixels():
    png = encode(draw(Curve()), "png", dots_per_inch=50)
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (200, 150)


def test_svg_of_a_page():
    text = page_svg(draw(Curve()), "first", 'A "curve" & <more>')
    svg = xml.dom.minidom.parseString(text).documentElement
    assert svg.tagName == "svg"
    assert svg.getAttribute("role") == "img"
    assert svg.getAttribute("aria-label") == 'A "curve" & <more>'
    assert svg.getAttribute("viewBox")
    assert not svg.hasAttribute("width")
    assert not svg.hasAttribute("height")
    assert svg.getAttribute("style") == "max-width: 384px"
    assert "<metadata>" not in text


def test_svg_of_a_page_takes_the_colours_of_the_page():
    text = page_svg(draw(Curve()), "first", "A curve")
    assert "var(--series-1)" in text
    assert "var(--wrong)" in text
    assert "var(--ink)" in text
    assert not [colour for colour in VARIABLES if colour in text]


def test_words_of_strangers_stay_as_they_are_in_a_page():
    words = f'{WRONG} x="1.23456" id="patch_1" url(#patch_1) href="#patch_1" text-anchor: start; </text><script>'
    svg = xml.dom.minidom.parseString(page_svg(draw(Curve(words)), "first", ""))
    assert words in ["".join(part.data for part in text.childNodes) for text in svg.getElementsByTagName("text")]


def test_names_inside_two_svgs_of_a_page_differ():
    texts = [page_svg(draw(Curve()), name, "A curve") for name in ("first", "second")]
    names = [set(re.findall(r'\bid="([^"]+)"', text)) for text in texts]
    assert names[0]
    assert not names[0] & names[1]
    for text, own in zip(texts, names, strict=True):
        used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
        assert used
        assert used <= own
