"""The commands that draw what a run or a file of scores holds: table, reliability, curves, training."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from corelate.cli import explain_curves, explain_reliability, explain_table, explain_training
from corelate.errors import OptionError, RunError, ScoresError
from corelate.metrics.scores_file import write_scores

app = typer.Typer()
COMMANDS = {
    "table": explain_table,
    "reliability": explain_reliability,
    "curves": explain_curves,
    "training": explain_training,
}
for name, module in COMMANDS.items():
    app.command(name)(module.run)

LOG = """epoch,loss,images_per_second,validation.loss,validation.map
1,0.5,90,0.6,0.2
2,0.3,90,0.5,0.4
"""


@pytest.fixture
def finished(finished_run: Callable[..., Path]) -> Path:
    """A run with a log and with the counts of its labels."""
    run = finished_run()
    (run / "training").mkdir()
    (run / "training" / "log.csv").write_text(LOG)
    (run / "label-counts.json").write_text(json.dumps({"present": list(range(22))}))
    return run


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def scores_file(here: Path) -> Path:
    rng = np.random.default_rng(0)
    targets = (rng.random((30, 3)) < 0.4).astype(np.int8)
    targets[0] = 1
    scores = np.clip(rng.normal(0.4, 0.2, targets.shape) + 0.2 * targets, 0, 1)
    write_scores(here / "test.npz", scores, targets, labels=["[red]sky[/red]", "sea\x1b[31m", "boat"])
    return here / "test.npz"


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_becomes_a_picture_and_data_in_the_current_folder(command: str, finished: Path, here: Path):
    result = invoke(command, finished)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in here.iterdir()) == sorted([f"{command}.csv", f"{command}.png", finished.name])
    assert min(Image.open(here / f"{command}.png").size) > 400
    with (here / f"{command}.csv").open() as file:
        assert len(list(csv.reader(file))) > 2
    lines = result.stdout.splitlines()
    assert lines[-2:] == [f"Written: {command}.png", f"Written: {command}.csv"]
    assert all(line.strip() for line in lines)


def test_the_table_of_a_run(finished: Path, here: Path):
    assert invoke("table", finished, "--out", "t.json").exit_code == 0
    plain = json.loads((here / "t.json").read_text())
    assert [row["training"] for row in plain["rows"]] == list(range(22))
    assert plain["about"]["intervals"] is None
    result = invoke(
        *("table", finished, "--intervals", "--resamples", 30, "--level", 0.8, "--seed", 3),
        *("--rule", "top_k", "--out", "t.json"),
    )
    assert result.exit_code == 0, result.output
    about = json.loads((here / "t.json").read_text())["about"]
    assert about["intervals"] == {"resamples": 30, "level": 0.8, "seed": 3}
    assert about["rule"]["name"] == "top_k"
    assert "Intervals of 80 % from 30 resamples" in result.stdout


def test_a_file_of_scores(scores_file: Path, here: Path):
    for command in ("table", "reliability", "curves"):
        result = invoke(command, "--scores", scores_file, "--out", f"{command}.json")
        assert result.exit_code == 0, result.output
        assert "test.npz" in result.stdout
        assert json.loads((here / f"{command}.json").read_text())["about"]["source"] == "test.npz"
    rows = json.loads((here / "table.json").read_text())["rows"]
    assert [row["training"] for row in rows] == [None] * 3
    invoke("table", "--scores", scores_file, "--threshold", 0.9, "--out", "table.json")
    assert json.loads((here / "table.json").read_text())["rows"][0]["threshold"] == 0.9


def test_names_of_strangers_are_printed_as_they_are_and_steer_nothing(scores_file: Path, here: Path):
    odd = scores_file.rename(here / ":dog:\x1b[2J.npz")
    result = invoke(
        *("curves", "--scores", odd, "--label", "[red]sky[/red]", "--label", "sea\x1b[31m", "--out", "c\x1b[31m.csv"),
    )
    assert result.exit_code == 0, result.output
    assert "[red]sky[/red] (" in result.stdout
    assert result.stdout.startswith(":dog:\\x1b[2J.npz: ")
    assert result.stdout.endswith("Written: c\\x1b[31m.csv\n")
    for command in ("table", "reliability"):
        assert "\x1b" not in invoke(command, "--scores", odd, "--out", "a.csv").stdout


def test_reliability_of_one_label(scores_file: Path):
    result = invoke(
        *("reliability", "--scores", scores_file, "--label", "boat", "--bins", 4, "--equal-mass", "--out", "a.csv"),
    )
    assert "label boat: 30 known cells" in result.stdout


def test_reliability_says_what_the_loss_means(finished: Path, scores_file: Path):
    note = "Trained with asymmetric, which does not ask for chances"
    assert note in invoke("reliability", finished, "--out", "a.csv").stdout
    assert note not in invoke("reliability", "--scores", scores_file, "--out", "a.csv").stdout


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["table"], OptionError, "give either the folder of a finished run, or --scores FILE.npz"),
        (["table", "--scores", "test.npz", "--resamples", 9], OptionError, "--resamples belongs to --intervals"),
        (["table", "--scores", "test.npz", "--intervals", "--resamples", 0], OptionError, "must be at least 1"),
        (["table", "--scores", "test.npz", "--intervals", "--level", 1], OptionError, "must be below 1"),
        (["table", "--scores", "test.npz", "--rule", "fixed"], OptionError, "--rule chooses among the rules of a run"),
        (["reliability", "--scores", "test.npz", "--bins", 0], OptionError, "choose from 1 to 1,000"),
        (["reliability", "--scores", "test.npz", "--label", "goat"], OptionError, "did you mean 'boat'"),
        (["curves", "--scores", "test.npz", "--label", "goat"], OptionError, "did you mean 'boat'"),
        (["curves", "--scores", "test.npz", "--threshold", 2], OptionError, "threshold"),
        (["curves", "--scores", "gone.npz"], ScoresError, "gone.npz"),
        (["training", "gone"], RunError, "gone is no run folder"),
        (["training", "gone", "--out", "curves.txt"], OptionError, "--out curves.txt has the suffix '.txt'"),
    ],
)
def test_wrong_use_writes_nothing(arguments: list, error: type, message: str, scores_file: Path, here: Path):
    result = invoke(*arguments)
    assert isinstance(result.exception, error), result.output
    assert message in str(result.exception)
    assert [path.name for path in here.iterdir()] == ["test.npz"]


def test_helps_wait_for_nothing_heavy():
    code = (
        "import sys, contextlib\n"
        "from corelate.cli.main import main\n"
        f"for name in {[*COMMANDS, 'sheet']}:\n"
        "    with contextlib.suppress(SystemExit): main(['explain', name, '--help'])\n"
        "print('HEAVY', sorted({'numpy', 'torch', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_a_file_of_scores_needs_no_torch(scores_file: Path, here: Path):
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from corelate.cli.main import main\n"
        "for name in ('table', 'reliability', 'curves', 'sheet'):\n"
        "    try: main(['explain', name, '--scores', 'test.npz', '--out', name + '.csv'])\n"
        "    except SystemExit as end: assert not end.code, name\n"
        "print('DRAWN WITH', 'matplotlib' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=here)
    assert done.stdout.splitlines()[-1] == "DRAWN WITH False"
