import io
import os
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import FileReference, MissingReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers import conversion as conversion_module
from corelate.data.writers.conversion import convert, write_annotations
from corelate.errors import DataError, OptionError


def files_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def tiny(names=("a.jpg", "b.jpg"), **columns) -> AnnotationSet:
    return AnnotationSet(
        [MissingReference("nowhere", name) for name in names],
        Vocabulary(["sea"]),
        TargetMatrix.from_rows([[0]] * len(names), 1),
        **columns,
    )


# Where pictures are


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("source/out.parquet", ""),
        ("out.csv", "?images=source"),
        ("elsewhere/out.jsonl", "?images={top}/source"),
    ],
)
def test_pictures_stay_and_the_spec_says_where(source, destination, expected):
    top = source.parent
    result = convert(f"csv:{source}/labels.csv", str(top / destination))
    assert result.spec == f"table:{top / destination}" + expected.format(top=top)
    assert (result.pictures, result.labels, result.notes) == (3, 2, [])
    read = load_annotations(result.spec, strict=True)
    assert read.names == ["a.png", "b/c.png", "b/d.png"]
    assert [picture.read() for picture in read.pictures] == [
        (source / name).read_bytes() for name in ("a.png", "b/c.png", "b/d.png")
    ]


@pytest.mark.parametrize("destination", ["coco:{top}/out", "coco:{top}/out.json", "corel5k:{top}/out"])
@pytest.mark.parametrize("pictures", ["leave", "copy"])
def test_folders_of_other_forms_name_pictures_as_well(source, destination, pictures, bytes_of):
    result = convert(f"csv:{source}/labels.csv", destination.format(top=source.parent), pictures=pictures)
    read = load_annotations(result.spec, strict=True)
    assert {picture.name: picture.read() for picture in read.pictures} == bytes_of


@pytest.mark.parametrize("archive", ["zipped", "tarred"])
def test_pictures_of_an_archive_stay_there(archive, request, bytes_of, tmp_path):
    folder = request.getfixturevalue(archive)
    file = next(path for path in folder.iterdir() if path.name.startswith("photos."))
    result = convert(f"csv:{folder}/labels.csv?images={file.name}", f"{tmp_path}/out/o.csv")
    assert result.spec == f"table:{tmp_path}/out/o.csv?images={file}"
    read = load_annotations(result.spec, strict=True)
    assert {picture.name: picture.read() for picture in read.pictures} == bytes_of


def test_of_a_folder_in_an_archive_names_begin_at_its_root(tmp_path, bytes_of):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(
            "set/train.json", '{"labels": ["sea"], "samples": [{"image_name": "a.png", "image_labels": []}]}'
        )
        archive.writestr("set/images/a.png", bytes_of["a.png"])
    result = convert(f"corel5k:{tmp_path}/set.zip", f"{tmp_path}/o.csv")
    assert result.notes == [
        f"pictures are named from the root of {tmp_path}/set.zip: set/images/ stands before their names"
    ]
    read = load_annotations(result.spec, strict=True)
    assert read.names == ["set/images/a.png"]
    assert read.pictures[0].read() == bytes_of["a.png"]


