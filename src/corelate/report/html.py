"""Parts of a page as text of HTML: all that comes from data is escaped here."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# How many places after the point a share has, unless a column says otherwise.
PLACES = 3
# What no page may hold: control characters, and halves of surrogate pairs.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: What stands above it.
        numeric: Whether its values are numbers: they stand to the right, and are sorted largest first.
        places: Digits after the point of numbers that are no whole ones.
        hint: What the column means, shown when the pointer rests on the title.
    """

    title: str
    numeric: bool = False
    places: int = PLACES
    hint: str = ""


@dataclass(frozen=True)
class Markup:
    """A cell or a text that is HTML already.

    Attributes:
        html: The HTML.
        value: What the cell is sorted by; in a column of text it may be left out, and the text that is shown counts.
    """

    html: str
    value: Any = None


def escape(text: object) -> str:
    """Return a text as HTML, also inside an attribute; characters that no page may hold are replaced."""
    return html.escape(_FORBIDDEN.sub("\ufffd", str(text)), quote=True)


def element(name: str, content: str = "", **attributes: Any) -> str:
    """Return an element around HTML; attributes are escaped, ``class_`` and ``data_x`` are ``class`` and ``data-x``.

    An attribute that is True has no value; one that is None or False is left out.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = key.rstrip("_").replace("_", "-")
        parts.append(written if value is True else f'{written}="{escape(value)}"')
    return f"<{' '.join(parts)}>{content}</{name}>"


def paragraph(text: str, **attributes: Any) -> str:
    """Return a paragraph of plain text."""
    return element("p", escape(text), **attributes)


def definitions(pairs: Sequence[tuple[str, object]]) -> str:
    """Return names with what they stand for, as a list of definitions."""
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{_inner(value)}</dd></div>" for name, value in pairs)
    return element("dl", rows, class_="facts")


def figure(content: str, caption: str = "", **attributes: Any) -> str:
    """Return a drawing with a caption of plain text."""
    note = element("figcaption", escape(caption)) if caption else ""
    return element("figure", content + note, **attributes)


def table(
    identifier: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    *,
    caption: str = "",
    filter_label: str = "",
    row_classes: Sequence[str] | None = None,
) -> str:
    """Return a table that can be sorted by each column and, with `filter_label`, filtered by its first one.

    Args:
        identifier: Unique on the page.
        columns: The columns; the first is the rows' head.
        rows: Text, numbers, None for what is undefined, or `Markup`, one for each column.
        caption: What the table shows.
        filter_label: What stands beside the field that filters; empty for none.
        row_classes: A class for each row, empty for none.
    """
    heads = "".join(
        element(
            "th",
            element("button", escape(column.title), type="button", title=column.hint or None),
            scope="col",
            aria_sort="none",
            class_="number" if column.numeric else None,
            data_numeric=column.numeric,
        )
        for column in columns
    )
    classes = row_classes or [""] * len(rows)
    body = "\n".join(_row(columns, row, name) for row, name in zip(rows, classes, strict=True))
    # Within an element of its own the words stay in view when a wide table is moved sideways.
    heading = element("caption", element("span", escape(caption))) if caption else ""
    content = f"{heading}<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>"
    filtering = _filter(identifier, filter_label, len(rows)) if filter_label else ""
    whole = element("table", content, id=identifier, class_="sortable")
    return filtering + element(
        "div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption or identifier
    )


def number(value: Any, places: int = PLACES) -> str:
    """Return a number as it is read: whole ones with separators, others with a fixed number of places, – for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{value:.{places}f}" if isinstance(value, float) else f"{value:,}"


def _row(columns: Sequence[Column], row: Sequence[Any], class_: str) -> str:
    cells = "".join(
        _cell(column, value, "td" if place else "th")
        for place, (column, value) in enumerate(zip(columns, row, strict=True))
    )
    return element("tr", cells, class_=class_ or None)


def _cell(column: Column, value: Any, name: str) -> str:
    if isinstance(value, Markup):
        shown, sorted_by, is_sorted_by_text = value.html, value.value, value.value is None and not column.numeric
    else:
        shown = escape("–" if value is None else number(value, column.places) if column.numeric else value)
        sorted_by, is_sorted_by_text = value, not column.numeric and value is not None
    return element(
        name,
        shown,
        scope="row" if name == "th" else None,
        class_="number" if column.numeric else None,
        data_value=None if is_sorted_by_text else _sort_key(sorted_by),
    )


def _sort_key(value: Any) -> str:
    """Return what a cell is sorted by: nothing for what is undefined, numbers no longer than they need be."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _filter(identifier: str, label: str, count: int) -> str:
    field = element(
        "label", f'{escape(label)} <input type="search" data-filters="{escape(identifier)}" autocomplete="off">'
    )
    shown = element("output", f"{count:,}", data_counts=identifier, aria_live="polite")
    return element("p", f"{field} {shown}", class_="filter")


def _inner(value: object) -> str:
    return value.html if isinstance(value, Markup) else escape(value)
