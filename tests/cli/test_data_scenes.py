import typer
from typer.testing import CliRunner

from corelate.cli import data_scenes
from corelate.data.spec import load_annotations
from corelate.errors import DataError

app = typer.Typer()
app.command()(data_scenes.run)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_writes_a_set_that_can_be_read(tmp_path):
    result = invoke(tmp_path / "scenes", "--count", 8, "--seed", 2, "--size", 24, "--test", 0.5)
    assert result.exit_code == 0
    assert f"corelate data show table:{tmp_path}/scenes/labels.csv" in result.stdout
    annotations = load_annotations(f"csv:{tmp_path}/scenes/labels.csv", strict=True)
    assert len(annotations) == 8
    assert len(annotations.split("test")) == 4


def test_overwrites_on_request_only(tmp_path):
    (tmp_path / "x").touch()
    assert isinstance(invoke(tmp_path, "--count", 2, "--size", 16).exception, DataError)
    assert invoke(tmp_path, "--count", 2, "--size", 16, "--overwrite").exit_code == 0


def test_writes_keywords_as_photos_have_them(tmp_path):
    result = invoke(tmp_path / "photos", "--count", 8, "--seed", 2, "--size", 24, "--keywords")
    assert result.exit_code == 0
    assert f"corelate data show photos:{tmp_path}/photos" in result.stdout
    photos = load_annotations(f"photos:{tmp_path}/photos", strict=True)
    drawn = load_annotations("scenes:8?seed=2&size=24")
    assert photos.names == drawn.names
    assert [set(photos.labels_of(row)) for row in range(8)] == [set(drawn.labels_of(row)) for row in range(8)]
