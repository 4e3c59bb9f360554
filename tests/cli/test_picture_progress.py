import io

import pytest
from rich.console import Console

from corelate.cli import picture_progress
from corelate.cli.picture_progress import PictureProgress


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, ["1 of 1,200 pictures copied"]), (1000.0, [])])
def test_plain_lines_now_and_then(monkeypatch, seconds, expected):
    monkeypatch.setattr(picture_progress, "SECONDS_BETWEEN_LINES", seconds)
    console = Console(file=io.StringIO())
    with PictureProgress(console, "copied") as progress:
        progress.advance(1, 1200)
    assert console.file.getvalue().splitlines() == expected


def test_a_bar_on_a_terminal():
    console = Console(file=io.StringIO(), force_terminal=True)
    with PictureProgress(console, "copied") as progress:
        progress.advance(3, 4)
        progress._bar.refresh()
    assert "3/4" in console.file.getvalue()


def test_pictures_one_by_one_in_parts(monkeypatch):
    monkeypatch.setattr(picture_progress, "SECONDS_BETWEEN_LINES", 0.0)
    console = Console(file=io.StringIO())
    with PictureProgress(console, "read") as progress:
        progress.begin("duplicates")
        progress.picture(2)
        progress.picture(2)
    assert console.file.getvalue().splitlines() == ["1 of 2 pictures read", "2 of 2 pictures read"]
