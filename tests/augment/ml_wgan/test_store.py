from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import corelate
from corelate.augment.ml_wgan.settings import PRESETS, SEED
from corelate.augment.ml_wgan.store import GeneratedFolder, Source
from corelate.errors import RunError
from corelate.files import locked

SOURCE = Source("table:/pictures/labels.csv", "digest")
LABELS = {"a.jpg": ["sky", "sea"], "b.jpg": [], "c.jpg": ["sea"]}


@pytest.fixture
def folder(tmp_path: Path) -> GeneratedFolder:
    folder = GeneratedFolder(tmp_path / "out")
    folder.begin(SOURCE, SEED)
    return folder


def part(folder: GeneratedFolder, number: int = 0, count: int = 1) -> Path:
    place = folder.part(number, count)
    place.mkdir(parents=True, exist_ok=True)
    return place


def test_files_have_the_form_that_was_agreed_on(folder: GeneratedFolder):
    folder.record(part(folder), {"b.jpg": ["b_aug.jpeg"], "a.jpg": ["a_aug.jpeg", "a_aug_rot_90.jpeg"]})
    finished = folder.summarise(SOURCE, SEED, LABELS)
    assert finished == {"a.jpg": ["a_aug.jpeg", "a_aug_rot_90.jpeg"], "b.jpg": ["b_aug.jpeg"]}
    assert json.loads(folder.samples.read_text()) == {
        "samples": [
            {"image_name": "a_aug.jpeg", "image_labels": ["sky", "sea"]},
            {"image_name": "a_aug_rot_90.jpeg", "image_labels": ["sky", "sea"]},
            {"image_name": "b_aug.jpeg", "image_labels": []},
        ]
    }
    about = json.loads(folder.provenance.read_text())
    assert (about["format"], about["version"], about["method"]) == ("corelate-generated", 1, "ml-wgan")
    assert about["source"] == SOURCE.spec
    assert about["corelate"] == corelate.__version__
    assert about["settings"]["iterations"] == 1001
    assert about["settings"]["views"] == ["plain", "mirrored", "turned"]
    assert about["pictures"] == finished


def test_names_that_are_no_text_are_written_and_read_again(folder: GeneratedFolder):
    folder.record(part(folder), {"\udce9.jpg": ["__aug.jpeg"]})
    assert folder.summarise(SOURCE, SEED, {"\udce9.jpg": ["señal"]}) == {"\udce9.jpg": ["__aug.jpeg"]}
    assert list(json.loads(folder.provenance.read_bytes())["pictures"]) == ["\udce9.jpg"]
    assert "señal" in folder.samples.read_text()


def test_records_of_all_parts_count(folder: GeneratedFolder):
    folder.record(part(folder, 0, 2), {"a.jpg": ["a_aug.jpeg"]})
    folder.record(part(folder, 2, 3), {"b.jpg": ["b_aug.jpeg"]})
    folder.record(part(folder, 2, 3), {"a.jpg": ["a_aug.jpeg"]})
    assert set(folder.finished()) == {"a.jpg", "b.jpg"}


def test_a_torn_record_is_as_none_and_does_not_hurt_the_next(folder: GeneratedFolder):
    place = part(folder)
    folder.record(place, {"a.jpg": ["a_aug.jpeg"]})
    folder.record(place, {"b.jpg": ["b_aug.jpeg"]})
    records = place / "finished.jsonl"
    records.write_bytes(records.read_bytes()[:-7])
    assert set(folder.finished()) == {"a.jpg"}
    folder.record(place, {"c.jpg": ["c_aug.jpeg"]})
    assert set(folder.finished()) == {"a.jpg", "c.jpg"}


def test_a_whole_record_without_line_end_was_torn_off_too(folder: GeneratedFolder):
    place = part(folder)
    folder.record(place, {"a.jpg": ["a_aug.jpeg"]})
    records = place / "finished.jsonl"
    records.write_bytes(records.read_bytes()[:-1])
    assert folder.finished() == {}


@pytest.mark.parametrize("line", [b"null", b"[]", b'{"pictures": 3}', b"{}", b"\xff\xfe", b"{"])
def test_lines_that_are_no_records_are_passed_over(folder: GeneratedFolder, line: bytes):
    place = part(folder)
    (place / "finished.jsonl").write_bytes(line + b"\n")
    folder.record(place, {"a.jpg": ["a_aug.jpeg"]})
    assert set(folder.finished()) == {"a.jpg"}


def test_pictures_that_left_the_data_set_are_left_out(folder: GeneratedFolder):
    folder.record(part(folder), {"a.jpg": ["a_aug.jpeg"], "gone.jpg": ["gone_aug.jpeg"]})
    assert set(folder.summarise(SOURCE, SEED, LABELS)) == {"a.jpg"}


