"""Every option of a generation has its row in docs/ml-wgan.md, and every value of a preset."""

from __future__ import annotations

import dataclasses
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from corelate.augment.ml_wgan import running
from corelate.augment.ml_wgan.naming import ENDINGS, SUFFIX
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.settings import PRESETS, VIEWS, MLWGANSettings

from .fake_trainer import FakeTrainer

PAGE = Path(__file__).parents[3] / "docs" / "ml-wgan.md"


def row(field: dataclasses.Field[Any], *values: Any) -> str:
    words = field.metadata["help"]
    if "choices" in field.metadata:
        words += f": {', '.join(f'`{choice}`' for choice in field.metadata['choices'])}"
    return f"| `{field.name}` | {' | '.join(map(shown, values))} | {words} |"


def shown(value: Any) -> str:
    text = ",".join(value) if isinstance(value, tuple) else value
    text = str(text).lower() if isinstance(text, bool) else text
    return "" if text == "" else f"`{text}`"


def test_every_setting_has_its_row():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [
        row(field, *(getattr(preset, field.name) for preset in PRESETS.values()))
        for field in dataclasses.fields(MLWGANSettings)
    ]
    missing = [row for row in rows if row not in lines]
    assert not missing, f"put these rows into {PAGE.name}:\n" + "\n".join(missing)


def test_every_option_has_its_row():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [row(field, field.default) for field in dataclasses.fields(GenerationOptions)]
    missing = [row for row in rows if row not in lines]
    assert not missing, f"put these rows into {PAGE.name}:\n" + "\n".join(missing)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_there_with_its_file_name(view: str):
    assert f"| `{view}` | `1000{ENDINGS[view]}{SUFFIX}` |" in PAGE.read_text(encoding="utf-8")


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    (code,) = re.findall(r"```python\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "generate", partial(running.generate, trainer=FakeTrainer))
    exec(code, {})
    assert capsys.readouterr().out == "6\n"
