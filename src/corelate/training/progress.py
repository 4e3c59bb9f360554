"""Showing how far a run is: a bar on a terminal, plain lines elsewhere, nothing when used from Python."""

from __future__ import annotations

import time
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

REDRAW_SECONDS = 0.25
LINE_SECONDS = 30.0


class Reporter(Protocol):
    """Is told what a run does."""

    def message(self, text: str) -> None:
        """Take a sentence."""

    def begin(self, title: str, total: int, unit: str) -> None:
        """Begin a piece of work of `total` units; without a name for them, details say how far it is and how fast."""

    def advance(self, units: int, detail: str = "") -> None:
        """Take note of finished units; `detail` says where the work stands."""

    def wants_detail(self) -> bool:
        """Return whether a detail would be shown now, since making one may cost time."""

    def end(self) -> None:
        """End the piece of work."""


class Silent:
    """Shows nothing."""

    def message(self, text: str) -> None:
        """Drop it."""

    def begin(self, title: str, total: int, unit: str) -> None:
        """Drop it."""

    def advance(self, units: int, detail: str = "") -> None:
        """Drop it."""

    def wants_detail(self) -> bool:
        """Return False."""
        return False

    def end(self) -> None:
        """Drop it."""


class ConsoleReporter:
    """A bar with rate and time left on a terminal; elsewhere a line at the end of each piece and every half minute.

    Args:
        console: Where to show it.
        brief: Elsewhere than on a terminal, leave out pieces that took less than half a minute.
    """

    def __init__(self, console: Console, *, brief: bool = False) -> None:
        self.console = console
        self.brief = brief
        self._progress: Progress | None = None
        self._task: Any = None
        self._title = self._unit = self._detail = ""
        self._total = self._done = 0
        self._started = self._shown = 0.0

    def message(self, text: str) -> None:
        """Print a sentence."""
        self.console.print(text, markup=False)

    def begin(self, title: str, total: int, unit: str) -> None:
        """Begin a bar, or note the time."""
        self.end()
        self._title, self._total, self._unit, self._done, self._detail = title, total, unit, 0, ""
        self._started = self._shown = time.monotonic()
        if self.console.is_terminal:
            speed = (TextColumn("{task.fields[rate]}"), TimeRemainingColumn()) if unit else ()
            columns = (TextColumn("{task.description}"), BarColumn(), *speed, TextColumn("{task.fields[detail]}"))
            self._progress = Progress(*columns, console=self.console)
            self._task = self._progress.add_task(title, total=total, rate="", detail="")
            self._progress.start()

    def wants_detail(self) -> bool:
        """Return whether enough time has passed to draw again."""
        pause = REDRAW_SECONDS if self._progress else LINE_SECONDS
        return time.monotonic() - self._shown >= pause

    def advance(self, units: int, detail: str = "") -> None:
        """Move the bar, or print a line now and then."""
        self._done += units
        self._detail = detail or self._detail
        if self._done < self._total and not self.wants_detail():
            return
        self._shown = time.monotonic()
        if self._progress:
            self._progress.update(self._task, completed=self._done, rate=self._rate(), detail=self._detail)
        elif self._done < self._total:
            self._line()

    def end(self) -> None:
        """Take the bar away, or print the last line."""
        if self._progress:
            self._progress.stop()
            self._progress = None
        elif self._total and not (self.brief and time.monotonic() - self._started < LINE_SECONDS):
            self._line()
        self._total = 0

    def _rate(self) -> str:
        seconds = time.monotonic() - self._started
        return f"{self._done / seconds:.0f} {self._unit}/s" if seconds > 0 else ""

    def _line(self) -> None:
        if not self._unit:
            self.console.print(f"{self._title}: {self._detail}", markup=False)
            return
        seconds = time.monotonic() - self._started
        left = seconds / max(self._done, 1) * (self._total - self._done)
        rest = f", {left:.0f} s left" if self._done < self._total else ""
        parts = [f"{self._title}: {self._done}/{self._total} {self._unit}", f"{seconds:.0f} s{rest}", self._rate()]
        self.console.print(", ".join([*parts, self._detail]).rstrip(", "), markup=False)
