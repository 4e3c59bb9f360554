from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest

from corelate.augment.ml_wgan import processes
from corelate.augment.ml_wgan.processes import run_processes
from corelate.augment.ml_wgan.stopping import Stopping

HERE = Path(__file__).parent


class Notes:
    """A monitor that adds up what it is told."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.steps = self.finished = self.found_steps = 0
        self.gone: dict[str, str] = {}

    def message(self, text: str) -> None:
        self.messages.append(text)

    def worked(self, steps: int, finished: int = 0) -> None:
        self.steps += steps
        self.finished += finished

    def found(self, steps: int) -> None:
        self.found_steps += steps

    def left_out(self, name: str, reason: str) -> None:
        self.gone[name] = reason


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return a module that other processes can import, too."""
    monkeypatch.syspath_prepend(str(HERE))
    return importlib.import_module("process_work")


def test_the_first_process_hears_of_all_that_is_done(work: ModuleType):
    notes = Notes()
    with Stopping() as stopping:
        assert run_processes([("one", work.good), ("two", work.good)], notes, stopping) == []
    assert (notes.steps, notes.finished, notes.found_steps) == (70, 4, 14)
    assert notes.messages == ["hello"] * 2
    assert notes.gone == {"x.jpg": "damaged"}


def test_those_that_fail_are_named_and_the_others_finish(work: ModuleType, capfd: pytest.CaptureFixture[str]):
    notes = Notes()
    each = [
        *(("cuda:0", work.refused), ("cuda:1", work.killed), ("cuda:2", work.broken), ("cuda:3", work.good)),
        ("cuda:4", work.full),
    ]
    with Stopping() as stopping:
        failures = run_processes(each, notes, stopping)
    assert failures == [
        "cuda:0: not enough memory",
        "cuda:1: ended by signal 9",
        "cuda:2: ValueError: shapes",
        "cuda:4: [Errno 28] No space left on device: 'x.jpeg'",
    ]
    assert notes.finished == 2
    # What nobody foresaw shows where it happened; what is refused does not.
    assert capfd.readouterr().err.count("Traceback") == 1


def test_asked_to_stop_all_are_and_none_has_failed(work: ModuleType):
    class Stopper(Notes):
        def message(self, text: str) -> None:
            super().message(text)
            if len([text for text in self.messages if text.startswith("began")]) == 2 and text != "stopped":
                os.kill(os.getpid(), signal.SIGINT)

    notes = Stopper()
    with Stopping() as stopping:
        assert run_processes([("one", work.patient), ("two", work.patient)], notes, stopping) == []
    assert notes.messages.count("stopped") == 2


@pytest.mark.parametrize(
    ("code", "reason", "asked", "failure"),
    [
        (0, "", False, ""),
        (-signal.SIGTERM, "", True, ""),  # asked before it could listen
        (-signal.SIGTERM, "", False, "one: ended by signal 15"),
        # What had failed before all were asked to stop has failed all the same.
        (-signal.SIGKILL, "", True, "one: ended by signal 9"),
        (0, "not enough memory", True, "one: not enough memory"),
    ],
)
def test_a_process_that_was_asked_to_stop_has_not_failed(code: int, reason: str, asked: bool, failure: str):
    child = processes._Child("one", SimpleNamespace(exitcode=code), cast(Any, None), reason)
    assert child.failure(asked) == failure


def test_asked_twice_they_are_ended(work: ModuleType):
    numbers: list[int] = []

    class Impatient(Notes):
        def message(self, text: str) -> None:
            numbers.append(int(text.split()[1]))
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGINT)

    with Stopping() as stopping, pytest.raises(KeyboardInterrupt):
        run_processes([("one", work.patient)], Impatient(), stopping)
    deadline = time.monotonic() + 20
    while is_alive(numbers[0]):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        os.waitpid(process, os.WNOHANG)
    except (ProcessLookupError, ChildProcessError):
        return False
    return True


def test_a_process_stops_when_the_one_that_began_is_gone(tmp_path: Path):
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import process_work\n"
        "from corelate.augment.ml_wgan.processes import run_processes\n"
        "from corelate.augment.ml_wgan.stopping import Stopping\n"
        "if __name__ == '__main__':\n"
        "    with Stopping() as stopping: run_processes([('one', process_work.alone)], None, stopping)\n"
    )
    (tmp_path / "begin.py").write_text(code)
    noticed = tmp_path / "noticed"
    done = subprocess.run(
        [sys.executable, str(tmp_path / "begin.py")], env={**os.environ, "NOTICED": str(noticed)}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while not noticed.exists() or not noticed.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert noticed.read_text() == "yes"
