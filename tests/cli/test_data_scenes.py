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
    assert f"corelate data show csv:{tmp_path}/scenes/labels.csv" in result.stdout
    annotations = load_annotations(f"csv:{tmp_path}/scenes/labels.csv", strict=True)
    assert len(annotations) == 8
    assert len(annotations.split("test")) == 4


def test_overwrites_on_request_only(tmp_path):
    (tmp_path / "x").touch()
    assert isinstance(invoke(tmp_path, "--count", 2, "--size", 16).exception, DataError)
    assert invoke(tmp_path, "--count", 2, "--size", 16, "--overwrite").exit_code == 0
