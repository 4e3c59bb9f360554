from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import data_graph
from corelate.errors import DataError, OptionError
from corelate.labels.counts_sources import counts_of
from corelate.labels.graph import PRESETS, build_graph
from corelate.labels.graph_files import read_graph

app = typer.Typer()
app.command()(data_graph.run)

TABLE = """path,labels,split
a.jpg,jet;plane,train
b.jpg,jet;plane,train
c.jpg,plane;[red]sky[/red],train
d.jpg,lone,train
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    (tmp_path / "labels.csv").write_text(TABLE + "e.jpg,jet;lone,test\n")
    return f"csv:{tmp_path / 'labels.csv'}?labels_only=true"


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_numbers_and_strongest_edges(spec: str, tmp_path: Path):
    result = invoke(spec, "--preset", "paper", "--top", 3)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{tmp_path / 'labels.csv'}, counted on the training pictures, 4 of 5",
        "4 labels; preset paper, tau 0.4, p 0.2",
        "Edges: 3 (67 % mutual)",
        "Labels without any edge: 1 (lone)",
        "Labels that follow from no other: 2 ([red]sky[/red], lone)",
        "Labels that imply no other: 1 (lone)",
        "Matrix: sum 4.0000, trace 3.4000, row sums 1.0000 to 1.0000",
        "Strongest edges, with pictures that have both:",
        "  jet → plane 1.00 (2 of 2)",
        "  [red]sky[/red] → plane 1.00 (1 of 1)",
        "  plane → jet 0.67 (2 of 3)",
    ]


def test_json(spec: str):
    result = invoke(spec, "--tau", 0.9, "--p", 0.5, "--top", 1, "--json")
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert shown["source"].endswith("counted on the training pictures, 4 of 5")
    assert (shown["pictures"], shown["labels"], shown["edges"], shown["mutual"]) == (4, 4, 2, 0)
    assert shown["implying_none"] == ["lone", "plane"]
    assert shown["without_edges"] == ["lone"]
    assert (shown["settings"]["tau"], shown["settings"]["p"], shown["settings"]["normalise"]) == (0.9, 0.5, "columns")
    edge = {"condition": "jet", "implied": "plane", "probability": 1.0, "pictures": 2, "of": 2}
    assert shown["strongest"] == [edge]
    assert (shown["problems"], shown["out"]) == ({}, None)


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_the_graph_is_written(tmp_path: Path, suffix: str):
    out = tmp_path / "made" / f"graph{suffix}"
    result = invoke("scenes:60", "--preset", "ml-gcn", "--out", out)
    assert result.stdout.splitlines()[-1] == f"Written to {out}"
    written, counted = read_graph(out), counts_of("scenes:60")
    assert np.array_equal(written.dense(), build_graph(counted.counts, PRESETS["ml-gcn"]).dense())
    assert (written.settings, written.source) == (PRESETS["ml-gcn"], counted.source)
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_graphml_has_counts_and_probabilities(spec: str, tmp_path: Path):
    networkx = pytest.importorskip("networkx")
    assert invoke(spec, "--out", tmp_path / "graph.graphml").exit_code == 0
    graph = networkx.read_graphml(tmp_path / "graph.graphml")
    names = {data["label"]: node for node, data in graph.nodes(data=True)}
    assert graph.nodes[names["plane"]]["pictures"] == 3
    assert graph.edges[names["plane"], names["jet"]]["probability"] == pytest.approx(2 / 3)


def test_a_file_of_counts(tmp_path: Path):
    path = tmp_path / "counts.json"
    path.write_text('{"adj": [[0, 2], [2, 0]], "nums": [2, 5]}')
    lines = invoke(path, "--top", 1).stdout.splitlines()
    assert lines[0] == "counts in counts.json"
    assert lines[-1] == "  label 0 → label 1 1.00 (2 of 2)"
    assert json.loads(invoke(path, "--json").stdout)["pictures"] is None


def test_a_graph_without_edges(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("path,labels\na.jpg,x\nb.jpg,y\n")
    lines = invoke(f"csv:{tmp_path / 'labels.csv'}?labels_only=true").stdout.splitlines()
    assert lines[2:5] == ["Edges: 0", "Labels without any edge: 2 (x, y)", "Labels that follow from no other: 2 (x, y)"]
    assert lines[-1].startswith("Matrix: sum 1.6000")
    assert "Edges: 0" in invoke("scenes:60", "--p", 0).stdout
    assert "→" not in invoke("scenes:60", "--p", 0).stdout


def test_problems_are_shown_and_give_exit_code_1(spec: str, tmp_path: Path):
    (tmp_path / "labels.csv").write_text(TABLE + "a.jpg,jet,train\n")
    result = invoke(spec, "--json", "--out", tmp_path / "graph.npz")
    assert result.exit_code == 1
    assert "picture listed more than once" in result.stderr
    assert list(json.loads(result.stdout)["problems"].values()) == [1]
    assert (tmp_path / "graph.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["gone:1", "--out", "graph.txt"], OptionError, "graph.txt: a label graph is written as .npz, .json or"),
        (["scenes:9", "--preset", "mlgcn"], OptionError, "--preset = 'mlgcn': choose one of seed-gcn, ml-gcn, paper"),
        (["scenes:9", "--tau", 1.5, "--p", -1], OptionError, "--tau = 1.5: must be at most 1.0; --p = -1.0: must be"),
        (["scenes:9", "--tau", "nan"], OptionError, "--tau = nan: must be a finite number"),
        (["csv:gone.csv"], DataError, "gone.csv"),
    ],
)
def test_wrong_use(arguments: list, error: type, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = invoke(*arguments)
    assert isinstance(result.exception, error)
    assert message in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_without_scipy_it_says_what_to_install():
    code = (
        "import sys; sys.modules['scipy'] = None\n"
        "from corelate.cli.main import main; main(['data', 'graph', 'scenes:9'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "corelate: this needs scipy; install it with: pip install 'corelate[train]'"


def test_help_does_not_wait_for_scipy():
    code = (
        "import sys, contextlib\n"
        "from corelate.cli.main import main\n"
        "with contextlib.suppress(SystemExit): main(['data', 'graph', '--help'])\n"
        "print('HEAVY', sorted({'numpy', 'scipy', 'torch'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_a_terminal_may_have_no_arrows(spec: str):
    result = CliRunner(charset="ascii").invoke(app, [spec, "--top", "1"])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "  jet \\u2192 plane 1.00 (2 of 2)"


def test_torch_is_not_needed():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from corelate.cli.main import main; main(['data', 'graph', 'scenes:9', '--top', '0'])"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
