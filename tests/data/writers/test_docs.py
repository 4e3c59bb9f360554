"""The pages about writing name every writer and option, and their examples work."""

import dataclasses
import re
from pathlib import Path

import pytest

from corelate.data.spec import load_annotations
from corelate.data.writers import DATA_WRITERS
from corelate.data.writers.base import Content
from corelate.data.writers.conversion import convert
from corelate.data.writers.output import Output
from corelate.data.writers.table_text import DEFAULT_SEPARATOR
from corelate.errors import DataError

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "convert.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"```python\n(.*?)```", (DOCS / "extend/data-writer.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("name", DATA_WRITERS.names)
def test_every_writer_and_option_is_described(name):
    assert re.search(rf"^\| `{name}`( \(.*\))? \| a f", PAGE, re.MULTILINE)
    described = set(re.findall(rf"^\| `{name}` \| `(\w+)` \|", PAGE, re.MULTILINE))
    assert described == {field.name for field in dataclasses.fields(DATA_WRITERS.load(name).Options)}


def test_the_default_separator_is_the_one_described():
    assert f"| `separator` | `{DEFAULT_SEPARATOR}`" in PAGE


def test_links_lead_to_pages():
    for page, folder in ((PAGE, DOCS), ((DOCS / "extend/data-writer.md").read_text(), DOCS / "extend")):
        for link in re.findall(r"\]\(([^)#]+)\)", page):
            assert (folder / link).is_file(), link


def test_the_example_prints_what_the_page_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "photos" / name).touch()
    (tmp_path / "photos/labels.csv").write_text("path,labels\na.jpg,sea;sky\nb.jpg,boat\n")
    result = convert("csv:photos/labels.csv", "out/labels.jsonl")
    shown = re.search(r"data convert csv:photos/labels.csv out/labels.jsonl\n(.*?)\n(.*?)\n", PAGE)
    assert shown[1] == f"{result.pictures} pictures with {result.labels} labels written to {result.files[0]}"
    assert shown[2].replace("/home/me", str(tmp_path)) == result.spec


def test_the_example_on_adding_a_writer_works(tmp_path):
    module = {}
    exec(EXAMPLE[1], module)
    annotations = load_annotations("scenes:6?size=16&test=0")
    content = Content(
        annotations.names, annotations.vocabulary, annotations.targets, None, None, "images", annotations.pictures
    )
    with Output() as output:
        assert module["WRITER"].write(content, tmp_path / "out", module["Options"](), output) == {"images": "images"}
        assert not list((tmp_path / "out").glob("*.txt"))
        output.commit()
    sky = (tmp_path / "out/sky.txt").read_text().splitlines()
    assert sky == [name for row, name in enumerate(annotations.names) if "sky" in annotations.labels_of(row)]
    assert len(list((tmp_path / "out").iterdir())) == len(annotations.vocabulary)
    with pytest.raises(DataError, match=r"exists.*overwrite"), Output() as output:
        module["WRITER"].write(content, tmp_path / "out", module["Options"](), output)
