"""docs/splits.md: its commands and its code run, and its figures are the measured ones."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from corelate.cli.main import main
from corelate.data.grouping import MATCHING_SECONDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "splits.md").read_text(encoding="utf-8")
RESULTS = json.loads((ROOT / "benchmarks" / "results" / "stratification.json").read_text(encoding="utf-8"))
NAMES = {"IAPR TC-12": "iaprtc12", "ESP Game": "espgame", "Corel-5k": "corel5k"}


def commands() -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def table_rows(heading: str) -> dict[str, list[str]]:
    """Return the rows of the table whose header begins with a text, by the data set they are of."""
    lines = PAGE[PAGE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def result_of(name: str) -> dict:
    data, _, part = name.partition(",")
    return RESULTS["data"][NAMES[data] + ("," + part if part else "")]


def test_the_commands_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert len(commands()) == 5
    for command in commands():
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(command)[1:])
        assert not ended.value.code, command
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chosen.jsonl", "folds.csv", "other.csv", "splits.csv"]


def test_the_code_runs():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(block, names)
    assert [len(names[part]) for part in ("test", "validation", "train")] == [120, 60, 420]


@pytest.mark.parametrize(
    ("heading", "key"),
    [("| five folds of | pictures |", "label_error"), ("| five folds of | such", "rare_label_error")],
)
def test_errors_are_the_measured_ones(heading, key):
    rows = table_rows(heading)
    for name, cells in rows.items():
        result = result_of(name)
        errors = cells[-6 if key == "label_error" else -7 :][:4]
        methods = ("random", "published", "stratified", "at_best")
        assert errors == [f"{1000 * result[method][key]:.3f}" for method in methods], name
        ratios = [result["ratios"][key][kind] for kind in ("all", "possible")]
        shown = cells[-2:] if key == "label_error" else cells[-3:-1]
        assert shown == ["–" if ratio is None else f"{ratio:.1f}" for ratio in ratios], name
    assert len(rows) == sum(result["ratios"][key] is not None for result in RESULTS["data"].values())


def test_pairs_without_a_picture_are_the_measured_ones():
    for name, cells in table_rows("| five folds of | random |").items():
        pairs = [
            result_of(name)[method]["pairs_without"] for method in ("random", "published", "stratified", "at_best")
        ]
        assert [float(cell) for cell in cells] == [round(number, 1) for number in pairs], name


def test_bounds_are_kept():
    bounds = RESULTS["bounds"]
    for name in ("iaprtc12", "espgame"):
        result = RESULTS["data"][name]
        assert result["stratified"]["worst_seconds"] < bounds["seconds"]
        assert result["ratios"]["label_error"]["all"] > bounds["ratio"]
    ratios = [result["ratios"]["rare_label_error"] for result in RESULTS["data"].values()]
    assert all(ratio["avoidable"] is None or ratio["avoidable"] > 50 for ratio in ratios if ratio)


def test_the_page_says_how_long_a_pattern_may_take():
    assert f"longer than {MATCHING_SECONDS:.0f} seconds" in PAGE
