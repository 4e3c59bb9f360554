"""How far `corelate data doctor` has come: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

SECONDS_BETWEEN_LINES = 10.0


class DoctorProgress:
    """Shows which check is made, and how many pictures have been read; use it as a context.

    Args:
        console: Where to; standard error.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_line = time.monotonic()
        self._read = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> DoctorProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def check(self, name: str) -> None:
        """Say which check begins."""
        self._bar.update(self._task, description=name)

    def picture(self, total: int) -> None:
        """Count a picture that was read, of so many."""
        self._read += 1
        self._bar.update(self._task, completed=self._read, total=total)
        if not self._console.is_terminal and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._console.print(f"{self._read:,} of {total:,} pictures read")
