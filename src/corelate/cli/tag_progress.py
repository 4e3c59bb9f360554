"""How far `corelate tag` has come: a bar on a terminal, a plain line now and then elsewhere; a summary at the end."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from corelate.cli.tag_rows import printable

if TYPE_CHECKING:
    from corelate.tagging.pictures import SkippedPicture, TaggedPicture

SECONDS_BETWEEN_LINES = 10.0
MOST_LISTED = 20


class TagProgress:
    """Counts pictures and shows the progress; use it as a context.

    Args:
        console: Where to; standard error.
        total: Pictures there are, with those that an earlier run wrote.
        quiet: Show nothing until the summary, because rows are printed on the same terminal.

    Attributes:
        earlier: Pictures that an earlier run wrote.
        tagged: Pictures tagged now.
        skipped: Pictures skipped now.
    """

    def __init__(self, console: Console, total: int, quiet: bool) -> None:
        self._console = console
        self._total = total
        self._started = self._last_line = time.monotonic()
        self._lines = not quiet and not console.is_terminal
        # Redirection would move the rows on standard output to standard error.
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or self._lines,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=total, rate=0.0)
        self._listed: list[SkippedPicture] = []
        self.earlier = self.tagged = self.skipped = 0

    def __enter__(self) -> TagProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def count_earlier(self) -> None:
        """Count a picture that an earlier run wrote."""
        self.earlier += 1
        self._bar.update(self._task, completed=self._done)

    def count(self, picture: TaggedPicture | SkippedPicture) -> None:
        """Count a picture that was tagged or skipped."""
        from corelate.tagging.pictures import SkippedPicture

        if isinstance(picture, SkippedPicture):
            self.skipped += 1
            if len(self._listed) < MOST_LISTED:
                self._listed.append(picture)
        else:
            self.tagged += 1
        self._bar.update(self._task, completed=self._done, rate=self._rate)
        if self._lines and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._print(f"{self._done:,} of {self._total:,} pictures, {self._rate:.1f} pictures/s")

    def summarise(self) -> None:
        """Print what was done and list what was skipped."""
        seconds = time.monotonic() - self._started
        earlier = f", {self.earlier:,} were there before" if self.earlier else ""
        self._print(
            f"tagged {self.tagged:,} picture(s) in {seconds:.1f} s ({self._rate:.1f} pictures/s), "
            f"skipped {self.skipped:,}{earlier}"
        )
        self._print_each(f"  {picture.name}: {picture.reason}" for picture in self._listed)
        if self.skipped > len(self._listed):
            self._print(f"  … and {self.skipped - len(self._listed):,} more")

    @property
    def _done(self) -> int:
        return self.earlier + self.tagged + self.skipped

    @property
    def _rate(self) -> float:
        return (self.tagged + self.skipped) / max(1e-9, time.monotonic() - self._started)

    def _print_each(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(Text(printable(line, self._console)))


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.fields['rate']:.1f} pictures/s")
