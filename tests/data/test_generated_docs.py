"""The page about generated pictures: its examples run, one after another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "generated-pictures.md"


def test_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    writing, reading = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(writing, {})
    exec(reading, {})
    count, original, weight = capsys.readouterr().out.split()[:3]
    assert (int(count), weight) == (9, "0.3")
    assert original.startswith("scene-")
