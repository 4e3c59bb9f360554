"""Where commands print: results on standard output, messages and progress on standard error."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from corelate.cli.tag_rows import printable

# A label ":dog:" is no picture of a dog.
console = Console(soft_wrap=True, highlight=False, emoji=False)
error_console = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def print_lines(lines: Iterable[str], to: Console = console) -> None:
    """Print lines as they are: nothing in them is markup, and nothing steers the terminal."""
    for line in lines:
        to.print(Text(printable(line, to)))
