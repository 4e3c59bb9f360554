import json
import os

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from corelate.cli import data_doctor
from corelate.data.scenes.drawing import draw_scene
from corelate.data.scenes.grammar import compose
from corelate.errors import CorelateError
from corelate.metrics.scores_file import write_scores

app = typer.Typer()
app.command()(data_doctor.run)


def invoke(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def scene(index):
    return draw_scene(compose(1, index), 1, index, 96)


@pytest.fixture
def faulty(tmp_path):
    """A set with one fault of most kinds, and names that would steer a terminal."""
    rows = ["path,labels,split"]
    for number in range(12):
        scene(number).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{'sky;sea gull' if number % 2 else 'sky;[red]tree[/red];seagull'},train")
    scene(4).save(tmp_path / "copy.png")
    (tmp_path / "[bold]bad.jpg").write_bytes(b"nothing")
    rows += ["copy.png,sky,test", "[bold]bad.jpg,sky,test", "gone.jpg,sky,test"]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_faults_are_told_the_worst_first(faulty):
    result = invoke(f"table:{faulty}")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    headings = [line for line in lines if line.split(" ")[0] in ("ERROR", "WARNING", "HINT")]
    assert headings == sorted(headings, key=lambda line: ("ERROR", "WARNING", "HINT").index(line.split(" ")[0]))
    assert "ERROR unreadable: pictures that can't be read (1)" in lines
    assert any(line.startswith("  [bold]bad.jpg: holds") for line in lines)
    assert "  test: copy.png; train: 4.png (same file)" in lines
    assert "  1 × missing image: picture left out: gone.jpg (line 16)" in lines
    assert "  seagull (6), sea gull (6)" in lines or "  sea gull (6), seagull (6)" in lines
    assert lines[2] == "not made: label_errors (needs scores: give --scores FILE.npz or a run folder)"
    assert lines[-1].startswith("2 errors, ")


def test_json_holds_everything(faulty):
    result = invoke(f"table:{faulty}", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["pictures"], told["totals"]["error"]) == (14, 2)
    kinds = {kind["kind"]: kind for kind in told["findings"]}
    assert kinds["leakage"]["cases"][0]["pictures"] == ["4.png", "copy.png"]
    assert kinds["leakage"]["severity"] == "error"
    assert set(kinds["same word"]["cases"][0]["labels"]) == {"seagull", "sea gull"}
    assert "label_errors" in told["left_out"]


def test_checks_can_be_chosen(faulty):
    only = invoke(f"table:{faulty}", "--only", "spelling, rare")
    assert "checks: spelling, rare\n" in only.stdout
    assert "unreadable" not in only.stdout
    skipped = json.loads(invoke(f"table:{faulty}", "--skip", "duplicates,unreadable,problems", "--json").stdout)
    assert skipped["totals"]["error"] == 0


def test_hints_alone_are_exit_code_0(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("path,labels\n" + "".join(f"{n}.jpg,{'sky' if n % 2 else 'sea'}\n" for n in range(8)))
    result = invoke(f"table:{path}?labels_only=true")
    assert result.exit_code == 0, result.stdout
    assert "HINT rare" in result.stdout
    assert "not made: unreadable (none of the pictures is there)" in result.stdout


def test_top_limits_the_cases(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("path,labels\n" + "".join(f"{n}.jpg,\n" for n in range(9)) + "x.jpg,sky\n")
    lines = invoke(f"table:{path}?labels_only=true", "--top", 2).stdout.splitlines()
    place = lines.index("WARNING unlabelled: pictures without labels (9)")
    assert lines[place + 1 : place + 4] == ["  0.jpg", "  1.jpg", "  … and 7 more"]
    assert "  0.jpg" not in invoke(f"table:{path}?labels_only=true", "--top", 0).stdout.splitlines()


def test_merge_file(faulty, tmp_path):
    out = tmp_path / "merge.csv"
    result = invoke(f"table:{faulty}", "--only", "spelling", "--merge-file", out)
    assert result.exit_code == 1
    assert " ".join(result.stderr.split()).endswith(": 1 label to merge; read it before you use it")
    assert out.read_text().splitlines()[0] == "label,becomes"
    merged = invoke(f"table:{faulty}?merge={out}", "--only", "spelling")
    assert merged.exit_code == 0, merged.stdout


@pytest.fixture
def own_files(tmp_path):
    """A set that names further files, and all of their bytes."""
    texts = {
        "own.csv": "path,labels\n1.jpg,sky\n2.jpg,Sky\n",
        "merge.csv": "label,becomes\n",
        "hierarchy.csv": "child,parent\nsky,air\n",
        "splits.csv": "path,split\n1.jpg,train\n2.jpg,test\n",
        "vocabulary.csv": "sky\nSky\nair\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    shared = "&".join(f"{name}={tmp_path / name}.csv" for name in ("merge", "hierarchy", "splits"))
    return f"table:{tmp_path / 'own.csv'}?labels_only=true&vocabulary=vocabulary.csv&{shared}", texts


def refused(monkeypatch, *arguments):
    """Return the error of a command that must not read a data set."""
    monkeypatch.setattr("corelate.data.spec.load_annotations", lambda spec: pytest.fail("the set was read"))
    error = invoke(*arguments).exception
    assert isinstance(error, CorelateError), error
    return str(error)


@pytest.mark.parametrize("name", ["own.csv", "merge.csv", "hierarchy.csv", "splits.csv", "vocabulary.csv"])
def test_merge_file_never_replaces_a_file_of_the_set(own_files, tmp_path, monkeypatch, name):
    spec, texts = own_files
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.csv").symlink_to(tmp_path / name)
    for target in (tmp_path / name, name, f"../{tmp_path.name}/{name}", "link.csv"):
        assert "is a file of the data set" in refused(monkeypatch, spec, "--overwrite", "--merge-file", target)
    assert {path: (tmp_path / path).read_text() for path in texts} == texts


def test_in_the_folder_of_a_set_merge_files_alone_are_replaced(tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    folder.mkdir()
    scene(0).save(folder / "0.png")
    (folder / "metadata.jsonl").write_text('{"file_name": "0.png", "labels": ["sky", "Sky"]}\n')
    (folder / "merge.csv").write_text("label,becomes\nx,y\n")
    result = invoke(f"imagefolder:{folder}", "--overwrite", "--merge-file", folder / "merge.csv")
    assert result.exit_code == 1, result.exception
    assert (folder / "merge.csv").read_text() == "label,becomes\nsky,Sky\n"
    (folder / "metadata.csv").write_text("file_name,labels\n0.png,sky\n")
    arguments = (f"imagefolder:{folder}", "--overwrite", "--merge-file", folder / "metadata.csv")
    assert "is a file of the data set" in refused(monkeypatch, *arguments)


def test_edited_merge_file_stays_without_overwrite(own_files, tmp_path):
    spec, _ = own_files
    out = tmp_path / "edited.csv"
    out.write_text("mine")
    error = invoke(spec.partition("?")[0] + "?labels_only=true", "--merge-file", out).exception
    assert "is there already" in str(error)
    assert out.read_text() == "mine"
    result = invoke(spec.partition("?")[0] + "?labels_only=true", "--merge-file", out, "--overwrite")
    assert result.exit_code == 1
    assert out.read_text() == "label,becomes\nsky,Sky\n"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (".", "is no file"),
        ("", "is no file"),
        ("folder.csv", "is no file"),
        ("merge.json", "does not end in .csv"),
        ("no/such/merge.csv", "is no folder; make it first"),
        ("own.csv/merge.csv", "is no folder; make it first"),
    ],
)
def test_bad_targets_are_refused_before_anything_is_read(own_files, tmp_path, monkeypatch, target, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    assert message in refused(monkeypatch, own_files[0], "--overwrite", "--merge-file", target)


def test_one_picture_and_one_label_are_singular(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("path,labels\n0.jpg,sky\n")
    lines = invoke(f"table:{path}?labels_only=true", "--only", "rare").stdout.splitlines()
    assert lines[1] == "1 picture, 1 label; checks: rare"


def test_labels_that_only_look_alike_are_told_apart_and_merged(tmp_path):
    path, out = tmp_path / "labels.csv", tmp_path / "merge.csv"
    path.write_text("path,labels\n0.jpg,sky\n1.jpg,s\u200bky\n2.jpg,sky\n", encoding="utf-8")
    spec = f"table:{path}?labels_only=true"
    result = invoke(spec, "--only", "spelling", "--merge-file", out)
    assert "  sky (2), s\\u200bky (1)" in result.stdout.splitlines()
    assert invoke(f"{spec}&merge={out}", "--only", "spelling").exit_code == 0


def test_label_errors_with_scores(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("path,labels\n" + "".join(f"{n}.jpg,{'sky' if n % 2 else 'sea'}\n" for n in range(40)))
    truth = np.array([[n % 2 == 0, n % 2] for n in range(40)], float)
    scores = 0.1 + 0.8 * truth
    scores[7] = 0.95, 0.9
    scores[[9, 11], 0], scores[13, 0] = 0.2, 0.3
    write_scores(tmp_path / "s.npz", scores, truth, labels=["sea", "sky"], names=[f"{n}.jpg" for n in range(40)])
    result = invoke(f"table:{path}?labels_only=true", "--scores", tmp_path / "s.npz", "--only", "label_errors")
    assert "  7.jpg probably has sea (score 0.950)" in result.stdout
    assert "out-of-fold" in result.stdout
    assert result.exit_code == 1
    write_scores(tmp_path / "s.npz", scores, truth, labels=["sea", "sky"], names=[f"{n}.png" for n in range(40)])
    error = invoke(f"table:{path}?labels_only=true", "--scores", tmp_path / "s.npz").exception
    assert isinstance(error, CorelateError)
    assert "40 of 40 pictures that are not in" in str(error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nonsense"], "unknown check 'nonsense'"),
        (["--only", "label_errors"], "needs scores"),
        (["--scores", "s.npz", "--skip", "label_errors"], "don't leave that check out"),
        (["--merge-file", "m.csv", "--skip", "spelling"], "don't leave that check out"),
        (["--overwrite"], "--overwrite is for --merge-file"),
        (["--distance", "40"], "distance = 40"),
        (["--scores", "no-such.npz"], "no-such.npz"),
    ],
)
def test_wrong_options_are_one_clear_error(arguments, message):
    error = invoke("scenes:20", *arguments).exception
    assert isinstance(error, CorelateError)
    assert error.exit_code == 2
    assert message in str(error)


def test_names_that_steer_a_terminal_or_are_no_text(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    path = folder / "labels.csv"
    path.write_text("path,labels\na\u202eb.jpg,sky\n[red]x[/red].jpg,sea\n:smile:.jpg,sky;sea\n")
    result = invoke(f"table:{path}?labels_only=true", "--top", 10)
    assert "[red]" not in result.stderr
    assert "\x1b" not in result.stdout
    told = json.loads(invoke(f"table:{path}?labels_only=true", "--json").stdout)
    assert told["pictures"] == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows names are always text")
def test_problems_with_control_characters_are_escaped(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("path,labels\nok.jpg,sky\n\x1b[31mred.jpg,sky\n")
    Image.new("RGB", (40, 40), "red").save(tmp_path / "ok.jpg")
    result = invoke(f"table:{path}")
    assert "\x1b" not in result.stdout
    assert "holds control characters" in result.stdout


def test_nothing_is_changed(faulty):
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in faulty.parent.iterdir()}
    invoke(f"table:{faulty}")
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in faulty.parent.iterdir()} == before
