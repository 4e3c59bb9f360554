"""What a merge file may hold, and what is said of one that can't be used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corelate.data.curation.merge_files import read_merge_file
from corelate.errors import DataError

Write = Callable[[str, str], str]


def ends(file: str) -> dict[str, str]:
    return {name: pair.second for name, pair in read_merge_file(Path(file)).items()}


FORMS = {
    "header.csv": "label,becomes\nkitten,cat\njunk,\n",
    "no-header.csv": "kitten,cat\njunk,\n",
    "spreadsheet.csv": "\ufeffLabel;Becomes\r\n\r\nkitten; cat \r\njunk;\r\n",
    "tabs.tsv": "label\tbecomes\nkitten\tcat\njunk\t\n",
    "quoted.csv": '"kitten","cat"\n"junk",""\n',
    "more-cells.csv": "label,becomes,,\nkitten,cat,,\njunk,,,\n",
    "object.json": '{"kitten": "cat", "junk": ""}',
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(written: Write, name: str):
    assert ends(written(name, FORMS[name])) == {"kitten": "cat", "junk": ""}


def test_lines_are_kept(written: Write):
    found = read_merge_file(Path(written("merge.csv", 'label,becomes\n\n"kitten","cat"\ncats,cat\n')))
    assert [pair.line for pair in found.values()] == [3, 4]


def test_names_that_hold_the_divider_stand_in_quotes(written: Write):
    assert ends(written("merge.csv", '"salt, pepper",spice\n')) == {"salt, pepper": "spice"}


def test_chains_are_followed(written: Write):
    text = "a,b\nb,c\nc,d\nx,y\ny,\n"
    assert ends(written("merge.csv", text)) == {"a": "d", "b": "d", "c": "d", "x": "", "y": ""}


def test_a_long_chain_is_followed(written: Write):
    text = "".join(f"{number},{number + 1}\n" for number in range(50_000))
    assert set(ends(written("merge.csv", text)).values()) == {"50000"}


def test_a_name_that_becomes_itself_stays(written: Write):
    assert ends(written("merge.csv", "cat,cat\nkitten,cat\n")) == {"cat": "cat", "kitten": "cat"}


def test_the_same_line_twice_is_no_contradiction(written: Write):
    assert ends(written("merge.csv", "kitten,cat\nkitten,cat\n")) == {"kitten": "cat"}


def test_circles_are_named(written: Write):
    with pytest.raises(DataError, match="in a circle: 'b' → 'c' → 'd' → 'b'; take out one"):
        ends(written("merge.csv", "a,b\nb,c\nc,d\nd,b\n"))


def test_contradictions_name_both_lines(written: Write):
    with pytest.raises(DataError, match=r"'kitten': 'cat' and 'pet' \(lines 2 and 4\)"):
        ends(written("merge.csv", "label,becomes\nkitten,cat\nsea,water\nkitten,pet\n"))
    with pytest.raises(DataError, match="'kitten': 'cat' and ''"):
        ends(written("merge.json", '{"kitten": "cat", "kitten": ""}'))


def test_all_that_is_wrong_is_told_at_once(written: Write):
    file = written("merge.csv", "label,becomes\nalone\n,cat\nkitten,cat,dog\nfine,well\nbad\x07,cat\ngood,b\x1bad\n")
    with pytest.raises(DataError) as caught:
        ends(file)
    text = str(caught.value)
    assert text.startswith(f"{file} can't be used as it is")
    assert "2 × not two cells (label and becomes" in text
    for line in (2, 3, 4, 6, 7):
        assert f"(line {line})" in text
    assert "\x07" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("name", "text"), [("merge.csv", "label,becomes\n"), ("merge.json", "{}")])
def test_a_file_may_merge_nothing(written: Write, name: str, text: str):
    assert ends(written(name, text)) == {}


HOSTILE = {
    "empty.csv": ("", "empty; expected two columns, label and becomes"),
    "blank.csv": (" \n,\n\n", "empty"),
    "open-quote.csv": ('label,becomes\n"kitten,cat\n', "line 2: not a proper table"),
    "list.json": ('["kitten"]', "expected a JSON object, found a list"),
    "number.json": ('{"kitten": 3, "dog": null, "cat": ["x"]}', "3 × becomes no text"),
    "broken.json": ('{"kitten": ', "line 1, column 12: not JSON"),
    "nan.json": ('{"kitten": NaN}', "NaN is not allowed"),
    "deep.json": ("[" * 100_000, "nested too deeply"),
    "names.json": ('{"": "cat", " kitten": "cat", "dog": "a\\nb"}', "3 × can't be the name of a label"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_that_cannot_be_used(written: Write, name: str):
    text, message = HOSTILE[name]
    with pytest.raises(DataError) as caught:
        ends(written(name, text))
    assert message in str(caught.value)
    assert name in str(caught.value)


def test_another_encoding_names_the_line(tmp_path: Path):
    (tmp_path / "merge.csv").write_bytes("label,becomes\ncafé,bar\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"merge\.csv, line 2: byte 0xe9 is not utf-8 text"):
        read_merge_file(tmp_path / "merge.csv")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DataError, match=r"none\.csv: No such file"):
        read_merge_file(tmp_path / "none.csv")
    with pytest.raises(DataError, match="expected a file"):
        read_merge_file(tmp_path)


def test_a_long_list_of_mistakes_is_counted(written: Write):
    with pytest.raises(DataError, match="10000 × not two cells") as caught:
        ends(written("merge.csv", "label,becomes\n" + "alone\n" * 10_000))
    assert len(str(caught.value)) < 1000


def test_json_takes_any_name(written: Write):
    names = {"naïve, café": "bar", "日本": "japan"}
    assert ends(written("merge.json", json.dumps(names))) == names
