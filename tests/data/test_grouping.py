"""Groups by the names of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corelate.data import grouping
from corelate.data.annotation_set import AnnotationSet
from corelate.data.grouping import with_groups
from corelate.data.references import FileReference
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError


def named(*names: str, groups: list[str] | None = None) -> AnnotationSet:
    return AnnotationSet(
        pictures=[FileReference(Path(name), name) for name in names],
        vocabulary=Vocabulary(["sky"]),
        targets=TargetMatrix.from_rows([[]] * len(names), 1),
        groups=None if groups is None else np.array(groups),
    )


def groups_of(rule: str, *names: str) -> list[str]:
    return with_groups(named(*names), rule).groups.tolist()


def test_folder_of_the_name():
    assert groups_of("folder", "trip/a.jpg", "trip/b.jpg", "trip/day 2/c.jpg", "d.jpg") == [
        "trip",
        "trip",
        "trip/day 2",
        "",
    ]


def test_first_capture_group():
    # The thousands of a Corel number are its CD, whose hundred pictures have one theme.
    assert groups_of(r"name:(\d+)\d{3}\.", "1000.jpeg", "1099.jpeg", "13001.jpeg") == ["1", "1", "13"]
    assert groups_of(r"name:(IMG)_(\d+)", "IMG_1.jpg", "x/IMG_2.jpg") == ["IMG", "IMG"]


def test_whole_match_without_a_capture_group():
    assert groups_of(r"name:\d+", "burst12_a.jpg", "burst12_b.jpg", "burst3.jpg") == ["12", "12", "3"]


def test_pictures_without_a_match_are_alone():
    assert groups_of(r"name:^(\d+)_", "1_a.jpg", "b.jpg", "1_c.jpg", "d.jpg") == ["1", "", "1", ""]
    assert groups_of(r"name:a(x)?", "a.jpg", "ax.jpg") == ["", "x"]  # the capture group is not in the match


def test_folders_belong_to_the_name():
    assert groups_of(r"name:^([^/]+)/", "a/b/1.jpg", "c/2.jpg") == ["a", "c"]


def test_the_rule_replaces_the_groups_of_the_set():
    annotations = named("a/1.jpg", "b/2.jpg", groups=["x", "x"])
    assert with_groups(annotations, "folder").groups.tolist() == ["a", "b"]
    assert annotations.groups.tolist() == ["x", "x"]


def test_names_in_other_scripts_and_of_undecodable_files():
    assert groups_of(r"name:^(\w+)_", "été_1.jpg", "海_2.jpg", "\udcff_3.jpg") == ["été", "海", ""]


def test_long_groups_stay_different():
    first, second = "a" * 3000, "a" * 2999 + "b"
    groups = groups_of("folder", f"{first}/1.jpg", f"{second}/2.jpg", f"{first}/3.jpg")
    assert groups[0] == groups[2] != groups[1]
    assert max(map(len, groups)) <= 200


@pytest.mark.parametrize("rule", ["", "name", "folders", "regex:a", "Folder"])
def test_unknown_rule(rule):
    with pytest.raises(OptionError, match="expected folder, or name:"):
        with_groups(named("a.jpg"), rule)


@pytest.mark.parametrize("pattern", ["(", "[a", "*", "a{99999999999999999999}", "(?P<1>a)"])
def test_not_a_pattern(pattern):
    with pytest.raises(OptionError, match="not a regular expression"):
        with_groups(named("a.jpg"), f"name:{pattern}")


def test_no_match_at_all_is_an_error():
    with pytest.raises(OptionError, match=r"matches no name; the first is 'a\.jpg'"):
        with_groups(named("a.jpg", "b.jpg"), r"name:(\d+)")
    with pytest.raises(OptionError, match="no picture is in a folder"):
        with_groups(named("a.jpg", "b.jpg"), "folder")


def test_a_pattern_that_would_never_end_is_stopped(monkeypatch):
    monkeypatch.setattr(grouping, "MATCHING_SECONDS", 0.5)
    with pytest.raises(OptionError, match="takes too long"):
        with_groups(named("a" * 60 + ".jpg"), "name:^(a+)+$")


def test_a_hundred_thousand_names_are_quick():
    names = [f"{number}.jpeg" for number in range(100_000)]
    assert len(set(groups_of(r"name:(\d+)\d{3}\.", *names))) == 100


def test_in_a_spec():
    annotations = load_annotations(r"scenes:30?size=16&group=name:(\d)\d\.")
    assert annotations.groups.tolist() == [str(number // 10) for number in range(30)]


def test_a_plus_sign_of_a_pattern_is_itself_in_a_spec():
    for pattern in (r"(\d+)\.", r"(\d%2B)\."):
        annotations = load_annotations(f"scenes:3?size=16&group=name:{pattern}")
        assert set(annotations.groups) == {"000000", "000001", "000002"}