@pytest.mark.parametrize("archive", ["source", "zipped", "tarred"])
@pytest.mark.parametrize("destination", ["table:{top}/out/o.csv", "coco:{top}/out", "corel5k:{top}/out"])
def test_copied_pictures_have_the_same_bytes(archive, destination, request, bytes_of, tmp_path):
    folder = request.getfixturevalue(archive)
    file = next((path.name for path in folder.iterdir() if path.name.startswith("photos.")), ".")
    told = []
    result = convert(
        f"csv:{folder}/labels.csv?images={file}",
        destination.format(top=tmp_path),
        pictures="copy",
        on_copied=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert {name: (tmp_path / "out/images" / name).read_bytes() for name in bytes_of} == bytes_of
    read = load_annotations(result.spec, strict=True)
    assert {picture.name: picture.read() for picture in read.pictures} == bytes_of
    assert result.files[-1] == tmp_path / "out/images"


def test_copied_coco_is_read_without_options(source, tmp_path):
    assert convert(f"csv:{source}/labels.csv", f"coco:{tmp_path}/out", pictures="copy").spec == f"coco:{tmp_path}/out"


def test_drawn_scenes_can_be_copied_and_not_left(tmp_path):
    with pytest.raises(DataError, match=r"scene-000000\.png.*neither a file nor a member.*--pictures copy"):
        convert("scenes:3?size=16", f"{tmp_path}/o.csv")
    assert files_below(tmp_path) == []
    result = convert("scenes:3?size=16", f"{tmp_path}/o.csv", pictures="copy")
    before, after = load_annotations("scenes:3?size=16"), load_annotations(result.spec, strict=True)
    assert [picture.read() for picture in after.pictures] == [picture.read() for picture in before.pictures]
    assert after.vocabulary == before.vocabulary
    assert after.targets.dense_places().tolist() == before.targets.dense_places().tolist()


def test_pictures_in_several_places_must_be_copied(source, tmp_path):
    annotations = load_annotations(f"csv:{source}/labels.csv")
    pictures = [FileReference(source / "a.png", "a.png"), FileReference(source / "b/c.png", "c.png")]
    annotations = replace(annotations.select([0, 1]), pictures=pictures)
    with pytest.raises(DataError, match=r"several places .*source and .*source/b, …\).*--pictures copy"):
        write_annotations(annotations, f"{tmp_path}/o.csv")
    result = write_annotations(annotations, f"{tmp_path}/o.csv", pictures="copy")
    assert load_annotations(result.spec, strict=True).names == ["a.png", "c.png"]


def test_missing_pictures_keep_their_labels(source, tmp_path):
    (source / "b/c.png").unlink()
    for pictures, path in (("leave", "o.csv"), ("copy", "copied/o.csv")):
        result = convert(f"csv:{source}/labels.csv?labels_only=true", f"{tmp_path}/{path}", pictures=pictures)
        assert result.notes == ["1 of 3 pictures are not there; their labels are kept (labels_only=true)"]
        assert result.spec.endswith("labels_only=true")
        assert not result.problems
        assert len(load_annotations(result.spec, strict=True)) == 3


def test_a_picture_that_cannot_be_read_is_a_problem(tmp_path):
    with tarfile.open(tmp_path / "photos.tar", "w") as archive:
        entry = tarfile.TarInfo("a.png")
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"png"))
    (tmp_path / "labels.csv").write_text("path,labels\na.png,sea\n")
    annotations = load_annotations(f"csv:{tmp_path}/labels.csv?images=photos.tar")
    (tmp_path / "photos.tar").write_bytes(b"")
    result = write_annotations(annotations, f"{tmp_path}/out/o.csv", pictures="copy")
    assert list(result.problems.counts()) == ["picture can't be read: kept without its file"]
    assert result.spec.endswith("?images=images&labels_only=true")


# Names


def test_names_that_a_reader_would_not_take_are_left_out_and_listed(tmp_path):
    names = [
        "a.jpg",
        "../b.jpg",
        "/c.jpg",
        "C:d.jpg",
        "e\n.jpg",
        " f.jpg",
        "g\\h.jpg",
        "file:i.jpg",
        "a.jpg",
        "./j.jpg",
    ]
    result = write_annotations(tiny(names), f"{tmp_path}/o.csv")
    assert result.problems.counts() == {
        "picture name can't be used: picture left out": 8,
        "picture listed more than once: first kept": 1,
    }
    assert load_annotations(result.spec, strict=True).names == ["a.jpg"]


def test_a_set_without_any_usable_name_is_refused(tmp_path):
    with pytest.raises(DataError, match="no picture can be written"):
        write_annotations(tiny(["../a.jpg"]), f"{tmp_path}/o.csv")


def test_names_that_windows_refuses_are_copied_and_noted(tmp_path):
    names = ["x/aux.png", "x/b?.png", 'x/"c".png', "x/a:b.png", "d.png", "E.png", "e.png"]
    pictures = []
    for number, name in enumerate(names):
        (tmp_path / f"{number}").write_bytes(b"png")
        pictures.append(FileReference(tmp_path / f"{number}", name))
    result = write_annotations(replace(tiny(names), pictures=pictures), f"{tmp_path}/out/o.csv", pictures="copy")
    assert result.notes == ["4 pictures have names that Windows does not take, such as x/aux.png"]
    assert load_annotations(result.spec, strict=True).names == names


def test_a_name_that_is_also_a_folder_of_others_cannot_be_copied(tmp_path):
    (tmp_path / "x").write_bytes(b"png")
    pictures = [FileReference(tmp_path / "x", name) for name in ("a", "a/b")]
    with pytest.raises(DataError, match="a/b: another picture has this name"):
        write_annotations(replace(tiny(("a", "a/b")), pictures=pictures), f"{tmp_path}/out/o.csv", pictures="copy")
    assert files_below(tmp_path) == ["x"]


@pytest.mark.parametrize("kind", ["splits", "groups"])
@pytest.mark.parametrize("name", [" train", "two\nlines", "x" * 201])
def test_splits_and_groups_that_a_reader_would_not_take_are_refused(kind, name, tmp_path):
    with pytest.raises(DataError, match="can't be written"):
        write_annotations(tiny(**{kind: np.array([name, "test"])}), f"{tmp_path}/o.csv")


def test_folds_are_not_lost_silently(tmp_path):
    result = write_annotations(tiny(folds=np.array([1, 2])), f"{tmp_path}/o.csv")
    assert result.notes[-1].startswith("folds are not written")


