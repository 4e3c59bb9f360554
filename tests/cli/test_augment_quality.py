from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from click.testing import Result
from PIL import Image, ImageFilter, ImageOps
from typer.testing import CliRunner

from corelate.cli import augment_quality
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import CorelateError, DataError, OptionError

SCENES = "scenes:6?size=48"
NETWORK = ("--backbone", "test_resnet", "--weights", "none", "--image-size", 32, "--accelerator", "cpu")
app = typer.Typer()
app.command()(augment_quality.run)


def invoke(*arguments: object, code: int = 0) -> Result:
    """Run the command; errors that the program reports come out as they are."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, CorelateError):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(autouse=True)
def _in_the_test_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def generated(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of pictures generated from six scenes: one blurred, one mirrored and blurred."""

    def write(spec: str = SCENES, **about: object) -> Path:
        annotations = load_annotations(spec)
        images = tmp_path / "made" / "images"
        images.mkdir(parents=True)
        samples, pictures = [], {}
        for row, reference in enumerate(annotations.pictures):
            stem = Path(reference.name).stem
            blurred = read_image(reference).filter(ImageFilter.GaussianBlur(1.5))
            views = {f"{stem}_aug.jpeg": blurred, f"{stem}_aug_hor_flip.jpeg": ImageOps.mirror(blurred)}
            for name, picture in views.items():
                picture.save(images / name, quality=95)
                samples.append({"image_name": name, "image_labels": annotations.labels_of(row)})
            pictures[reference.name] = list(views)
        record = {"format": "corelate-generated", "version": 1, "source": spec, "pictures": pictures, **about}
        (images.parent / "train_aug.json").write_text(json.dumps({"samples": samples}))
        (images.parent / "provenance.json").write_text(json.dumps(record))
        return images.parent

    return write


def test_a_folder_alone(generated: Callable[..., Path], tmp_path: Path):
    result = invoke(generated())
    lines = result.stdout.splitlines()
    assert lines[0].endswith(": 12 generated pictures of 6 originals")
    assert lines[2].split() == ["distance", "(0:", "the", "same)", "pixels", "structure"]
    assert any(line.startswith("By pixels a generated picture is 0.") for line in lines)
    assert "Judged by pixels they show their originals, changed." in lines
    assert lines[-2:] == ["Written: quality.png", "Written: quality.csv"]
    assert (tmp_path / "quality.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((tmp_path / "quality.csv").open()))
    assert [row["original"] for row in rows] == [f"scene-{number:06d}.png" for number in range(6)]
    assert json.loads(rows[0]["pictures"]) == ["scene-000000_aug.jpeg", "scene-000000_aug_hor_flip.jpeg"]
    assert {row["features"] for row in rows} == {""}


def test_features_and_other_outputs(generated: Callable[..., Path], tmp_path: Path):
    result = invoke(generated(), *NETWORK, "--out", "q.svg", "--out", "q.json", "--rows", 2, "--pictures", 4)
    assert "Features: test_resnet at 32×32, random weights" in result.stdout
    assert "8 generated pictures of 4 of 6 originals, drawn at random" in result.stdout
    assert "nearer to their own original than to any of the 3 other originals measured" in result.stdout
    about = json.loads((tmp_path / "q.json").read_text())["about"]
    assert about["to_original"]["features"]["mean"] > 0
    assert (tmp_path / "q.svg").read_text().count("<image ") == 6


def test_a_spec_that_names_the_folder(generated: Callable[..., Path]):
    alone = invoke(folder := generated(), "--out", "a.csv").stdout
    assert invoke("--data", f"{SCENES}&generated={folder}", "--out", "a.csv").stdout == alone
    (folder / "provenance.json").unlink()
    with pytest.raises(DataError, match=r"made: no provenance\.json names what .* --data SPEC"):
        invoke(folder)
    assert invoke(folder, "--data", SCENES, "--out", "a.csv").stdout == alone
    with pytest.raises(OptionError, match=r"made and \?generated= of --data both name generated pictures"):
        invoke(folder, "--data", f"{SCENES}&generated={folder}")


def test_a_border_that_the_folder_names(generated: Callable[..., Path]):
    folder = generated(settings={"border": 2})
    assert "Originals without a border of 2 pixels" in invoke(folder, "--out", "a.csv").stdout
    assert "border" not in invoke(folder, "--border", 0, "--out", "a.csv").stdout


@pytest.mark.parametrize("settings", [None, [], {"border": "wide"}, {"border": -4}])
def test_settings_that_mean_nothing(generated: Callable[..., Path], settings: object):
    assert "border" not in invoke(generated(settings=settings), "--out", "a.csv").stdout


def test_damaged_pictures_are_named(generated: Callable[..., Path]):
    folder = generated()
    for number in range(6):
        (folder / "images" / f"scene-00000{number}_aug.jpeg").write_bytes(b"\xff\xd8\xff nothing")
    result = invoke(folder, "--out", "a.csv", code=1)
    assert "6 pictures could not be read:" in result.stderr
    assert "scene-000000_aug.jpeg: damaged" in result.stderr
    assert "… and 1 more" in result.stderr
    assert "6 generated pictures of 6 originals" in result.stdout


def test_names_of_strangers_do_not_steer_the_terminal(generated: Callable[..., Path]):
    folder = generated()
    for name in ("train_aug.json", "provenance.json"):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace("scene-000001_aug.jpeg", "[b]x:dog:.jpeg"))
    (folder / "images" / "[b]x:dog:.jpeg").write_bytes(b"nothing")
    result = invoke(folder, "--out", "a.csv", code=1)
    assert "  [b]x:dog:.jpeg: holds text" in result.stderr


def test_an_archive(generated: Callable[..., Path], tmp_path: Path):
    import shutil

    folder = generated()
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", folder.parent, folder.name)
    assert "12 generated pictures of 6 originals" in invoke(archive, "--out", "a.csv").stdout


def test_wrong_use(generated: Callable[..., Path], tmp_path: Path):
    with pytest.raises(OptionError, match="give a folder of generated pictures, or --data SPEC"):
        invoke()
    with pytest.raises(DataError, match="nowhere: no such file or folder"):
        invoke("nowhere")
    with pytest.raises(OptionError, match="--weights is about a network: name one by --backbone"):
        invoke("nowhere", "--weights", "none")
    with pytest.raises(OptionError, match="--image-size 'big': expected numbers such as 224"):
        invoke("nowhere", "--backbone", "test_resnet", "--image-size", "big")
    with pytest.raises(OptionError, match=r"--out a\.gif has the suffix"):
        invoke("nowhere", "--out", "a.gif")
    with pytest.raises(OptionError, match="rows = 500: must be at most 100"):
        invoke(generated(), "--rows", 500)
    with pytest.raises(DataError, match="no generated pictures to measure: it has none"):
        invoke("--data", SCENES)
    assert "--pictures" in invoke("made", "--pictures", -1, code=2).output
    assert not list(tmp_path.glob("quality.*"))


def test_pictures_of_other_kinds(generated: Callable[..., Path]):
    folder = generated()
    for path in folder.glob("images/*_aug.jpeg"):
        Image.open(path).save(path, "PNG")
    result = invoke(folder, "--out", "a.csv", code=1)
    assert "--any-suffix" in result.stderr
    invoke(folder, "--any-suffix", "--out", "a.csv")
