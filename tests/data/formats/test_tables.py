"""Text tables as rows; what their cells mean is tested with the format `table`."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats import tables, text_lines
from corelate.data.formats.tables import read_table, stream_table
from corelate.errors import DataError, OptionError

CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=5)


@given(st.integers(1, 3).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5)))
def test_rows_are_those_that_were_written(tmp_path_factory, rows):
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    file = io.StringIO()
    csv.writer(file).writerows([["first"], *rows])
    path.write_text(file.getvalue(), encoding="utf-8", newline="")
    table = read_table(path, "comma")
    assert table.header == ["first"]
    assert table.rows == [row for row in rows if any(cell.strip() for cell in row)]
    text = file.getvalue().split("\n")
    for line, row in zip(table.lines, table.rows, strict=True):
        assert text[line - 1].removeprefix('"').startswith(row[0].partition("\n")[0].replace('"', '""'))


def test_rows_are_read_when_they_are_asked_for(tmp_path):
    (tmp_path / "a.csv").write_text('path,labels\na.jpg,sky\n"never closed\n')
    stream = stream_table(tmp_path / "a.csv")
    assert stream.header == ["path", "labels"]
    assert next(stream.rows) == (2, ["a.jpg", "sky"])
    with pytest.raises(DataError, match=r"line 3: not a proper table \(unexpected end of data; is a quote not closed"):
        next(stream.rows)


@pytest.mark.parametrize("table", ["path,labels\n%s\n", 'path,"%s"\n', "%s\nx\n", 'path\n"a\n%s"\n'])
def test_row_that_is_too_long(tmp_path, monkeypatch, table):
    for module in (tables, text_lines):
        monkeypatch.setattr(module, "MAX_LINE", 100)
    (tmp_path / "a.csv").write_text(table.replace("%s", ",x" * 60))
    with pytest.raises(DataError, match=r"not a proper table \(a row of more than 100 characters"):
        read_table(tmp_path / "a.csv")


def test_quotes_that_join_lines_to_a_long_row(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_LINE", 100)
    (tmp_path / "a.csv").write_text("path\n" + ",".join(['"x\n"'] * 40))
    with pytest.raises(DataError, match=r"line 2: not a proper table \(a row of more than 100 characters"):
        read_table(tmp_path / "a.csv")


def test_many_rows_may_be_longer_than_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MAX_LINE", 100)
    (tmp_path / "a.csv").write_text("path\n" + "x\n" * 1000)
    assert len(read_table(tmp_path / "a.csv").rows) == 1000


def test_delimiter_that_is_none(tmp_path):
    (tmp_path / "a.csv").write_text("path\nx\n")
    with pytest.raises(OptionError, match="delimiter 'ab': give one character"):
        read_table(tmp_path / "a.csv", "ab")


def test_cell_of_a_million_characters(tmp_path):
    (tmp_path / "a.csv").write_text("path\n" + "x" * 1_000_000)
    assert [len(row[0]) for row in read_table(tmp_path / "a.csv").rows] == [1_000_000]
