import io

import pytest
from rich.console import Console

from corelate.cli import copy_progress
from corelate.cli.copy_progress import CopyProgress


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, ["1 of 1,200 pictures copied"]), (1000.0, [])])
def test_plain_lines_now_and_then(monkeypatch, seconds, expected):
    monkeypatch.setattr(copy_progress, "SECONDS_BETWEEN_LINES", seconds)
    console = Console(file=io.StringIO())
    with CopyProgress(console) as progress:
        progress.advance(1, 1200)
    assert console.file.getvalue().splitlines() == expected


def test_a_bar_on_a_terminal():
    console = Console(file=io.StringIO(), force_terminal=True)
    with CopyProgress(console) as progress:
        progress.advance(3, 4)
        progress._bar.refresh()
    assert "3/4" in console.file.getvalue()
