import json

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli import data_convert
from corelate.data.spec import load_annotations
from corelate.errors import CorelateError, DataError, OptionError

app = typer.Typer()
app.command()(data_convert.run)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def table(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "photos" / name).write_bytes(name.encode())
    path = tmp_path / "photos" / "labels.csv"
    path.write_text("path,labels,split\na.jpg,sky;[red]sea[/red],train\nb.jpg,sky,test\n")
    return path


def test_prints_the_spec_that_reads_the_result(table, tmp_path):
    result = invoke(f"csv:{table}", tmp_path / "out" / "o.jsonl")
    assert result.exit_code == 0
    spec = result.stdout.strip()
    assert spec == f"table:{tmp_path}/out/o.jsonl?images={tmp_path}/photos"
    assert result.stderr.splitlines() == [f"2 pictures with 2 labels written to {tmp_path}/out/o.jsonl"]
    read, source = load_annotations(spec, strict=True), load_annotations(f"csv:{table}")
    assert (read.names, read.vocabulary) == (source.names, source.vocabulary)
    assert read.targets.dense_places().tolist() == source.targets.dense_places().tolist()


def test_copies_pictures_on_request(table, tmp_path):
    result = invoke(f"csv:{table}", f"coco:{tmp_path}/out", "--pictures", "copy")
    assert result.exit_code == 0
    assert result.stdout.strip() == f"coco:{tmp_path}/out"
    assert (tmp_path / "out/images/b.jpg").read_bytes() == b"b.jpg"
    assert (
        json.loads((tmp_path / "out/annotations/instances_test.json").read_text())["images"][0]["file_name"] == "b.jpg"
    )


def test_notes_are_on_standard_error(table, tmp_path):
    result = invoke(f"csv:{table}", f"{tmp_path}/o.csv?form=columns")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[1].startswith("Note: columns of marks can't hold the order")
    assert len(result.stdout.splitlines()) == 1


def test_problems_are_listed_and_give_exit_code_1(table, tmp_path):
    with table.open("a") as file:
        file.write("[bold]gone.jpg,sky,test\n")
    result = invoke(f"csv:{table}", tmp_path / "o.csv")
    assert result.exit_code == 1
    assert "1 × missing image: picture left out: [bold]gone.jpg (line 4)" in result.stderr
    assert len(load_annotations(result.stdout.strip(), strict=True)) == 2
    strict = invoke(f"csv:{table}", tmp_path / "p.csv", "--strict")
    assert isinstance(strict.exception, DataError)
    assert not (tmp_path / "p.csv").exists()


def test_overwrites_on_request_only(table, tmp_path):
    assert invoke(f"csv:{table}", tmp_path / "o.csv").exit_code == 0
    refused = invoke(f"csv:{table}", tmp_path / "o.csv")
    assert isinstance(refused.exception, DataError)
    assert refused.exception.exit_code == 2
    assert invoke(f"csv:{table}", tmp_path / "o.csv", "--overwrite").exit_code == 0


@pytest.mark.parametrize("arguments", [("voc:out",), ("out.txt",), ("out.csv?x=1",), ("o.csv", "--pictures", "move")])
def test_wrong_use(table, arguments):
    result = invoke(f"csv:{table}", *arguments)
    assert isinstance(result.exception, OptionError)
    assert isinstance(result.exception, CorelateError)
    assert result.exception.exit_code == 2
