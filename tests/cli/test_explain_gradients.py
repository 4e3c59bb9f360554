from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import explain_gradients
from corelate.cli.named_values import name_with_values
from corelate.errors import OptionError

app = typer.Typer()
app.command()(explain_gradients.run)


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_writes_a_picture_and_its_numbers_here_unless_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("--points", 20)
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gradients.csv", "gradients.png"]
    assert (tmp_path / "gradients.png").read_bytes().startswith(b"\x89PNG")
    lines = result.stdout.splitlines()
    assert lines[-2:] == ["Written: gradients.png", "Written: gradients.csv"]
    assert lines[0].startswith("Gradient dL/dlogit of one label")
    assert {"focal", "asymmetric", "mla, pla"} <= set(lines)


def test_a_terminal_may_not_know_the_letters_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner(charset="ascii").invoke(app, ["bce", "--points", "20", "--out", "ü.csv"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "Written: \\xfc.csv"


def test_losses_with_parameters(tmp_path: Path):
    path = tmp_path / "some.csv"
    result = invoke(
        "focal:gamma=1", "focal:gamma=2", "asl:gamma_negative=2,margin=0.1,focusing_gradient=detached", "--out", path
    )
    assert result.exit_code == 0
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert list(dict.fromkeys((row["loss"], row["parameters"]) for row in rows)) == [
        ("focal", "unknown=ignored, gamma=1"),
        ("focal", "unknown=ignored, gamma=2"),
        (
            "asymmetric",
            "unknown=ignored, gamma_positive=0, gamma_negative=2, margin=0.1, focusing_gradient=detached",
        ),
    ]


def test_situation_and_axis(tmp_path: Path):
    data, drawing = tmp_path / "some.json", tmp_path / "some.svg"
    arguments = ("lsep", "splc", "--other-logit", -1.5, "--progress", 0.01, "--axis", "logit")
    result = invoke(*arguments, "--out", data, "--out", drawing)
    assert result.exit_code == 0
    about = json.loads(data.read_text())["about"]
    assert (about["other_logit"], about["progress"]) == (-1.5, 0.01)
    assert "0.999" in drawing.read_text()
    assert "here 1 %" in result.stdout and "jumps" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "unknown loss 'nothing'"),
        (["focal:gama=1"], "unknown option 'gama'"),
        (["focal:gamma=big"], "gamma is 'big': must be a number from 0 to 1000"),
        (["focal:gamma"], "after the name write :OPTION=VALUE"),
        (["--progress", "2"], "progress is 2.0"),
        (["--out", "x.gif"], "the suffix '.gif'"),
    ],
)
def test_refused_before_anything_is_written(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert isinstance(result.exception, OptionError)
    assert message in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_name_with_values():
    assert name_with_values("bce") == ("bce", {})
    assert name_with_values("asl: margin = 0.1 ,unknown=absent") == ("asl", {"margin": 0.1, "unknown": "absent"})
    for text in ("bce:", "bce:gamma=", "bce:=1", "bce:gamma=1,", "bce:gamma=1,gamma=2"):
        with pytest.raises(OptionError, match=text):
            name_with_values(text)


def test_help_imports_neither_numpy_nor_torch():
    code = (
        "import sys; import corelate.cli.explain_gradients; "
        "assert not {'numpy', 'torch', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
