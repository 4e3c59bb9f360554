"""What is wrong with the HTML of a page: tags that do not match, names that are there twice or not at all."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BLOCKS = {"div", "dl", "figure", "h2", "h3", "h4", "ol", "p", "pre", "section", "table", "ul", "details"}
INTERACTIVE = {"a", "button", "input", "select", "summary"}
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "data-filters", "data-counts")


def problems_of(page: str) -> list[str]:
    """Return what a validator would find; nothing for a proper page."""
    checked = _Checked()
    checked.feed(page)
    checked.close()
    known, found = set(checked.identifiers), checked.problems
    found += [f"never closed: {tag}" for tag in checked.open]
    found += [f"twice: {name}" for name in known if checked.identifiers.count(name) > 1]
    found += [f"leads nowhere: {name}" for name in checked.references if name not in known]
    return found


class _Checked(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identifiers: list[str] = []
        self.references: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-3:]} at {self.getpos()}")
        else:
            self.open.pop()

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if len(attributes) < len(attrs):
            self.problems.append(f"an attribute twice in {tag}: {attrs}")
        if "p" in self.open and tag in BLOCKS:
            self.problems.append(f"<{tag}> ends the paragraph around it at {self.getpos()}")
        if tag in INTERACTIVE and {"a", "button"} & set(self.open):
            self.problems.append(f"<{tag}> within {self.open}")
        if tag == "img" and "alt" not in attributes:
            self.problems.append(f"img without alt at {self.getpos()}")
        if "aria-label" in attributes and tag in ("div", "span", "p") and "role" not in attributes:
            self.problems.append(f"a name that nobody reads: {attributes['aria-label']}")
        if attributes.get("id"):
            self.identifiers.append(attributes["id"] or "")
        for name in REFERENCES:
            self.references += (attributes.get(name) or "").split()
        for link in (attributes.get("href"), attributes.get("xlink:href")):
            self.references += [link[1:]] if link and link.startswith("#") else []
        for value in filter(None, attributes.values()):
            self.references += re.findall(r"url\(#([^)]+)\)", value)