# Options of what is read


def test_shared_options_choose_what_is_written(source, tmp_path):
    result = convert(f"csv:{source}/labels.csv?split=test", f"{tmp_path}/o.jsonl")
    read = load_annotations(result.spec, strict=True)
    assert (read.names, list(read.vocabulary)) == (["b/c.png"], ["sea", "sky"])


def test_problems_of_the_source_are_handed_on_or_fatal(source, tmp_path):
    with (source / "labels.csv").open("a") as file:
        file.write("gone.png,sea,train\n")
    with pytest.raises(DataError, match="1 problem"):
        convert(f"csv:{source}/labels.csv", f"{tmp_path}/o.csv", strict=True)
    assert not (tmp_path / "o.csv").exists()
    assert len(convert(f"csv:{source}/labels.csv", f"{tmp_path}/o.csv").problems) == 1


def test_problems_of_writing_are_fatal_with_strict(source, tmp_path, monkeypatch):
    annotations = replace(tiny(("a.jpg", "../b.jpg")))
    monkeypatch.setattr(conversion_module, "load_annotations", lambda spec, strict: annotations)
    with pytest.raises(DataError, match="1 problem"):
        convert(f"csv:{source}/labels.csv", f"{tmp_path}/o.csv", strict=True)
    assert not (tmp_path / "o.csv").exists()


def test_unknown_way_with_pictures(tmp_path):
    with pytest.raises(OptionError, match=r"'move'.*leave, copy"):
        write_annotations(tiny(), f"{tmp_path}/o.csv", pictures="move")
    with pytest.raises(OptionError, match=r"'move'.*leave, copy"):
        convert("scenes:2", f"{tmp_path}/o.csv", pictures="move")


# What is there already


@pytest.mark.parametrize("destination", ["out/o.csv", "out/o.tsv", "out/o.jsonl", "out/o.parquet", "coco:{top}/out"])
def test_existing_output_is_replaced_on_request_only(source, destination, tmp_path):
    destination = destination.format(top=tmp_path) if ":" in destination else f"{tmp_path}/{destination}"
    convert(f"csv:{source}/labels.csv", destination, pictures="copy")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    (source / "labels.csv").write_text("path,labels,split\na.png,sky,train\n")
    with pytest.raises(DataError, match="--overwrite"):
        convert(f"csv:{source}/labels.csv", destination)
    with pytest.raises(DataError, match="--overwrite"):
        convert(f"csv:{source}/labels.csv", destination, pictures="copy")
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    result = convert(f"csv:{source}/labels.csv", destination, pictures="copy", overwrite=True)
    read = load_annotations(result.spec, strict=True)
    assert (read.names, list(read.vocabulary), read.split_names()) == (["a.png"], ["sky"], ["train"])


def test_pictures_in_the_way_are_not_replaced_unasked(source, tmp_path):
    (tmp_path / "out/images").mkdir(parents=True)
    (tmp_path / "out/images/a.png").write_bytes(b"mine")
    with pytest.raises(DataError, match=r"images is not empty.*--overwrite"):
        convert(f"csv:{source}/labels.csv", f"{tmp_path}/out/o.csv", pictures="copy")
    assert files_below(tmp_path / "out") == ["images", "images/a.png"]


def test_nothing_of_the_source_is_ever_replaced(source, tmp_path):
    spec = f"csv:{source}/labels.csv"
    (source / "words.txt").write_text("sky\nsea\n")
    (source / "labels.vocabulary.txt").write_text("sea\nsky\n")
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    (tmp_path / "link.csv").symlink_to(source / "labels.csv")
    with pytest.raises(DataError, match=r"labels\.csv belongs to the data set that is read"):
        convert(spec, f"{source}/labels.csv", overwrite=True)
    with pytest.raises(DataError, match=r"link\.csv belongs to the data set that is read"):
        convert(spec, f"{tmp_path}/link.csv", overwrite=True)
    with pytest.raises(DataError, match=r"labels\.vocabulary\.txt (belongs|would also be)"):
        convert(f"{spec}?vocabulary=words.txt", f"{source}/labels.tsv", overwrite=True)
    with pytest.raises(DataError, match=r"labels\.csv is a file, so that nothing can be written below it"):
        convert(spec, f"{source}/labels.csv/out.csv")
    with pytest.raises(DataError, match=r"is a picture of the source|images is a link"):
        _copy_onto_itself(source)
    assert before == {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}


def _copy_onto_itself(source):
    (source / "images").symlink_to(source, target_is_directory=True)
    try:
        convert(f"csv:{source}/labels.csv", f"{source}/out.csv", pictures="copy", overwrite=True)
    finally:
        (source / "images").unlink()


