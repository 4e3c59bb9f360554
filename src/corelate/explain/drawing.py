"""How pictures look, and how a figure becomes a file or a part of a page.

Figures are drawn in a few named colours. In a file they are what they are here; in a page each becomes a variable of
the page's style, so that the same drawing fits a light and a dark page.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import matplotlib
from cycler import cycler
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from corelate.explain.explanation import Explanation

HeadingLine = tuple[str, float, str, float]
"""A line above the pictures of a sheet: text, size in points, colour, height in inches."""

INK = "#1c2024"
"""Text and axes."""
SOFT = "#5d6670"
"""What is less important: ticks, notes."""
LINE = "#d9dee3"
"""Grids and frames."""
SURFACE = "#fefefe"
"""What the drawing stands on."""
RIGHT, WRONG, MISSED = "#146c43", "#a1281f", "#8a5a00"
"""Tags that are true and predicted; predicted and not true; true and not predicted."""
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b38600", "#3fa0d8", "#7a5195", "#66707a")
"""Curves that stand beside each other; told apart also by those who do not see red or green."""
VARIABLES = {
    INK: "--ink",
    SOFT: "--soft",
    LINE: "--line",
    SURFACE: "--card",
    RIGHT: "--right",
    WRONG: "--wrong",
    MISSED: "--missed",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, start=1)},
}
"""The style variable of a page for each colour."""

DOTS_PER_INCH = 150
# Beside matplotlib's own font, which has no Chinese, Japanese, Korean or Arabic; those that are installed are used.
_MORE_FONTS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR", "WenQuanYi Zen Hei", "Droid Sans Fallback"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "PingFang SC", "Hiragino Sans", "Arial Unicode MS"),
    *(
        "Noto Sans Arabic",
        "Noto Sans Hebrew",
        "Noto Sans Devanagari",
        "Noto Sans Thai",
        "Noto Emoji",
        "Segoe UI Symbol",
    ),
)
_LONG = re.compile(r"(-?\d+\.\d\d)\d+")
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
# What stands between tags is the words of strangers, and stays as it is.
_TAG = re.compile(r"<[^>]*>")
_STYLE: dict[str, Any] = {
    # Labels are text: a dollar sign in one begins no formula.
    "text.parse_math": False,
    # Whatever a user's own settings say.
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "axes.unicode_minus": True,
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.facecolor": SURFACE,
    "figure.facecolor": SURFACE,
    "savefig.facecolor": "auto",
    "axes.titlecolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}


@contextlib.contextmanager
def drawing_style() -> Iterator[None]:
    """Draw in the project's style, and without warnings about letters that no installed font has."""
    colours = cycler(color=SERIES)
    style: Any = _STYLE | {"axes.prop_cycle": colours, "font.family": ["DejaVu Sans", *_more_fonts()]}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, to be drawn on without any window."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def new_sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure with one pair of axes over all of it, which counts in inches from the upper left."""
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_autoscale_on(False)
    return figure, axes


def draw_heading(axes: Axes, lines: Sequence[HeadingLine], margin: float) -> float:
    """Draw the lines above the pictures of a sheet, those as large as the first in bold.

    Args:
        axes: As `new_sheet` gives them.
        lines: From the top; at least one.
        margin: Inches that are left free above and to the left.

    Returns:
        Where the next line would begin, inches from the top.
    """
    top = margin
    for text, size, colour, height in lines:
        weight = "bold" if size == lines[0][1] else "normal"
        axes.text(margin, top, text, fontsize=size, color=colour, weight=weight, va="top")
        top += height
    return top


def draw(explanation: Explanation) -> Figure:
    """Return the picture of an explanation, with everything in its place."""
    with drawing_style():
        figure = explanation.draw()
        settle(figure)
    return figure


def settle(figure: Figure) -> None:
    """Decide where everything in a figure stands, once and for all; within `drawing_style`.

    Left to matplotlib it is decided again for each file that is written, on from the last one, and each form of file
    measures letters a little differently: a PNG would depend on whether an SVG came before it.
    """
    layout = figure.get_layout_engine()
    if layout is not None:
        if figure.axes:
            layout.execute(figure)
        figure.set_layout_engine(None)


def encode(figure: Figure, form: str, dots_per_inch: int = DOTS_PER_INCH) -> bytes:
    """Return a figure as the bytes of a file.

    Args:
        figure: What was drawn.
        form: ``png``, ``svg`` or ``pdf``.
        dots_per_inch: Of a PNG, and of pictures inside the others.
    """
    # The same figure gives the same bytes: no date, and names inside an SVG that do not change.
    metadata: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    file = io.BytesIO()
    with drawing_style(), matplotlib.rc_context({"svg.hashsalt": "corelate"}):
        figure.savefig(file, format=form, dpi=dots_per_inch, metadata=metadata.get(form))
    return file.getvalue()


def page_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as an ``<svg>`` that stands in a page and takes the page's colours.

    Args:
        figure: What was drawn, with the colours of this module.
        name: Tells this figure's inner names apart from those of others on the page.
        description: What is to be seen, for those who can't.
    """
    file = io.BytesIO()
    with drawing_style(), matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", dpi=DOTS_PER_INCH, metadata={"Date": None}, transparent=True)
    text = file.getvalue().decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    names = set(re.findall(r'\bid="([^"]+)"', "".join(_TAG.findall(text))))
    text = _TAG.sub(lambda tag: _lighter(_with_own_names(_COLOUR.sub(_variable, tag[0]), names, name)), text)
    # The page's width decides the size; the view box keeps the proportions.
    text = re.sub(r'^<svg([^>]*?) width="[^"]*"', r"<svg\1", text, count=1)
    text = re.sub(r'^<svg([^>]*?) height="[^"]*"', r"<svg\1", text, count=1)
    width = figure.get_figwidth() * 96
    attributes = f'role="img" aria-label="{escape(description, quote=True)}" style="max-width: {width:.0f}px"'
    return text.replace("<svg", f"<svg {attributes}", 1).strip()


def _variable(match: re.Match[str]) -> str:
    name = VARIABLES.get(match[0])
    return f"var({name})" if name else match[0]


def _lighter(tag: str) -> str:
    """Leave out of a tag what can't be seen: turns by no angle, usual settings, digits after the second place."""
    tag = tag.replace("text-anchor: start; ", "")
    tag = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", tag)
    return re.sub(r'\b(?:[xy]|d)="[-0-9.eA-Za-z\s]*"', lambda match: _LONG.sub(r"\1", match[0]), tag)


def _with_own_names(tag: str, names: set[str], own: str) -> str:
    """Put `own` before every inner name of an SVG in one of its tags; matplotlib gives many figures the same names."""

    def renamed(match: re.Match[str]) -> str:
        return f"{match[1]}{own}-{match[2]}" if match[2] in names else match[0]

    return re.sub(r'(\bid="|href="#|url\(#)([^")]+)', renamed, tag)


@cache
def _more_fonts() -> tuple[str, ...]:
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return tuple(name for name in _MORE_FONTS if name in installed)
