from dataclasses import dataclass
from pathlib import Path

import pytest

from corelate.data.spec import DataSpec, load_annotations, parse_format_options
from corelate.errors import DataError, OptionError
from corelate.options import option


@dataclass(frozen=True)
class Options:
    text: str = option("", "Text.")
    number: int = option(1, "A whole number.")
    share: float = option(0.5, "A number.")
    flag: bool = option(False, "A switch.")


def parsed(**options):
    return parse_format_options(Options, DataSpec("table", "x", options))


def test_parts():
    assert DataSpec.parse("csv:a/b.csv?split=test&separator=%7C") == DataSpec(
        "table", "a/b.csv", {"separator": "|"}, {"split": "test"}
    )
    assert DataSpec.parse(r"csv:C:\photos\labels.csv").path == r"C:\photos\labels.csv"


def test_text_of_a_spec_is_read_as_the_same_spec():
    spec = DataSpec(
        "table", "a b/ü.csv", {"separator": "&", "path": "a+b %=?"}, {"group": r"name:(\d+)_[a-z]+\.", "split": "t"}
    )
    assert DataSpec.parse(spec.to_text()) == spec


def test_paths_are_those_of_the_set_and_of_the_files_that_shared_options_name():
    spec = DataSpec.parse("csv:a.csv?images=b&splits=c.csv&merge=d.csv&split=e").with_paths(str.upper)
    assert spec.to_text() == "table:A.CSV?images=b&split=e&splits=C.CSV&merge=D.CSV"


@pytest.mark.parametrize("text", ["", "csv", "csv:", "csv:?split=a", "nonsense:x", "csv:x?a=1&a=2", ":x"])
def test_wrong_specs(text):
    with pytest.raises(OptionError):
        DataSpec.parse(text)


def test_unknown_format_names_the_nearest():
    with pytest.raises(OptionError, match="did you mean 'corel5k'"):
        DataSpec.parse("corel:x")


def test_options_take_the_types_of_their_fields():
    assert parsed(text="1", number="3", share="0.25", flag="True") == Options("1", 3, 0.25, True)
    assert parsed(flag="false").flag is False


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("number", "x", "a whole number"),
        ("number", "1.5", "a whole number"),
        ("share", "half", "a number"),
        ("flag", "yes", "true or false"),
    ],
)
def test_wrong_values_say_what_is_expected(key, text, expected):
    with pytest.raises(OptionError, match=rf"option {key}='{text}' of table: expected {expected}"):
        parsed(**{key: text})


def test_unknown_option_lists_the_allowed_ones():
    with pytest.raises(OptionError, match="'colour'; allowed: text, number, share, flag, split, splits"):
        parsed(colour="red")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "a.jpg").touch()
    path = tmp_path / "labels.csv"
    path.write_text("path,labels,split\na.jpg,sky,train\ngone.jpg,sea,test\n")
    return path


def test_load_notes_problems_or_raises_them(table):
    assert len(load_annotations(f"csv:{table}").problems) == 1
    with pytest.raises(DataError, match="1 × missing image"):
        load_annotations(f"csv:{table}", strict=True)


def test_load_keeps_one_split(table):
    assert load_annotations(f"csv:{table}?split=train").names == ["a.jpg"]
    with pytest.raises(DataError, match="no split 'test'; its splits are: train"):
        load_annotations(f"csv:{table}?split=test")


def test_set_without_usable_pictures_reports_why(table):
    table.write_text("path,labels\ngone.jpg,sea\n")
    with pytest.raises(DataError, match=r"(?s)no picture that can be used.*1 × missing image: .*gone\.jpg"):
        load_annotations(f"csv:{table}")


def test_home_folder_is_expanded(table, monkeypatch):
    monkeypatch.setenv("HOME", str(table.parent))
    assert len(load_annotations("csv:~/labels.csv")) == 1


def test_names_that_are_no_text_survive():
    spec = DataSpec("table", "a.csv", {}, {"splits": "caf\udce9.csv"})
    assert DataSpec.parse(spec.to_text()) == spec