def test_pictures_are_jpeg_below_images(folder: GeneratedFolder):
    folder.save(Image.new("RGB", (9, 5), "red"), "sea/a_aug.jpeg")
    with Image.open(folder.images / "sea" / "a_aug.jpeg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (9, 5))
    assert [path.name for path in folder.images.rglob("*")] == ["sea", "a_aug.jpeg"]


def test_the_same_work_goes_on(folder: GeneratedFolder):
    folder.record(part(folder), {"a.jpg": ["a_aug.jpeg"]})
    folder.summarise(SOURCE, SEED, LABELS)
    before = folder.provenance.read_bytes()
    folder.begin(SOURCE, SEED)
    assert folder.provenance.read_bytes() == before


def test_other_settings_are_refused_with_their_names(folder: GeneratedFolder):
    with pytest.raises(RunError) as caught:
        folder.begin(SOURCE, replace(PRESETS["seed"], iterations=5, views=("plain",)))
    text = str(caught.value)
    assert "iterations = 1001, now 5; views = plain,mirrored,turned, now plain; give the same, or another --out" in text
    assert "seed" not in text


def test_a_setting_that_is_newer_than_the_folder_had_its_default(folder: GeneratedFolder):
    about = json.loads(folder.provenance.read_text())
    del about["settings"]["penalty"]
    folder.provenance.write_text(json.dumps(about))
    folder.begin(SOURCE, SEED)
    with pytest.raises(RunError, match=r"penalty = 10.0, now 2.0"):
        folder.begin(SOURCE, replace(SEED, penalty=2.0))


def test_other_data_are_refused(folder: GeneratedFolder):
    with pytest.raises(RunError, match=r"begun with --data table:/pictures/labels\.csv, now scenes:3"):
        folder.begin(Source("scenes:3", "other"), SEED)


def test_data_that_moved_or_grew_are_the_same(folder: GeneratedFolder):
    folder.begin(Source("table:/elsewhere/labels.csv", "digest"), SEED)
    folder.begin(Source("table:/pictures/labels.csv", "more"), SEED)
    assert json.loads(folder.provenance.read_bytes())["source"] == SOURCE.spec


def test_a_folder_of_other_things_is_refused(tmp_path: Path):
    (tmp_path / "x").touch()
    with pytest.raises(RunError, match="holds something that this command did not write; choose another --out"):
        GeneratedFolder(tmp_path).begin(SOURCE, SEED)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    with pytest.raises(RunError, match="is a file and no folder"):
        GeneratedFolder(tmp_path / "x").begin(SOURCE, SEED)


@pytest.mark.parametrize("left", [".provenance.json.x7.partial", "progress"])
def test_a_folder_that_was_just_being_begun_is_begun(tmp_path: Path, left: str):
    (tmp_path / left).mkdir()
    GeneratedFolder(tmp_path).begin(SOURCE, SEED)
    assert json.loads((tmp_path / "provenance.json").read_text())["pictures"] == {}


def test_of_two_that_begin_a_folder_the_second_has_to_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder, quicker = GeneratedFolder(tmp_path / "out"), GeneratedFolder(tmp_path / "out")
    alone = GeneratedFolder._alone

    def overtaken(self: GeneratedFolder) -> object:
        monkeypatch.setattr(GeneratedFolder, "_alone", alone)
        quicker.begin(SOURCE, SEED)
        quicker.record(part(quicker), {"a.jpg": ["a_aug.jpeg"]})
        quicker.summarise(SOURCE, SEED, LABELS)
        return alone(self)

    monkeypatch.setattr(GeneratedFolder, "_alone", overtaken)
    with pytest.raises(RunError, match="iterations = 1001, now 5"):
        folder.begin(SOURCE, replace(SEED, iterations=5))
    assert list(json.loads(folder.provenance.read_text())["pictures"]) == ["a.jpg"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "was not written by this command"),
        ('{"format": "corelate-generated", "method": "flips"}', "was not written by this command"),
        ('{"format": "corelate-generated", "method": "ml-wgan", "version": 9}', "is of version 9, and 1 is known"),
    ],
)
def test_a_provenance_of_another_kind_is_refused(tmp_path: Path, content: str, words: str):
    (tmp_path / "provenance.json").write_text(content)
    with pytest.raises(RunError, match=words):
        GeneratedFolder(tmp_path).begin(SOURCE, SEED)


def test_a_summary_waits_for_another_to_be_written(folder: GeneratedFolder, monkeypatch: pytest.MonkeyPatch):
    part(folder)
    monkeypatch.setattr("corelate.augment.ml_wgan.store._PATIENCE_SECONDS", 0.1)
    with locked(folder.progress), pytest.raises(RunError, match="in use by another process"):
        folder.summarise(SOURCE, SEED, LABELS)
    assert folder.summarise(SOURCE, SEED, LABELS) == {}
