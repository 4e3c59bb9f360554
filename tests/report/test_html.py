"""Parts of pages: what comes from data is text and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from corelate.report.html import Column, Markup, definitions, element, escape, figure, number, table

EVIL = "</td><script>alert(1)</script>\" onclick='x' &amp;"


class Outline(HTMLParser):
    """Notes the elements with their attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    parser.close()
    return parser


@pytest.mark.parametrize("text", [EVIL, "<!-- -->", "]]>", "山 שלום", "'", "a\nb", "`", ""])
def test_escaped_text_is_read_back_as_it_was(text: str):
    inside = outline(element("td", escape(text), title=text))
    assert inside.elements == [("td", {"title": text})]
    assert inside.text == text


def test_characters_that_no_page_may_hold_are_replaced():
    assert escape("a\0b\x1bc\x7f\x85\ud800d") == "a\ufffdb\ufffdc\ufffd\ufffd\ufffdd"
    assert escape("a\tb\nc\u00a0") == "a\tb\nc\u00a0"
    escape("a\ud800").encode()


def test_attributes_are_written_by_their_value():
    assert element("a", "x", class_="b", data_c=1, hidden=True, title=None, open=False) == (
        '<a class="b" data-c="1" hidden>x</a>'
    )


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (float("nan"), "–"), (0.12345, "0.123"), (12345, "12,345"), (0, "0")]
)
def test_numbers_are_shown_shortly(value: float | None, shown: str):
    assert number(value) == shown


def test_a_table_says_what_its_columns_are_sorted_by():
    columns = [Column("name"), Column("share", True, hint=EVIL), Column("words")]
    rows = [[EVIL, 0.123456789012, "b"], [Markup("<b>x</b>"), None, None], [Markup("y", "z"), Markup("½", 0.5), "c"]]
    html = table("t", columns, rows, caption=EVIL, filter_label=EVIL, row_classes=["", "chosen", ""])
    found = outline(html)
    assert "script" not in [tag for tag, _ in found.elements]
    heads = [attributes for tag, attributes in found.elements if tag == "th" and attributes.get("scope") == "col"]
    assert [("data-numeric" in head, head["aria-sort"]) for head in heads] == [
        (False, "none"),
        (True, "none"),
        (False, "none"),
    ]
    cells = [attributes for tag, attributes in found.elements if tag == "td" or attributes.get("scope") == "row"]
    assert [cell.get("data-value") for cell in cells] == [
        *(None, "0.123456789", None),
        *(None, "", ""),
        *("z", "0.5", None),
    ]
    assert [attributes.get("class") for tag, attributes in found.elements if tag == "tr"][1:] == [None, "chosen", None]


def test_definitions_and_figures_escape_what_is_plain():
    found = outline(definitions([(EVIL, EVIL), ("b", Markup("<i>c</i>"))]) + figure("<svg></svg>", EVIL))
    assert [tag for tag, _ in found.elements] == [
        *("dl", "div", "dt", "dd", "div", "dt", "dd", "i"),
        *("figure", "svg", "figcaption"),
    ]
