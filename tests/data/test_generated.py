"""Generated pictures beside the real ones of a set."""

from __future__ import annotations

import dataclasses
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.dividing import DivisionOptions, divide_set
from corelate.data.formats.collecting import BAD_PICTURE_NAME, MISSING_IMAGE, REPEATED_PICTURE
from corelate.data.formats.samples import BAD_SAMPLE
from corelate.data.generated import with_generated, with_weight
from corelate.data.generated_folder import OTHER_LABELS, TAKEN_NAME
from corelate.data.images import read_image
from corelate.data.joined_references import JoinedReferences
from corelate.data.original_names import AMBIGUOUS_ORIGINAL, UNKNOWN_ORIGINAL
from corelate.data.originals import without_generated
from corelate.data.references import FolderReferences
from corelate.data.roles import rows_with_role
from corelate.data.spec import DataSpec, load_annotations
from corelate.data.splits import group_numbers
from corelate.data.stratification import stratified_folds
from corelate.data.summary import summarise
from corelate.errors import DataError, OptionError

from .generated_sets import USUAL, write_generated, write_table, write_usual


def kinds(annotations: AnnotationSet) -> set[tuple[str, str]]:
    return {(problem.kind, problem.subject) for problem in annotations.problems}


# --- what a generated picture is -------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_record", [True, False])
def test_generated_pictures_stand_behind_the_real_ones_and_are_as_their_originals(tmp_path: Path, with_record: bool):
    spec, folder = write_usual(tmp_path)
    if not with_record:
        (folder / "provenance.json").unlink()
    (tmp_path / "folds.csv").write_text("path,split,fold\na.png,train,2\nb.png,train,1\nc.png,test,\nd.png,train,1\n")
    annotations = load_annotations(f"{spec}?generated={folder}&splits={tmp_path}/folds.csv", strict=True)
    assert annotations.names == ["a.png", "b.png", "c.png", "d.png", *USUAL]
    assert annotations.originals.tolist() == ["", "", "", "", "a.png", "a.png", "c.png"]
    assert annotations.weights.tolist() == [1.0] * 7
    assert annotations.splits.tolist() == ["train", "train", "test", "train", "train", "train", "test"]
    assert annotations.groups.tolist() == ["x", "x", "y", "", "x", "x", "y"]
    assert annotations.folds.tolist() == [2, 1, 0, 1, 2, 2, 0]
    assert annotations.targets.dense()[[4, 5, 6]].tolist() == annotations.targets.dense()[[0, 0, 2]].tolist()
    assert read_image(annotations.pictures[4]).getpixel((3, 3))[0] > 200, "the generated picture, not its original"


def test_unknown_labels_and_places_are_the_originals(tmp_path: Path):
    spec = write_table(tmp_path, "path,sky,sea\na.png,1,\nb.png,0,1\n", "ab")
    folder = write_generated(tmp_path / "fakes", {"a_aug.png": ["sky"]})
    annotations = load_annotations(f"{spec}?generated={folder}", strict=True)
    assert annotations.targets.dense().tolist() == [[-1, 1], [1, 0], [-1, 1]]


def test_the_record_says_more_than_the_name(tmp_path: Path):
    spec = write_table(tmp_path / "set")
    folder = write_generated(tmp_path / "fakes", {"b_aug.png": ["sky", "sea"]}, {"a.png": ["b_aug.png"]})
    assert load_annotations(f"{spec}?generated={folder}", strict=True).originals[-1] == "a.png"


def test_a_record_of_another_program_is_passed_over(tmp_path: Path):
    spec, folder = write_usual(tmp_path, format="other", version=[])
    assert load_annotations(f"{spec}?generated={folder}", strict=True).originals[-1] == "c.png"


