from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from corelate.errors import RunError
from corelate.files import locked, write_atomically, write_json, write_text


def test_a_file_appears_whole(tmp_path: Path):
    write_text(tmp_path / "new" / "a.txt", "ä")
    assert (tmp_path / "new" / "a.txt").read_text(encoding="utf-8") == "ä"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path: Path):
    write_text(tmp_path / "a", "old")

    def fail(file: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", fail)
    assert (tmp_path / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_is_as_readable_as_any_other(tmp_path: Path):
    mask = os.umask(0o022)
    try:
        write_text(tmp_path / "a", "")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_json_never_holds_nan(tmp_path: Path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_lock_is_for_one(tmp_path: Path):
    with locked(tmp_path), pytest.raises(RunError, match="in use by another process"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass
