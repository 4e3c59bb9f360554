"""Several processes that share the pictures of a generation, one device each, and what they tell the one that began."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, TypeAlias

from corelate.augment.ml_wgan.stopping import Stopping
from corelate.errors import CorelateError

if TYPE_CHECKING:
    from corelate.augment.ml_wgan.work import Monitor

# How often the first process looks whether it is to stop, and how often others tell how far they are.
LOOK_SECONDS, TELL_SECONDS = 0.3, 0.2
_FAILED = "failed"

Work: TypeAlias = "Callable[[Monitor, Stopping], object]"


@dataclass
class _Child:
    """A process that was started.

    Attributes:
        title: What it is called in messages.
        process: Itself.
        connection: What it tells comes out here.
        reason: Why it failed, as it said itself.
    """

    title: str
    process: Any
    connection: Connection
    reason: str = ""

    def failure(self, asked: bool) -> str:
        """Return why it ended before its time, or nothing, as when it was asked to."""
        code = self.process.exitcode
        if self.reason:
            return f"{self.title}: {self.reason}"
        if not code or (asked and code == -signal.SIGTERM):
            return ""
        return f"{self.title}: " + (f"ended by signal {-code}" if code < 0 else f"ended with code {code}")


def run_processes(titled_work: Sequence[tuple[str, Work]], monitor: Monitor, stopping: Stopping) -> list[str]:
    """Run pieces of work in a process each, and return why some of them ended before their time.

    Args:
        titled_work: What each is called, and its work, which is sent to the process.
        monitor: Is told what all of them do.
        stopping: When asked to stop, all are.
    """
    with _started(titled_work) as children:
        told = False
        open_children: dict[Any, _Child] = {child.connection: child for child in children}
        while open_children:
            for connection in wait(list(open_children), LOOK_SECONDS):
                if not _hear(open_children[connection], monitor):
                    del open_children[connection]
            if stopping.requested and not told:
                told = True
                for child in children:
                    child.process.terminate()  # which it takes as a request
        for child in children:
            child.process.join()
    return [failure for child in children if (failure := child.failure(told))]


@contextlib.contextmanager
def _started(titled_work: Sequence[tuple[str, Work]]) -> Iterator[list[_Child]]:
    """Start the processes; what of them is still there in the end is ended at once."""
    context = multiprocessing.get_context("spawn")
    children: list[_Child] = []
    try:
        with _interrupts_ignored():
            for title, work in titled_work:
                receiving, sending = context.Pipe(duplex=False)
                process = context.Process(target=_run, args=(work, sending), daemon=True)
                process.start()
                sending.close()
                children.append(_Child(title, process, receiving))
        yield children
    finally:
        for child in children:
            if child.process.is_alive():
                child.process.kill()
            child.connection.close()


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C, as processes then do that are started meanwhile: the first one passes it on."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread, where no signal comes
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _hear(child: _Child, monitor: Monitor) -> bool:
    """Take what a process says; return whether there can be more."""
    try:
        kind, values = child.connection.recv()
    except (EOFError, OSError):
        return False
    if kind == _FAILED:
        child.reason = values[0]
    else:
        getattr(monitor, kind)(*values)
    return True


def _run(work: Work, connection: Connection) -> None:
    """Do the work of a process."""
    monitor = _Teller(connection)
    try:
        with Stopping(signals=(signal.SIGTERM,)) as stopping:
            work(monitor, stopping)
        monitor.flush()
    except (CorelateError, OSError) as error:  # such as a full disk
        monitor.failed(str(error))
    except Exception as error:
        traceback.print_exc()
        monitor.failed(f"{type(error).__name__}: {error}")


class _Teller:
    """Tells the first process, iterations not one by one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._steps = 0
        self._told = time.monotonic()

    def message(self, text: str) -> None:
        self._tell("message", text)

    def worked(self, steps: int, finished: int = 0) -> None:
        self._steps += steps
        if finished or time.monotonic() - self._told >= TELL_SECONDS:
            self.flush(finished)

    def found(self, steps: int) -> None:
        self.flush()
        self._tell("found", steps)

    def left_out(self, name: str, reason: str) -> None:
        self._tell("left_out", name, reason)

    def failed(self, reason: str) -> None:
        self._tell(_FAILED, reason)

    def flush(self, finished: int = 0) -> None:
        self._tell("worked", self._steps, finished)
        self._steps, self._told = 0, time.monotonic()

    def _tell(self, kind: str, *values: Any) -> None:
        # When the first process is gone nobody listens. `Stopping` notices, and what was begun is kept.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send((kind, values))
