"""What processes of the tests do; a module of its own, since they import it."""

from __future__ import annotations

import errno
import os
import signal
import time
from typing import Any

from corelate.errors import OptionError


def good(monitor: Any, stopping: Any) -> None:
    monitor.message("hello")
    monitor.found(7)
    for _ in range(10):
        monitor.worked(3)
    monitor.worked(0, 2)
    monitor.left_out("x.jpg", "damaged")
    monitor.worked(5)


def refused(monitor: Any, stopping: Any) -> None:
    monitor.worked(1)
    raise OptionError("not enough memory")


def broken(monitor: Any, stopping: Any) -> None:
    raise ValueError("shapes")


def full(monitor: Any, stopping: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "x.jpeg")


def killed(monitor: Any, stopping: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def patient(monitor: Any, stopping: Any) -> None:
    """Work until asked to stop; Ctrl-C alone is no reason."""
    monitor.message(f"began {os.getpid()}")
    os.kill(os.getpid(), signal.SIGINT)
    while not stopping.requested:
        time.sleep(0.02)
    monitor.message("stopped")


def alone(monitor: Any, stopping: Any) -> None:
    """End the process that began, and write down that this was noticed."""
    os.kill(os.getppid(), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while not stopping.requested and time.monotonic() < deadline:
        time.sleep(0.02)
    # As in an iteration: that nobody listens any more must not end the work before it is kept.
    monitor.worked(1, 1)
    monitor.message("done")
    with open(os.environ["NOTICED"], "w") as file:  # noqa: PTH123
        file.write("yes" if stopping.requested else "no")
