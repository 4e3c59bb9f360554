"""The page that a run ends with, as users come by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from corelate.cli.main import main

from .conftest import TINY, Command


def test_a_run_of_two_processes_ends_with_one_report(
    corelate: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    trained = corelate("train", *TINY, "--report", "--devices", "2", "--out", "run")
    assert trained.stdout.count("report: run/report.html") == 1
    assert trained.stderr.count("writing the report") == 1
    assert "Not shown" not in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["report", "run", "--rule", "top_k", "--pictures", "5", "--out", "five/page.html"])
    assert not ended.value.code
    assert "report: five/page.html" in capsys.readouterr().out
    assert "5 of 12 pictures of the test split" in (tmp_path / "five" / "page.html").read_text(encoding="utf-8")
