from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corelate.errors import RunError
from corelate.tagging.writers.csv import csv_path, csv_row
from corelate.tagging.writers.line_file import LineFile

NAMES = ["a.jpg", 'quo"ted.jpg', "com,ma.jpg", "line\nend.jpg", "carriage\rreturn.jpg", "ümläut.jpg", "semi;colon.jpg"]


def json_name(record: str) -> str:
    name = json.loads(record)
    if not isinstance(name, str):
        raise ValueError("no name")
    return name


def csv_file(path: Path) -> LineFile:
    return LineFile(path, lambda row: csv_path(row, columns=2), header="path,reason\n", quoted=True)


def json_file(path: Path) -> LineFile:
    return LineFile(path, json_name)


def csv_record(name: str) -> str:
    return csv_row([name, 'x\n"y"'])


def json_record(name: str) -> str:
    return json.dumps(name, ensure_ascii=False) + "\n"


KINDS = [pytest.param(csv_file, csv_record, id="csv"), pytest.param(json_file, json_record, id="json")]


def write_all(path: Path, make, record, names: list[str]) -> bytes:
    file = make(path)
    file.open(resume=True)
    for name in names:
        if name not in file.names:
            file.write(record(name))
    file.finish()
    return path.read_bytes()


@pytest.mark.parametrize(("make", "record"), KINDS)
def test_cut_off_anywhere_it_is_continued_to_the_same_file(tmp_path: Path, make, record) -> None:
    whole = write_all(tmp_path / "whole", make, record, NAMES)
    for size in range(len(whole) + 1):
        (tmp_path / "cut.partial").write_bytes(whole[:size])
        assert write_all(tmp_path / "cut", make, record, NAMES) == whole, size
        (tmp_path / "cut").unlink()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1), unique=True),
    share=st.floats(0, 1),
)
@pytest.mark.parametrize(("make", "record"), KINDS)
def test_any_names_survive_a_cut(tmp_path: Path, make, record, names: list[str], share: float) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    whole = write_all(tmp_path / "whole", make, record, names)
    (tmp_path / "cut.partial").write_bytes(whole[: int(share * len(whole))])
    assert write_all(tmp_path / "cut", make, record, names) == whole


def test_rows_are_read_back_by_the_csv_module(tmp_path: Path) -> None:
    write_all(tmp_path / "t.csv", csv_file, csv_record, NAMES)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["path", *NAMES]
    assert csv_row(["a", "b"]) == "a,b\n"


@pytest.mark.parametrize(("make", "record"), KINDS)
def test_a_torn_record_goes_even_when_nothing_follows(tmp_path: Path, make, record) -> None:
    whole = write_all(tmp_path / "whole", make, record, ["a"])
    (tmp_path / "cut.partial").write_bytes(whole + record("b")[:-2].encode())
    assert write_all(tmp_path / "cut", make, record, ["a"]) == whole


def test_a_finished_file_is_continued(tmp_path: Path) -> None:
    write_all(tmp_path / "t", json_file, json_record, ["a"])
    assert write_all(tmp_path / "t", json_file, json_record, ["a", "b"]) == b'"a"\n"b"\n'
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_an_unfinished_file_goes_before_a_finished_one(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b'"old"\n')
    (tmp_path / "t.partial").write_bytes(b'"new"\n')
    assert write_all(tmp_path / "t", json_file, json_record, ["b"]) == b'"new"\n"b"\n'


def test_every_record_is_on_disk_at_once(tmp_path: Path) -> None:
    file = json_file(tmp_path / "t")
    file.open(resume=False)
    file.write('"a"\n')
    assert (tmp_path / "t.partial").read_bytes() == b'"a"\n'
    assert not (tmp_path / "t").exists()
    file.close()
    file.close()
    assert file.existing() == [tmp_path / "t.partial"]


def test_starting_anew_empties_the_partial_file_and_keeps_the_finished_one(tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(b'"old"\n')
    (tmp_path / "t.partial").write_bytes(b'"half"\n')
    file = json_file(tmp_path / "t")
    file.open(resume=False)
    assert (tmp_path / "t").read_bytes() == b'"old"\n'
    file.finish()
    assert (tmp_path / "t").read_bytes() == b""


@pytest.mark.parametrize(
    ("make", "content"),
    [
        (json_file, b"my own notes\n"),
        (json_file, b'"a"\n\n"b"\n'),
        (json_file, b'"a"\n{"b": 1}\n'),
        (json_file, b"\xff\xfe\n"),
        (csv_file, b"name,tag\na,b\n"),
        (csv_file, b"path,reason\na,b,c\n"),
        (csv_file, b"path,reason\n" + b"a" * 200_000 + b",b\n"),
    ],
)
def test_a_foreign_file_is_refused_and_kept(tmp_path: Path, make, content: bytes) -> None:
    (tmp_path / "t.partial").write_bytes(content)
    with pytest.raises(RunError, match="not one that corelate wrote"):
        make(tmp_path / "t").open(resume=True)
    assert (tmp_path / "t.partial").read_bytes() == content


def test_a_carriage_return_stays_inside_its_field() -> None:
    row = csv_row(["a\rb", "c"])
    assert next(csv.reader(io.StringIO(row, newline=""))) == ["a\rb", "c"]