def test_folders_of_names_are_kept(tmp_path: Path):
    spec = write_table(tmp_path, "path,labels\nsub/a.png,sky\na.png,sea\n", ["sub/a", "a"])
    folder = write_generated(tmp_path / "fakes", {"sub/a_aug.png": ["sky"], "a_aug.png": ["sea"]})
    annotations = load_annotations(f"{spec}?generated={folder}", strict=True)
    assert annotations.originals[2:].tolist() == ["sub/a.png", "a.png"]


@pytest.mark.parametrize("inside", ["", "fakes/"])
def test_an_archive_is_read_as_it_is(tmp_path: Path, inside: str):
    spec, folder = write_usual(tmp_path)
    with zipfile.ZipFile(tmp_path / "fakes.zip", "w") as archive:
        for file in folder.rglob("*.*"):
            archive.write(file, inside + file.relative_to(folder).as_posix())
    annotations = load_annotations(f"{spec}?generated={tmp_path}/fakes.zip", strict=True)
    assert annotations.names[4:] == list(USUAL)
    assert read_image(annotations.pictures[5]).size == (32, 32)


def test_references_stay_small(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    annotations = load_annotations(f"{spec}?generated={folder}")
    assert isinstance(annotations.pictures, JoinedReferences)
    assert all(isinstance(part, FolderReferences) for part in annotations.pictures.parts)
    assert isinstance(without_generated(annotations).pictures, FolderReferences)


# --- several folders -------------------------------------------------------------------------------------------------


def test_pictures_of_one_name_in_two_folders_are_told_apart(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    more = write_generated(tmp_path / "more", {"a_aug.jpeg": ["sky", "sea"], "b_aug.jpeg": ["sky"]})
    annotations = load_annotations(f"{spec}?generated={folder},{more}", strict=True)
    assert annotations.names[4:] == [*USUAL, "more/a_aug.jpeg", "more/b_aug.jpeg"]
    assert annotations.originals[-2:].tolist() == ["a.png", "b.png"]
    assert annotations.pictures[7].name == "more/a_aug.jpeg"
    assert read_image(annotations.pictures[7]).size == (32, 32)
    again = load_annotations(f"{spec}?generated={folder},{more},{more}", strict=True)
    assert again.names[9:] == ["more 2/a_aug.jpeg", "more 2/b_aug.jpeg"]


def test_a_folder_with_a_comma_in_its_name_is_one(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    folder.rename(tmp_path / "a,b")
    assert len(load_annotations(f"{spec}?generated={tmp_path}/a,b", strict=True)) == 7


def test_no_folder_is_no_folder(tmp_path: Path):
    assert load_annotations(write_table(tmp_path) + "?generated=").originals is None


def test_paths_of_all_folders_become_absolute():
    spec = DataSpec.parse("scenes:3?generated=a,b c&merge=m.csv").with_paths(lambda path: f"/root/{path}")
    assert spec.shared == {"generated": "/root/a,/root/b c", "merge": "/root/m.csv"}
    assert DataSpec.parse(spec.to_text()) == spec


# --- weights ---------------------------------------------------------------------------------------------------------


def test_the_weight_is_that_of_generated_pictures_only(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    annotations = load_annotations(f"{spec}?generated={folder}&generated_weight=0.3")
    assert annotations.weights.tolist() == [1.0] * 4 + [0.3] * 3
    assert with_weight(annotations, 0).weights.tolist() == [1.0] * 4 + [0.0] * 3


@pytest.mark.parametrize("weight", ["-0.1", "nan", "inf", "1000.1", "1e+308"])
def test_a_weight_that_can_not_be_is_refused(tmp_path: Path, weight: str):
    spec, folder = write_usual(tmp_path)
    with pytest.raises(OptionError, match=rf"generated_weight={re.escape(weight)}: expected 0 to 1000"):
        load_annotations(f"{spec}?generated={folder}&generated_weight={weight}")
    with pytest.raises(OptionError, match="expected 0 to 1000"):
        with_generated(load_annotations(spec), folder, float(weight))


def test_a_weight_of_nothing_is_refused(tmp_path: Path):
    with pytest.raises(OptionError, match=r"generated_weight=0\.5: there are no generated pictures; name their folder"):
        load_annotations(write_table(tmp_path) + "?generated_weight=0.5")


# --- what is wrong ---------------------------------------------------------------------------------------------------


def test_what_can_not_be_used_is_noted_and_left_out(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    listed = {
        "a_aug.jpeg": ["sky", "sea"],
        "b_aug.jpeg": ["boat"],
        "e_aug.jpeg": ["sky"],
        "a_aug_gone.jpeg": ["sky", "sea"],
        "b.png": ["sky"],
    }
    folder = write_generated(tmp_path / "wrong", listed, missing=["a_aug_gone.jpeg"])
    content = json.loads((folder / "train_aug.json").read_text())
    for name in ("a_aug.jpeg", "../a_aug.jpeg", "/a_aug.jpeg"):
        content["samples"].append({"image_name": name, "image_labels": ["sky", "sea"]})
    content["samples"] += [{"image_name": 3, "image_labels": []}, "a_aug.jpeg"]
    (folder / "train_aug.json").write_text(json.dumps(content))
    annotations = load_annotations(f"{spec}?generated={folder}")
    assert annotations.names[4:] == ["a_aug.jpeg", "b_aug.jpeg"]
    assert annotations.labels_of(5) == ["sky"], "the original's, whatever the list says"
    assert kinds(annotations) == {
        (OTHER_LABELS, "b_aug.jpeg"),
        (UNKNOWN_ORIGINAL, "e_aug.jpeg"),
        (MISSING_IMAGE, "a_aug_gone.jpeg"),
        (TAKEN_NAME, "b.png"),
        (REPEATED_PICTURE, "a_aug.jpeg"),
        (BAD_PICTURE_NAME, "../a_aug.jpeg leaves the folder of the pictures"),
        (BAD_PICTURE_NAME, "/a_aug.jpeg is an absolute path"),
        (BAD_SAMPLE, "'image_name' must be text, found a number"),
        (BAD_SAMPLE, "expected an object, found text"),
    }
    with pytest.raises(DataError, match="has 9 problem"):
        load_annotations(f"{spec}?generated={folder}", strict=True)


def test_a_picture_of_two_originals_is_left_out(tmp_path: Path):
    spec = write_table(tmp_path / "set")
    record = {"a.png": ["a_aug.png", "x.png"], "d.png": ["x.png"]}
    folder = write_generated(tmp_path / "fakes", {"a_aug.png": ["sky", "sea"], "x.png": ["sky"]}, record)
    annotations = load_annotations(f"{spec}?generated={folder}")
    assert annotations.names[4:] == ["a_aug.png"]
    assert kinds(annotations) == {(AMBIGUOUS_ORIGINAL, "x.png")}


def test_a_picture_that_the_record_lacks_is_left_out(tmp_path: Path):
    spec = write_table(tmp_path / "set")
    listed = {"a_aug.png": ["sky", "sea"], "b_aug.png": ["sky"]}
    folder = write_generated(tmp_path / "fakes", listed, {"a.png": ["a_aug.png"]})
    assert kinds(load_annotations(f"{spec}?generated={folder}")) == {(UNKNOWN_ORIGINAL, "b_aug.png")}


def test_a_folder_without_any_picture_of_the_set_is_refused(tmp_path: Path):
    spec = write_table(tmp_path / "set")
    folder = write_generated(tmp_path / "fakes", {"9_aug.png": ["sky"]})
    with pytest.raises(DataError, match=rf"fakes holds no generated picture that can be used\n1 × {UNKNOWN_ORIGINAL}"):
        load_annotations(f"{spec}?generated={folder}")
    (folder / "train_aug.json").write_text('{"samples": []}')
    with pytest.raises(DataError, match=r"holds no generated picture that can be used$"):
        load_annotations(f"{spec}?generated={folder}")


def test_a_folder_without_a_list_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"holds no train_aug\.json, the list of its generated pictures: \{\"samples\""):
        load_annotations(f"{write_table(tmp_path)}?generated={tmp_path}")
    with pytest.raises(DataError, match="nowhere: no such file or folder"):
        load_annotations(f"{write_table(tmp_path)}?generated={tmp_path}/nowhere")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version 2, expected 1; read it with a newer corelate"),
        ({"pictures": []}, "'pictures' must be an object, found a list"),
        ({"pictures": {"a.png": "a_aug.jpeg"}}, r"must be a list of names; that of a\.png is not"),
        ({"pictures": {"a.png": [3]}}, "must be a list of names"),
    ],
)
def test_a_record_of_a_wrong_form_is_refused(tmp_path: Path, changes: dict[str, object], message: str):
    spec, folder = write_usual(tmp_path)
    content = json.loads((folder / "provenance.json").read_text())
    (folder / "provenance.json").write_text(json.dumps(content | changes))
    with pytest.raises(DataError, match=message):
        load_annotations(f"{spec}?generated={folder}")


# --- what real pictures alone decide ---------------------------------------------------------------------------------


def test_labels_are_counted_on_real_pictures(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    options = f"?generated={folder}&minimum_count="
    assert list(load_annotations(spec + options + "1").vocabulary) == ["boat", "sea", "sky"]
    assert list(load_annotations(spec + options + "2").vocabulary) == ["sky"], (
        "one real picture has the sea, two others"
    )


def test_counts_before_and_after_are_of_real_pictures_in_the_seeds_layout(tmp_path: Path):
    samples = [{"image_name": f"{name}.png", "image_labels": ["sky"]} for name in "ab"]
    samples += [{"image_name": "c.png", "image_labels": ["sea"]}]
    for name in "abc":
        write_generated(tmp_path, {f"{name}.png": []})
    write_generated(tmp_path, {f"c_aug{number}.png": ["sea"] for number in range(3)})
    (tmp_path / "train.json").write_text(json.dumps({"samples": samples, "labels": ["sky", "sea"]}))
    annotations = load_annotations(f"corel5k:{tmp_path}?augmented=true&minimum_count=2")
    assert list(annotations.vocabulary) == ["sky"]
    assert len(annotations) == 6


def test_a_list_may_name_labels_as_they_were_or_as_they_are(tmp_path: Path):
    (tmp_path / "merge.csv").write_text("boat,ship\n")
    spec = f"{write_table(tmp_path / 'set')}?merge={tmp_path}/merge.csv"
    listed = {"c_aug_1.png": ["boat"], "c_aug_2.png": ["ship"], "c_aug_3.png": ["sea"]}
    folder = write_generated(tmp_path / "fakes", listed)
    annotations = load_annotations(f"{spec}&generated={folder}")
    assert [annotations.labels_of(row) for row in (4, 5, 6)] == [["ship"]] * 3
    assert kinds(annotations) == {(OTHER_LABELS, "c_aug_3.png")}


def test_a_split_brings_its_own_generated_pictures(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    assert load_annotations(f"{spec}?generated={folder}&split=test", strict=True).names == ["c.png", "c_aug.jpeg"]
    train = load_annotations(f"{spec}?generated={folder}&split=train", strict=True)
    assert train.names == ["a.png", "b.png", "d.png", "a_aug.jpeg", "a_aug_rot_90.jpeg"]


def test_a_rule_for_groups_is_for_real_names(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    annotations = load_annotations(f"{spec}?generated={folder}&group=name:^.$|^(.).png")
    assert annotations.groups.tolist() == ["a", "b", "c", "d", "a", "a", "c"]


def test_a_rule_for_groups_takes_the_names_of_originals(tmp_path: Path):
    for name in ("1", "2", "1_aug"):
        write_generated(tmp_path, {f"{name}.png": []})
    write_generated(tmp_path, {"1_aug.png": ["sky"]})
    samples = [{"image_name": f"{name}.png", "image_labels": ["sky"]} for name in "12"]
    (tmp_path / "train.json").write_text(json.dumps({"samples": samples, "labels": ["sky"]}))
    annotations = load_annotations(f"corel5k:{tmp_path}?augmented=true&group=name:^(.)[.]png")
    assert annotations.groups.tolist() == ["1", "2", "1"]


def test_a_file_of_a_division_need_not_name_generated_pictures_and_may(tmp_path: Path):
    for name in ("1", "2"):
        write_generated(tmp_path, {f"{name}.png": []})
    write_generated(tmp_path, {"1_aug.png": ["sky"]})
    samples = [{"image_name": f"{name}.png", "image_labels": ["sky"]} for name in "12"]
    (tmp_path / "train.json").write_text(json.dumps({"samples": samples, "labels": ["sky"]}))
    spec = f"corel5k:{tmp_path}?augmented=true&splits={tmp_path}/division.csv"
    for row in ("", "1_aug.png,train,2\n"):
        (tmp_path / "division.csv").write_text(f"path,split,fold\n1.png,test,1\n2.png,train,2\n{row}")
        annotations = load_annotations(spec, strict=True)
        assert annotations.splits.tolist() == ["test", "train", "test"], "as the original, whatever the file says"
        assert annotations.folds.tolist() == [1, 2, 1]


def test_generated_pictures_have_no_role(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    annotations = load_annotations(f"{spec}?generated={folder}")
    assert rows_with_role(annotations, "train").tolist() == [0, 1, 3]
    assert rows_with_role(annotations, "test").tolist() == [2]
    no_splits = dataclasses.replace(annotations, splits=None)
    assert rows_with_role(no_splits, "train").tolist() == [0, 1, 2, 3]
    assert rows_with_role(no_splits, "test").tolist() == []


def test_division_is_as_without_generated_pictures(tmp_path: Path):
    real = load_annotations("scenes:40?size=32")
    variants = {f"{name.removesuffix('.png')}_aug.png": real.labels_of(row) for row, name in enumerate(real.names[:9])}
    folder = write_generated(tmp_path / "fakes", variants)
    whole = load_annotations(f"scenes:40?size=32&generated={folder}", strict=True)
    for options in (
        DivisionOptions(folds=3),
        DivisionOptions(test=0.3, validation=0.1),
        DivisionOptions(validation=0.2),
    ):
        expected, divided = divide_set(real, options), divide_set(whole, options)
        assert len(divided.annotations) == 40
        for column in ("splits", "folds"):
            assert np.array_equal(getattr(expected, column), getattr(divided, column))


def test_originals_tie_pictures_where_a_set_is_divided_as_it_is(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    annotations = load_annotations(f"{spec}?generated={folder}")
    numbers, sizes = group_numbers(dataclasses.replace(annotations, groups=None))
    assert numbers[[4, 5, 6]].tolist() == numbers[[0, 0, 2]].tolist()
    assert sorted(sizes.tolist()) == [1, 1, 2, 3]
    numbers, sizes = group_numbers(annotations)
    assert sorted(sizes.tolist()) == [1, 2, 4]
    for training, held_out in stratified_folds(dataclasses.replace(annotations, groups=None), 3, 1):
        for part in (training, held_out):
            assert (0 in part) == (4 in part) == (5 in part)
    orphan = annotations.select([1, 2, 4, 6])
    assert len(set(group_numbers(dataclasses.replace(orphan, groups=None))[0].tolist())) == 3


def test_the_summary_counts_real_pictures(tmp_path: Path):
    spec, folder = write_usual(tmp_path)
    with_them = summarise(load_annotations(f"{spec}?generated={folder}&generated_weight=0.3"))
    without = summarise(load_annotations(spec))
    assert (with_them.generated, with_them.generated_from, with_them.generated_weight) == (3, 2, 0.3)
    assert dataclasses.replace(with_them, generated=None, generated_from=0, generated_weight=None) == without
