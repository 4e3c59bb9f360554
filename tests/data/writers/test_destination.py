from pathlib import Path

import pytest

from corelate.data.writers.destination import Destination
from corelate.errors import OptionError


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("table:out.csv", "table", "out.csv"),
        ("csv:out.tsv", "table", "out.tsv"),
        ("out.csv", "table", "out.csv"),
        ("a/b.JSONL", "table", "a/b.JSONL"),
        ("C:/out.parquet", "table", "C:/out.parquet"),
        ("./odd:name.ndjson", "table", "./odd:name.ndjson"),
        ("coco:out", "coco", "out"),
        ("corel5k:a/b.json", "corel5k", "a/b.json"),
    ],
)
def test_writers_and_paths(text, name, path):
    destination = Destination.parse(text)
    assert (destination.name, destination.path) == (name, Path(path))


def test_options():
    assert Destination.parse("out.csv?form=columns&separator=|").options.separator == "|"
    assert Destination.parse("coco:x?sizes=true").options.sizes
    assert Destination.parse("~/x.csv").path == Path.home() / "x.csv"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("out.txt", r"'out\.txt' does not say what is to be written.*table, coco, corel5k"),
        ("out", "does not say"),
        ("voc:out", "unknown data writer 'voc': choose one of table, coco, corel5k"),
        ("coca:out.csv", "unknown data writer 'coca'.*did you mean 'coco'"),
        ("table:", "not a data spec"),
        ("table:?form=list", "no path"),
        ("out.csv?form=list&form=list", "twice"),
        ("out.csv?delimiter=;", "writing table does not know the option 'delimiter'; allowed: form, separator$"),
        ("coco:out?split=test", "does not know the option 'split'; allowed: sizes; choose pictures"),
        ("corel5k:out?x=1", "allowed: none"),
        ("coco:out?sizes=yes", "expected true or false"),
    ],
)
def test_wrong_destinations(text, expected):
    with pytest.raises(OptionError, match=expected):
        Destination.parse(text)
