from __future__ import annotations

import pytest
from rich.console import Console

from corelate.cli.console import console, print_lines


def test_labels_are_no_pictures(capsys: pytest.CaptureFixture[str]):
    console.print(":dog:", markup=False)
    assert capsys.readouterr().out == ":dog:\n"


def test_lines_are_printed_as_they_are_and_steer_nothing(capsys: pytest.CaptureFixture[str]):
    print_lines(["[red]:dog:[/red]", "a\x1b[2J\nb"])
    assert capsys.readouterr().out == "[red]:dog:[/red]\na\\x1b[2J\\nb\n"


def test_lines_go_where_they_are_sent(capsys: pytest.CaptureFixture[str]):
    print_lines(["a"], Console(stderr=True))
    assert capsys.readouterr() == ("", "a\n")
