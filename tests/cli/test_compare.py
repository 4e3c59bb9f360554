"""``corelate compare`` as users call it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from corelate.cli.main import main

from ..report.comparison_runs import scene_targets, write_run

KEYS = ["name", "backbone", "head", "loss", "rule", "note", "pictures", "figures"]


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """Return a good run and a worse one."""
    return [str(write_run(tmp_path / name, noise=noise)) for name, noise in (("good", 0.56), ("bad", 0.8))]


@pytest.fixture
def corelate(capsys: pytest.CaptureFixture[str]):
    """Run the command and return what it printed: on standard output, or where it ends with an error, on the other."""

    def run(*arguments: str | Path, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["compare", *map(str, arguments)])
        printed = capsys.readouterr()
        assert (ended.value.code or 0) == code, printed.err
        return printed.err if code else printed.out

    return run


def test_figures_side_by_side(corelate, runs):
    shown = corelate(*runs)
    assert "head linear, loss asymmetric, rule fixed" in shown
    assert "can't be compared" not in shown


def test_json_has_the_figures_and_no_more_unless_asked(corelate, runs):
    rows = json.loads(corelate(*runs, "--json"))
    assert [list(row) for row in rows] == [KEYS, KEYS]
    assert rows[0]["pictures"] == rows[1]["pictures"]
    noted = json.loads((Path(runs[1]) / "metrics.json").read_text())
    assert rows[1]["figures"] == noted["rules"]["fixed"]


def test_json_with_paired_differences(corelate, runs):
    good, bad = json.loads(corelate(*runs, "--json", "--paired", "--resamples", "60", "--level", "0.9"))
    assert good["paired"] is None
    paired = bad["paired"]
    assert (paired["baseline"], paired["problem"], paired["resamples"], paired["level"]) == ("good", "", 60, 0.9)
    leaf = paired["figures"]["overall"]["f1"]
    assert list(leaf) == ["difference", "interval", "share_greater", "verdict"]
    assert leaf["difference"] == pytest.approx(bad["figures"]["overall"]["f1"] - good["figures"]["overall"]["f1"])
    assert paired["figures"]["map"]["verdict"] == "worse"
    assert len(paired["labels"]) == 22


def test_json_of_runs_that_can_t_be_paired(corelate, runs, tmp_path):
    targets, labels, names = scene_targets()
    elsewhere = write_run(tmp_path / "elsewhere", targets=targets[:10], labels=labels, names=names[:10])
    _, other = json.loads(corelate(runs[0], elsewhere, "--json", "--paired", "--resamples", "5"))
    assert "other pictures" in other["paired"]["problem"]
    assert other["paired"]["figures"] == {}
    assert other["paired"]["labels"] == []


def test_differences_on_a_terminal(corelate, runs):
    shown = corelate(*runs, "--paired", "--resamples", "60", "--baseline", runs[1])
    assert "good against bad:" in shown
    assert "better" in shown
    assert "11 intervals of 95 % from 60 resamples" in shown


def test_one_run_is_compared_with_nothing(corelate, runs):
    assert "against" not in corelate(runs[0], "--paired")
    (row,) = json.loads(corelate(runs[0], "--paired", "--json"))
    assert row["paired"] is None


def test_a_page(corelate, runs, tmp_path):
    file = tmp_path / "pages" / "comparison.html"
    assert f"Written: {file}" in corelate(*runs, "--html", file, "--resamples", "20")
    assert "2 runs side by side" in file.read_text()


def test_a_page_and_json_at_once(corelate, runs, tmp_path):
    file = tmp_path / "comparison.html"
    assert len(json.loads(corelate(*runs, "--html", file, "--json", "--resamples", "20"))) == 2
    assert file.exists()


@pytest.mark.parametrize("option", ["--resamples=10", "--level=0.9", "--baseline=x"])
def test_options_without_what_they_belong_to(corelate, runs, option):
    assert "add --paired or --html FILE" in corelate(*runs, option, code=2)


def test_pages_that_can_t_be_written_are_refused_before_the_work(corelate, tmp_path):
    assert "is a folder" in corelate(tmp_path / "no run", "--html", tmp_path, code=2)
    assert "ends with .html" in corelate(tmp_path / "no run", "--html", tmp_path / "x.png", code=2)
    (tmp_path / "file").touch()
    shown = corelate(tmp_path / "no run", "--html", tmp_path / "file" / "x.html", code=2)
    assert "file is a file and no folder" in shown


def test_runs_of_one_name_are_told_apart(corelate, tmp_path):
    paths = [str(write_run(tmp_path / top / "run", noise=noise)) for top, noise in (("one", 0.56), ("other", 0.8))]
    rows = json.loads(corelate(*paths, "--json", "--paired", "--resamples", "5"))
    assert [row["name"] for row in rows] == paths
    assert rows[1]["paired"]["baseline"] == paths[0]
    assert f"\n{paths[1]}: " in corelate(*paths)


def test_wrong_runs_rules_and_baselines(corelate, runs, tmp_path):
    assert "is no run folder" in corelate(tmp_path, code=2)
    assert "was not measured with rule 'x'" in corelate(*runs, "--rule", "x", code=2)
    assert "is none of the runs" in corelate(*runs, "--paired", "--baseline", tmp_path, code=2)
    assert "resamples = 0" in corelate(*runs, "--paired", "--resamples", "0", code=2)


def test_other_pictures_are_said_and_another_order_of_them_is_not(corelate, runs, tmp_path):
    targets, labels, names = scene_targets()
    turned = write_run(tmp_path / "turned", targets=targets[::-1], labels=labels, names=names[::-1])
    assert "can't be compared" not in corelate(runs[0], turned)
    elsewhere = write_run(tmp_path / "elsewhere", targets=targets[:10], labels=labels, names=names[:10])
    assert "different pictures: their figures can't be compared" in corelate(runs[0], elsewhere)


def test_hostile_names_of_folders(corelate, tmp_path):
    paths = [write_run(tmp_path / name, noise=noise) for name, noise in (("[red]a\x1b[2J", 0.56), ("b\n[/]", 0.8))]
    shown = corelate(*paths, "--paired", "--resamples", "5")
    assert "[red]a" in shown
    assert "\x1b[2J" not in shown


def test_differences_need_no_matplotlib(corelate, runs, monkeypatch):
    # As in a new process: what was imported before is imported again, and everything is as it was when the test ends.
    drawing = ("matplotlib.", "corelate.explain.drawing", "corelate.report.")
    for name in [name for name in sys.modules if name.startswith(drawing)]:
        package, _, module = name.rpartition(".")
        monkeypatch.delattr(sys.modules.get(package), module, raising=False)
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "bad against good:" in corelate(*runs, "--paired", "--resamples", "5")


def test_a_page_needs_matplotlib(corelate, runs, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "corelate[explain]" in corelate(*runs, "--html", tmp_path / "page.html", code=2)
