"""``corelate report``: what is given reaches the page, and mistakes are one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli.report import run
from corelate.errors import RunError


def called(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(run)
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Note what would be written, in place of writing it."""
    noted: list[tuple[Any, ...]] = []

    def write(path: Path, out: Path | None, **options: Any) -> Path:
        noted.append((path, out, options))
        return out or path / "report.html"

    monkeypatch.setattr("corelate.report.run_page.write_report", write)
    return noted


def test_by_default_the_page_stands_in_the_run(asked_for: list[tuple[Any, ...]]):
    done = called("runs/[bold]first")
    assert done.exit_code == 0
    assert done.output == f"report: {Path('runs/[bold]first/report.html')}\n"
    assert asked_for == [(Path("runs/[bold]first"), None, {"rule": None, "most_pictures": 600})]


def test_options_reach_the_page(asked_for: list[tuple[Any, ...]]):
    assert called("run", "--rule", "top_k", "--out", "page.html", "--pictures", "5").output == "report: page.html\n"
    assert asked_for == [(Path("run"), Path("page.html"), {"rule": "top_k", "most_pictures": 5})]


def test_a_negative_number_of_pictures_is_refused(asked_for: list[tuple[Any, ...]]):
    assert called("run", "--pictures", "-1").exit_code == 2
    assert asked_for == []


def test_a_folder_that_is_no_run_is_an_error(tmp_path: Path):
    assert isinstance(called(str(tmp_path)).exception, RunError)
