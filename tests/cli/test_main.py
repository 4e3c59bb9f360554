from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import corelate
from corelate.cli import main as cli
from corelate.cli.reference import reference
from corelate.errors import DataError

DOCS = Path(__file__).parents[2] / "docs" / "commands.md"


def run_main(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    return int(caught.value.code or 0)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    assert run_main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in [*cli.COMMANDS, "data"])


def test_version(capsys: pytest.CaptureFixture[str]):
    assert run_main(["--version"]) == 0
    assert capsys.readouterr().out == f"corelate {corelate.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["tag", "--help"], ["evaluate", "--help"], ["train", "--help"], ["data", "show", "--help"]],
    ids=" ".join,
)
def test_help_does_not_wait_for_heavy_imports(arguments: list[str]):
    code = (
        "import sys, contextlib\n"
        "from corelate.cli.main import main\n"
        f"with contextlib.suppress(SystemExit): main({arguments!r})\n"
        "print('HEAVY', sorted({'torch', 'pyarrow', 'onnxruntime', 'scipy', 'sklearn', 'timm'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


@pytest.mark.parametrize(
    "code",
    [
        "import corelate",
        "from corelate.metrics.report import evaluate_scores",
        "from corelate.tagging.tagger import Tagger",
        "from corelate.data.spec import load_annotations; load_annotations('scenes:2')",
        "from corelate.losses import LOSSES; from corelate.models.heads import HEADS",
        "from corelate.decisions import DECISION_RULES; [entry.load() for entry in DECISION_RULES]",
    ],
)
def test_the_core_works_without_torch(code: str):
    """The modules of the extra are made impossible to import."""
    blocked = "import sys\nfor name in ('torch', 'timm', 'scipy', 'sklearn', 'safetensors'): sys.modules[name] = None\n"
    subprocess.run([sys.executable, "-c", blocked + code], check=True)


def test_a_missing_extra_says_what_to_install():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from corelate.cli.main import main; main(['train', '--data', 'scenes:9', '--out', 'x'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "corelate: this needs torch; install it with: pip install 'corelate[train]'"


def test_our_errors_are_one_line_and_their_code(capsys: pytest.CaptureFixture[str]):
    assert run_main(["data", "show", "csv:none.csv"]) == DataError.exit_code == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("corelate: ")
    assert shown.out == ""


def test_an_unknown_command_is_wrong_use():
    assert run_main(["tagg"]) == 2


def test_the_command_reference_names_every_option():
    """Compared by names: how the help is laid out changes with the version of the library that prints it."""
    written, made = DOCS.read_text(encoding="utf-8"), reference()
    headings = re.findall(r"^## (.+)$", made, re.MULTILINE)
    assert re.findall(r"^## (.+)$", written, re.MULTILINE) == headings
    parts = zip(headings, written.split("\n## ")[1:], made.split("\n## ")[1:], strict=True)
    for heading, old, new in parts:
        flags = set(re.findall(r"(?<!\S)--[a-z-]+", new))
        assert flags == set(re.findall(r"(?<!\S)--[a-z-]+", old)), f"run `make reference`: {heading} changed"
