"""How many pictures have been dealt with: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

SECONDS_BETWEEN_LINES = 10.0


class PictureProgress:
    """Counts pictures; use it as a context.

    Args:
        console: Where to; standard error.
        done: What is done to a picture, as in ``"copied"``.
    """

    def __init__(self, console: Console, done: str) -> None:
        self._console = console
        self._done = done
        self._last_line = time.monotonic()
        self._count = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, visible=False)

    def __enter__(self) -> PictureProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, part: str) -> None:
        """Say which part of the work begins."""
        self._bar.update(self._task, description=part, visible=True)

    def picture(self, total: int) -> None:
        """Count a picture, of so many."""
        self.advance(self._count + 1, total)

    def advance(self, count: int, total: int) -> None:
        """Take note of how many of all pictures have been dealt with."""
        self._count = count
        self._bar.update(self._task, completed=count, total=total, visible=True)
        if not self._console.is_terminal and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._console.print(Text(f"{count:,} of {total:,} pictures {self._done}"))
