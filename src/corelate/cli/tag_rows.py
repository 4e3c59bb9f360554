"""The rows that `corelate tag` prints when nothing is written: one for each picture, as it comes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from corelate.tagging.pictures import SkippedPicture, Tag, TaggedPicture

WIDEST_PATH = 48
LEAST_TAGS_WIDTH = 20
# Control characters, lone surrogates, line and paragraph separators.
UNPRINTABLE = ("Cc", "Cs", "Zl", "Zp")


class TagRows:
    """Prints tagged pictures: two aligned columns on a terminal, else a line with a tab between path and tags.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def __contains__(self, name: str) -> bool:
        return False

    def write(self, picture: TaggedPicture | SkippedPicture) -> None:
        """Print a tagged picture; skipped ones are reported at the end of the run."""
        tags: Sequence[Tag] | None = getattr(picture, "tags", None)
        if tags is None:
            return
        name = printable(picture.name, self._console)
        labels = printable(", ".join(f"{tag.label} {tag.score:.2f}" for tag in tags) or "–", self._console)
        if self._console.is_terminal:
            self._console.print(_row(name, labels, self._console.width), soft_wrap=False)
        else:
            # Not through rich, which turns tabs into spaces.
            typer.echo(f"{name}\t{labels}", file=self._console.file)

    def finish(self) -> None:
        """Do nothing: every row is out."""

    def close(self) -> None:
        """Do nothing: every row is out."""


def printable(text: str, console: Console) -> str:
    """Return text that neither steers the terminal nor breaks its line nor fails in its encoding."""
    escaped = "".join(
        ascii(character)[1:-1] if unicodedata.category(character) in UNPRINTABLE else character for character in text
    )
    return escaped.encode(console.encoding, "backslashreplace").decode(console.encoding)


def _row(name: str, labels: str, width: int) -> Table:
    path_width = max(1, min(WIDEST_PATH, width // 2, width - LEAST_TAGS_WIDTH))
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(width=path_width, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(_shortened(name, path_width), Text(labels))
    return row


def _shortened(name: str, width: int) -> Text:
    """Cut a path at its beginning: its end says more."""
    text = Text(name)
    if text.cell_len <= width:
        return text
    start = 1
    while Text(name[start:]).cell_len >= width:
        start += 1
    return Text(f"…{name[start:]}")
