"""The pages about data name everything there is, and their examples run."""

import dataclasses
import re
from pathlib import Path

import pytest
from PIL import Image

from corelate.data.formats import FORMATS
from corelate.data.images import MAX_PIXELS
from corelate.data.spec import SHARED, load_annotations

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "data.md").read_text(encoding="utf-8")
EXTENDING = (DOCS / "extend" / "format.md").read_text(encoding="utf-8")


def format_page(name):
    return (DOCS / "formats" / f"{name}.md").read_text(encoding="utf-8")


def python_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("name", FORMATS.names)
def test_every_format_and_option_is_described(name):
    page = format_page(name)
    assert page.startswith(f"# Format `{name}`")
    assert f"(formats/{name}.md)" in PAGE, "the overview does not name it"
    described = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert described == {field.name for field in dataclasses.fields(FORMATS.load(name).Options)}


def test_every_option_that_all_formats_share_is_described():
    described = re.findall(r"^\| `(\w+)` \|", PAGE.partition("belong to every format")[2], re.MULTILINE)
    assert tuple(described) == SHARED


@pytest.mark.parametrize("number", range(2))
def test_examples_run(number, capsys):
    exec(python_blocks(PAGE)[number], {})


def test_numbers_are_those_of_the_code():
    assert f"{MAX_PIXELS:,} pixels" in PAGE
    assert f"{len(load_annotations('scenes:600').vocabulary)} labels" in PAGE
    assert "2772 label marks (4.620 a picture)" in PAGE
    assert load_annotations("scenes:600").targets.label_counts().sum() == 2772


def test_csv_examples_can_be_read(tmp_path):
    first, second = re.findall(r"```csv\n(.*?)```", format_page("table"), re.DOTALL)
    (tmp_path / "first.csv").write_text(first)
    (tmp_path / "second.csv").write_text(second)
    assert len(load_annotations(f"csv:{tmp_path}/first.csv?labels_only=true", strict=True)) == 3
    dense = load_annotations(f"csv:{tmp_path}/second.csv?labels_only=true", strict=True).targets.dense()
    assert dense.tolist() == [[1, 1, 1], [-1, 1, 0]]


def test_example_format_works(tmp_path):
    for name in ("cat/1.png", "dog/2.png", "unsorted/3.png"):
        (tmp_path / name).parent.mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    module = {"__name__": "folders"}
    exec(python_blocks(EXTENDING)[0], module)
    data_format = module["FORMAT"]
    annotations = data_format.read(tmp_path, data_format.Options(skip="unsorted"))
    assert annotations.names == ["cat/1.png", "dog/2.png"]
    assert annotations.targets.dense().tolist() == [[1, 0], [0, 1]]
    assert not annotations.problems
