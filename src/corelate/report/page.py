"""The frame of every page: one file with its style and script inside, which asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from corelate import __version__
from corelate.report.html import element, escape

SCRIPTS = ("page.js", "tables.js", "pictures.js")


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        identifier: Its anchor, unique on the page.
        title: Its heading.
        content: HTML.
    """

    identifier: str
    title: str
    content: str


def render_page(title: str, introduction: str, sections: Sequence[Section]) -> str:
    """Return a whole page.

    Args:
        title: Plain text.
        introduction: HTML below the title.
        sections: The parts, in order.
    """
    style, script = _asset("page.css"), "\n".join(map(_asset, SCRIPTS))
    # No page may load anything, and no script runs but this one: names of labels and pictures come from strangers.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    links = "".join(element("a", escape(part.title), href=f"#{part.identifier}") for part in sections)
    parts = "\n".join(map(_section, sections))
    # An empty icon: a browser would ask the page's server for one.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="corelate {escape(__version__)}">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>{escape(title)}</h1>
<button type="button" id="theme" aria-label="Colours: as the system">◐</button>
</header>
<nav aria-label="Parts of this page">{links}</nav>
<main id="content" tabindex="-1">
{introduction}
{parts}
</main>
<script>{script}</script>
</body>
</html>
"""


def _section(part: Section) -> str:
    # Headings can be given the focus, for controls that lead to another part of the page.
    heading = element("h2", escape(part.title), id=f"{part.identifier}-title", tabindex=-1)
    return element(
        "section", heading + "\n" + part.content, id=part.identifier, aria_labelledby=f"{part.identifier}-title"
    )


def _asset(name: str) -> str:
    return resources.files("corelate.report").joinpath("assets", name).read_text(encoding="utf-8")
