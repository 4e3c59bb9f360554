from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import explain_labels
from corelate.errors import OptionError, RunError

app = typer.Typer()
app.command()(explain_labels.run)

TABLE = """path,labels,split
a.jpg,jet;plane,train
b.jpg,jet;plane,train
c.jpg,plane;[red]sky[/red],train
d.jpg,lone,train
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "labels.csv").write_text(TABLE)
    return f"csv:{tmp_path / 'labels.csv'}?labels_only=true"


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_what_is_written_and_said(spec: str, tmp_path: Path):
    files = [tmp_path / f"map{suffix}" for suffix in (".png", ".svg", ".csv", ".json")]
    result = invoke("--data", spec, *(part for file in files for part in ("--out", file)))
    assert result.exit_code == 0, result.output
    assert all(file.stat().st_size for file in files)
    assert "Written: " in result.stdout and all(file.name in result.stdout.replace("\n", "") for file in files)
    assert "fewer than 5 labels" in " ".join(result.stdout.split())
    rows = json.loads(files[3].read_text(encoding="utf-8"))["rows"]
    assert {row["label"]: row["training_count"] for row in rows} == {
        "jet": 2,
        "plane": 3,
        "[red]sky[/red]": 1,
        "lone": 1,
    }


def test_files_by_default(spec: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("--data", spec).exit_code == 0
    assert {file.name for file in tmp_path.iterdir()} == {"labels.csv", "labels.png"}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((), OptionError, "give the folder of a finished run, or --data SPEC"),
        (("run", "--data", "scenes:9"), OptionError, "not both"),
        (("no-run",), RunError, "no-run is no run folder"),
        (("no-run", "--method", "mds"), OptionError, "choose one of tsne, umap, pca"),
        (("no-run", "--out", "map.gif"), OptionError, "map.gif"),
        (("no-run", "--perplexity", "0"), OptionError, "perplexity"),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], error: type[Exception], message: str):
    result = invoke(*arguments)
    assert isinstance(result.exception, error) and message in str(result.exception)


def test_help_does_not_wait_for_heavy_modules():
    code = (
        "import sys; from corelate.cli import explain_labels; "
        "print([name for name in ('numpy', 'torch', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
