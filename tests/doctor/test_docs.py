"""The page about the doctor names every check and option, and shows what is really printed."""

import re
from pathlib import Path

import typer
from typer.testing import CliRunner

from corelate.cli import data_doctor
from corelate.doctor.case import DoctorOptions
from corelate.doctor.checks import CHECKS, KEPT_PER_KIND
from corelate.doctor.findings import NAMES_KEPT

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")

app = typer.Typer()
app.command()(data_doctor.run)


def test_every_check_has_its_section_in_order():
    assert tuple(re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE)) == CHECKS.names


def test_the_example_is_what_is_printed():
    (example,) = re.findall(r'```console\n\$ corelate data doctor "scenes:600" --top 2\n(.*?)```', PAGE, re.DOTALL)
    assert CliRunner().invoke(app, ["scenes:600", "--top", "2"]).stdout == example


def test_python_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, {})


def test_every_option_is_named():
    (command,) = [typer.main.get_command(app)]
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("--")}
    options -= {"--install-completion", "--show-completion"}
    assert "--overwrite" in options
    assert [name for name in options if f"`{name}" not in PAGE and f" {name} " not in PAGE] == []


def test_defaults_are_those_of_the_code():
    options = DoctorOptions()
    assert f"may differ | {options.distance} |" in PAGE
    assert f"are rare | {options.minimum_pictures} |" in PAGE
    assert f"always come together | {options.minimum_together} |" in PAGE
    assert f"a side below {options.smallest_side} pixels" in PAGE
    assert f"more than {options.widest_aspect:g} times as long" in PAGE
    assert f"the first {KEPT_PER_KIND:,} cases" in PAGE
    assert f"its first {NAMES_KEPT} pictures" in PAGE
