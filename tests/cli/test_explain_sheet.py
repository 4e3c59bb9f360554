from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from corelate.cli import explain_sheet
from corelate.errors import CorelateError, OptionError, RunError
from corelate.metrics.scores_file import read_scores, write_scores

MakeRun = Callable[..., Path]
app = typer.Typer()
app.command()(explain_sheet.run)


def invoke(*arguments: object, code: int = 0) -> Result:
    """Run the command; errors that the program reports come out as they are."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, CorelateError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8")))


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    path = tmp_path / "found.npz"
    values = np.array([[0.9, 0.2], [0.4, 0.6], [0.1, 0.8]])
    targets = np.array([[1, 1], [0, -1], [0, 0]])
    write_scores(path, values, targets, labels=["[b]sky[/b]", "sea\x1b[2J"], names=["[i]:dog:", "b", "c"])
    return path


@pytest.fixture(autouse=True)
def _in_the_test_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_run(finished_run: MakeRun, tmp_path: Path):
    result = invoke(finished_run(), "--count", 5)
    lines = result.stdout.splitlines()
    assert lines[0] == "run, test split, rule fixed"
    assert lines[1] == "5 of 12 pictures, the most confident errors first"
    rows = rows_of(tmp_path / "sheet.csv")
    counts = {kind: sum(row["kind"] == kind for row in rows) for kind in ("right", "wrong", "missed")}
    assert lines[2] == f"Tags on them: {counts['right']} right, {counts['wrong']} wrong, {counts['missed']} missed"
    assert lines[3].startswith("The most confident error: '")
    assert lines[4:] == ["Written: sheet.png", "Written: sheet.csv"]
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert len({row["picture"] for row in rows}) == 5


def test_scores_alone(scores: Path, tmp_path: Path):
    result = invoke("--scores", scores, "--out", "all.svg", "--out", "all.json", "--order", "first")
    assert result.stdout.splitlines() == [
        "found.npz, rule fixed",
        "All 3 pictures, in the order of the data",
        "Tags on them: 1 right, 1 wrong, 1 missed, 1 of unknown truth",
        "Written: all.svg",
        "Written: all.json",
    ]
    content = json.loads((tmp_path / "all.json").read_text())
    assert content["about"]["tags"] == {"right": 1, "wrong": 1, "missed": 1, "unknown": 1}


def test_names_of_strangers_do_not_steer_the_terminal(scores: Path):
    result = invoke("--scores", scores, "--out", "a.csv")
    assert "The most confident error: 'sea\\x1b[2J' on [i]:dog:, true, but missed" in result.stdout
    assert "\x1b" not in result.stdout
    by_label = invoke("--scores", scores, "--label", "[b]sky[/b]", "--out", "a.csv").stdout
    assert "The only picture with the label '[b]sky[/b]', true or given" in by_label
    assert "None of them has an error" in by_label


def test_a_rule_of_the_run(finished_run: MakeRun, tmp_path: Path):
    result = invoke(finished_run(), "--rule", "top_k", "--out", "a.csv", "--count", 100)
    assert result.stdout.startswith("run, test split, rule top_k\nAll 12 pictures")
    given = [row for row in rows_of(tmp_path / "a.csv") if row["kind"] in ("right", "wrong")]
    assert len(given) == 3 * 12


def test_random_goes_by_the_seed(finished_run: MakeRun, tmp_path: Path):
    run = finished_run()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        invoke(run, "--order", "random", "--seed", seed, "--count", 4, "--out", f"{name}.csv")
    texts = [(tmp_path / f"{name}.csv").read_text() for name in "abc"]
    assert texts[0] == texts[1] != texts[2]


def test_a_label(finished_run: MakeRun, tmp_path: Path):
    run = finished_run()
    content = read_scores(run / "scores.npz")
    column = content.labels.index("sky")
    concerned = (content.targets[:, column] == 1) | (content.scores[:, column] >= 0.5)
    result = invoke(run, "--label", "sky", "--out", "a.csv")
    assert f"All {concerned.sum()} pictures with the label 'sky', true or given" in result.stdout
    named = {row["picture"] for row in rows_of(tmp_path / "a.csv")}
    assert named == {name for name, is_concerned in zip(content.names, concerned, strict=True) if is_concerned}


def test_a_label_that_is_never_predicted(tmp_path: Path):
    write_scores(tmp_path / "s.npz", np.array([[0.9, 0.2], [0.8, 0.1]]), np.array([[1, 1], [1, 0]]))
    result = invoke("--scores", "s.npz", "--label", "label 1", "--out", "a.png")
    assert "The rule gave no picture the label 'label 1': wherever it is true it was missed" in result.stdout


def test_a_label_that_no_picture_has(tmp_path: Path):
    write_scores(tmp_path / "s.npz", np.array([[0.9, 0.2]]), np.array([[1, 0]]))
    with pytest.raises(OptionError, match=r"no picture of s\.npz has the label 'label 1' or was given it"):
        invoke("--scores", "s.npz", "--label", "label 1", "--out", "a.png")
    with pytest.raises(OptionError, match=r"s\.npz has no label 'label 9'; did you mean"):
        invoke("--scores", "s.npz", "--label", "label 9", "--out", "a.png")
    assert not (tmp_path / "a.png").exists()


def test_a_rule_that_never_predicts(scores: Path):
    result = invoke("--scores", scores, "--threshold", 1, "--out", "a.png")
    assert "The rule gave no picture of found.npz any tag" in result.stdout


def test_pictures_that_are_gone(finished_run: MakeRun, tmp_path: Path):
    run = finished_run(spec="scenes:8?size=32")
    content = read_scores(run / "scores.npz")
    result = invoke(run, code=1)
    gone = sum(name > "scene-000007.png" for name in content.names)
    assert f"{gone} pictures could not be shown:" in result.stderr
    assert "not in scenes:8?size=32 any more" in result.stderr
    assert f"… and {gone - 5} more" in result.stderr
    assert (tmp_path / "sheet.png").exists()
    # Data alone need no pictures, so that nothing is missing.
    assert not invoke(run, "--out", "a.csv").stderr


def test_a_data_set_that_is_gone(finished_run: MakeRun, tmp_path: Path):
    result = invoke(finished_run(spec="csv:/no/such/labels.csv"), code=1)
    assert result.stderr.splitlines() == ["Drawn without pictures: /no/such/labels.csv: No such file or directory"]
    assert (tmp_path / "sheet.png").exists()


def test_too_many_for_a_drawing(tmp_path: Path):
    write_scores(tmp_path / "s.npz", np.full((501, 1), 0.7), np.ones((501, 1)))
    with pytest.raises(OptionError, match="501 pictures are too many for one drawing"):
        invoke("--scores", "s.npz", "--count", 1000)
    assert not (tmp_path / "sheet.csv").exists()
    assert "All 501 pictures" in invoke("--scores", "s.npz", "--count", 1000, "--out", "a.csv").stdout


def test_wrong_options(finished_run: MakeRun, scores: Path, tmp_path: Path):
    with pytest.raises(OptionError, match=r"--out a\.gif has the suffix"):
        invoke(tmp_path / "no run", "--out", "a.gif")
    with pytest.raises(OptionError, match="order 'worst': choose one of errors, random, first"):
        invoke("--scores", scores, "--order", "worst")
    with pytest.raises(OptionError, match="either the folder of a finished run"):
        invoke()
    with pytest.raises(RunError, match="is no run folder"):
        invoke(tmp_path / "no run")
    assert "--count" in invoke("--scores", scores, "--count", 0, code=2).output
