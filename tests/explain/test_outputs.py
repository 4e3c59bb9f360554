from __future__ import annotations

import errno
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from corelate.errors import MissingExtraError, OptionError
from corelate.explain import outputs
from corelate.explain.drawing import new_figure
from corelate.explain.outputs import check_outputs, write_outputs
from corelate.explain.table import Table

BEGINNINGS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF", ".csv": b"number\n", ".json": b"{"}


class Numbers:
    """An explanation that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def table(self) -> Table:
        self.asked.append("table")
        return Table(("number",), [(1,), (2,)])

    def draw(self) -> Figure:
        self.asked.append("draw")
        figure = new_figure(2, 1)
        figure.add_subplot().plot([1, 2])
        return figure


def test_each_suffix(tmp_path: Path):
    numbers = Numbers()
    paths = [tmp_path / f"numbers{suffix}" for suffix in BEGINNINGS] + [tmp_path / "again.PNG"]
    write_outputs(paths, numbers)
    for path in paths:
        assert path.read_bytes().startswith(BEGINNINGS[path.suffix.lower()])
    assert json.loads((tmp_path / "numbers.json").read_text())["rows"] == [{"number": 1}, {"number": 2}]
    assert numbers.asked == ["table", "draw"]


def test_data_alone_are_not_drawn(tmp_path: Path):
    numbers = Numbers()
    write_outputs([tmp_path / "numbers.csv"], numbers)
    assert numbers.asked == ["table"]


def test_data_alone_need_no_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    check_outputs([tmp_path / "numbers.csv", tmp_path / "numbers.json"])
    with pytest.raises(MissingExtraError, match=r"needs matplotlib: pip install 'corelate\[explain\]'"):
        check_outputs([tmp_path / "numbers.csv", tmp_path / "numbers.png"])


@pytest.mark.parametrize(("name", "what"), [("numbers.gif", "the suffix '.gif'"), ("numbers", "no suffix")])
def test_unknown_suffixes(tmp_path: Path, name: str, what: str):
    with pytest.raises(OptionError, match=rf"--out .*{name} has {what}; write \.png, \.svg, \.pdf or, for data, \.csv"):
        check_outputs([tmp_path / name])


def test_a_file_twice_and_a_folder(tmp_path: Path):
    with pytest.raises(OptionError, match="is given twice"):
        check_outputs([tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "a.csv"])
    (tmp_path / "sheet.png").mkdir()
    with pytest.raises(OptionError, match=r"is a folder; give a file in it, e\.g\. .*figure\.png"):
        check_outputs([tmp_path / "sheet.png"])


def test_where_no_file_can_be_is_refused_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "a.csv", tmp_path / "file" / "deep" / "a.csv"):
        with pytest.raises(OptionError, match=r"a\.csv can't be written: .*file is a file and no folder"):
            check_outputs([path])
    check_outputs([tmp_path / "new" / "deep" / "a.csv"])
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OptionError, match=r"a\.csv can't be written: the folder .* may not be changed"):
        check_outputs([tmp_path / "a.csv"])


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/.a.csv.temporary")

    monkeypatch.setattr(outputs, "write_bytes", fail)
    with pytest.raises(OptionError, match=r"a\.csv can't be written: No space left on device; choose another place$"):
        write_outputs([tmp_path / "a.csv"], Numbers())


def test_a_wrong_file_stops_all(tmp_path: Path):
    numbers = Numbers()
    with pytest.raises(OptionError):
        write_outputs([tmp_path / "numbers.csv", tmp_path / "numbers.gif"], numbers)
    assert not numbers.asked
    assert not list(tmp_path.iterdir())


def test_checking_imports_no_matplotlib():
    code = (
        "import sys; from pathlib import Path; from corelate.explain.outputs import check_outputs; "
        "check_outputs([Path('a.png')]); print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
