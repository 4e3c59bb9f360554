from __future__ import annotations

import os
from pathlib import Path

import pytest

from corelate.errors import OptionError
from corelate.report.page_file import check_page_file


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("page.txt", r"--html .*page\.txt: the name of a page ends with \.html or \.htm"),
        ("page", "ends with"),
        ("metrics.json", "ends with"),
        (".", "is a folder; give a file in it, e.g. .*usual.html"),
        ("file/page.html", "file is a file and no folder"),
        ("file/new/page.html", "file is a file and no folder"),
    ],
)
def test_files_that_are_no_page(tmp_path: Path, name: str, problem: str):
    (tmp_path / "file").touch()
    with pytest.raises(OptionError, match=problem):
        check_page_file(tmp_path / name, "--html", "usual.html")


def test_a_folder_that_may_not_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(OptionError, match=f"--out .* can't be written: the folder {tmp_path} may not be changed"):
        check_page_file(tmp_path / "page.html", "--out", "usual.html")


def test_files_that_are_a_page(tmp_path: Path):
    (tmp_path / "there.htm").touch()
    for name in ("page.HTML", "there.htm", "new/folder/page.html"):
        check_page_file(tmp_path / name, "--out", "usual.html")
