"""Stopping when asked to, between two iterations: state that is written in the middle of one is of no use."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Takes note of Ctrl-C and of being asked to end; use it as a context, and ask `requested` now and then.

    The second time the process is stopped at once.

    Args:
        told: Is called the first time.
        signals: What is taken as being asked.
    """

    def __init__(self, told: Callable[[], object] = lambda: None, signals: Sequence[int] = _SIGNALS) -> None:
        self._told = told
        self._signals = signals
        self._requested = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Stopping:
        # Signals come to the main thread, and only there they may be handled.
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._take) for number in self._signals}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._give_back()

    @property
    def requested(self) -> bool:
        """Whether to stop: it was asked for, or the process that started this one is gone."""
        parent = multiprocessing.parent_process()
        return self._requested or (parent is not None and not parent.is_alive())

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._requested:
            self._give_back()
            raise KeyboardInterrupt
        self._requested = True
        self._told()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
