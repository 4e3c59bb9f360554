"""How fast pictures are made and how long the rest will take, known long before the first of them is finished."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS_AN_HOUR = 3600


class Pace:
    """Counts iterations of single pictures.

    Args:
        total: Pictures to work on.
        before: Those that were finished already.
        iterations: How many iterations each takes.
        clock: Tells the time, seconds.
    """

    def __init__(self, total: int, before: int, iterations: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.finished = before
        self.iterations = iterations
        self._clock = clock
        self._started = clock()
        self._done = before * iterations
        self._here = 0

    def advance(self, steps: int, finished: int = 0) -> None:
        """Take note of iterations that were done, and of pictures that are finished by them."""
        self._here += steps
        self.resume(steps, finished)

    def resume(self, steps: int, finished: int = 0) -> None:
        """Take note of iterations that an earlier process did (or, below 0, of some that have to be done again)."""
        self._done += steps
        self.finished += finished

    def leave_out(self) -> None:
        """Take note that a picture can't be worked on."""
        self.total -= 1

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return self._clock() - self._started

    @property
    def pictures_per_hour(self) -> float:
        """Speed so far."""
        return self._here / self.iterations / max(self.seconds, 1e-9) * SECONDS_AN_HOUR

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at that speed, None while nothing is known."""
        left = self.total * self.iterations - self._done
        return left / self._here * self.seconds if self._here else None

    def text(self) -> str:
        """Return where the work stands, in words."""
        words = [f"{self.finished:,} of {self.total:,} pictures"]
        left = self.seconds_left
        if left is not None:
            words += [f"{rate_text(self.pictures_per_hour)} pictures/hour", f"{duration_text(left)} left"]
        return ", ".join(words)


def rate_text(rate: float) -> str:
    """Return a rate with two digits or more."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def duration_text(seconds: float) -> str:
    """Return a time in the two units that matter."""
    minutes, hours = round(seconds / 60), round(seconds / SECONDS_AN_HOUR)
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if hours < 48:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{hours // 24} d {hours % 24} h"