def test_a_data_set_that_is_a_folder_is_never_written_over(source, tmp_path):
    convert(f"csv:{source}/labels.csv", f"coco:{tmp_path}/set", pictures="copy")
    before = {path: path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file()}
    for destination in (f"coco:{tmp_path}/set", f"{tmp_path}/set/annotations/../images/a.csv"):
        (tmp_path / "set/images/a.csv").touch()
        with pytest.raises(DataError, match="lies in the folder of the data set that is read"):
            convert(f"coco:{tmp_path}/set", destination, overwrite=True)
    (tmp_path / "set/images/a.csv").unlink()
    assert before == {path: path.read_bytes() for path in (tmp_path / "set").rglob("*") if path.is_file()}
    # New files may lie there.
    convert(f"coco:{tmp_path}/set", f"{tmp_path}/set/labels.csv")


def test_a_failed_conversion_leaves_nothing(source, tmp_path, monkeypatch):
    def fail(self):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileReference, "read", fail)
    with pytest.raises(OSError, match="No space"):
        convert(f"csv:{source}/labels.csv", f"coco:{tmp_path}/new/out", pictures="copy")
    assert files_below(tmp_path) == files_below_source(source)


def files_below_source(source):
    return sorted(["source", *(f"source/{name}" for name in files_below(source))])


def test_a_failure_while_names_are_given_takes_back_what_is_new(source, tmp_path, monkeypatch):
    replace_file = os.replace

    def fail(origin, target):
        if str(target).endswith("instances_test.json"):
            raise OSError(5, "Input/output error")
        replace_file(origin, target)

    # Files are first written under names of their own.
    monkeypatch.setattr("corelate.data.writers.output.os.replace", fail)
    with pytest.raises(OSError, match="Input/output"):
        convert(f"csv:{source}/labels.csv", f"coco:{tmp_path}/out", pictures="copy")
    assert not list(tmp_path.glob("out/**/*.json")) and not (tmp_path / "out/images").exists()


def test_a_failure_puts_back_what_was_to_be_replaced(source, tmp_path, monkeypatch):
    out = tmp_path / "out" / "t.csv"
    convert(f"csv:{source}/labels.csv", str(out), pictures="copy")
    before = {path: path.read_bytes() for path in out.parent.rglob("*") if path.is_file()}
    table = source / "labels.csv"
    table.write_text(table.read_text().replace("sky", "zebra"))
    replace_file = os.replace

    def fail(origin, target):
        if Path(target) == out and "old" not in str(origin):
            raise OSError(28, "No space left on device")
        replace_file(origin, target)

    monkeypatch.setattr("corelate.data.writers.output.os.replace", fail)
    with pytest.raises(OSError, match="No space"):
        convert(f"csv:{source}/labels.csv", str(out), pictures="copy", overwrite=True)
    assert {path: path.read_bytes() for path in out.parent.rglob("*") if path.is_file()} == before


def test_label_files_get_their_names_last(source, tmp_path, monkeypatch):
    moved = []
    replace_file = os.replace

    def note(origin, target):
        moved.append(Path(target).name)
        replace_file(origin, target)

    (source / "words.txt").write_text("sky\nsea\nboat\nmoon\n")
    monkeypatch.setattr("corelate.data.writers.output.os.replace", note)
    convert(f"csv:{source}/labels.csv?vocabulary=words.txt", f"{tmp_path}/out/t.csv", pictures="copy")
    named = [name for name in moved if not name.endswith(".partial")]
    assert named == ["images", "t.vocabulary.txt", "t.csv"]


def test_the_folder_that_one_is_in(tmp_path, monkeypatch, keyword_blocks):
    (tmp_path / "photos").mkdir()
    segment = keyword_blocks.xmp_segment(keyword_blocks.subject("sea"))
    (tmp_path / "photos" / "a.jpg").write_bytes(keyword_blocks.jpeg(segment))
    monkeypatch.chdir(tmp_path / "photos")
    for path in (".", "./"):
        spec = convert(f"photos:{path}", f"{tmp_path}/out{len(path)}.csv").spec
        assert load_annotations(spec, strict=True).labels_of(0) == ["sea"]


def test_a_name_that_is_no_text_leaves_out_that_picture_alone(tmp_path):
    pictures = [FileReference(tmp_path / name, name) for name in ("a.jpg", "n\udce9.jpg")]
    (tmp_path / "a.jpg").write_bytes(b"x")
    annotations = replace(tiny(), pictures=pictures)
    conversion = write_annotations(annotations, f"{tmp_path}/out.csv")
    assert (conversion.pictures, len(conversion.problems)) == (1, 1)


def test_pictures_are_not_written_through_a_link(source, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "images").symlink_to(elsewhere)
    with pytest.raises(DataError, match="images is a link; pictures are not written to where it leads"):
        convert(f"csv:{source}/labels.csv", f"{tmp_path}/out/t.csv", pictures="copy", overwrite=True)
    assert not list(elsewhere.iterdir())
