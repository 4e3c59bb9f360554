import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats.collecting import (
    PLAIN_NAME,
    UNUSABLE_LABEL,
    AnnotationCollector,
    picture_location,
    shown,
)
from corelate.data.formats.containers import Folder
from corelate.data.roles import sides
from corelate.data.spec import load_annotations
from corelate.data.splits import cut_groups, folds, parts
from corelate.data.stratification import stratified_parts
from corelate.data.summary import summarise
from corelate.data.vocabulary import Vocabulary
from corelate.data.writers.conversion import write_annotations
from corelate.errors import VocabularyError


@pytest.fixture
def collector(tmp_path: Path) -> AnnotationCollector:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    return AnnotationCollector(Vocabulary(["sky", "sea"]), "a set", Folder(tmp_path))


def cases(collector):
    return [(problem.kind.partition(":")[0], problem.subject, problem.where) for problem in collector.problems]


def test_builds_what_was_added(collector):
    collector.add("a.jpg", ["sea", "sky", "sea"], where="line 2", split="train", group="x")
    collector.add("b.jpg", [], where="line 3", unknown=[1])
    annotations = collector.build()
    assert annotations.names == ["a.jpg", "b.jpg"]
    assert annotations.targets.dense().tolist() == [[1, 1], [0, -1]]
    assert annotations.splits.tolist() == ["train", ""]
    assert annotations.groups.tolist() == ["x", ""]
    assert annotations.source == "a set"
    assert not annotations.problems


def test_unknown_columns_that_pictures_share_are_kept_once(collector):
    shared = frozenset([0, 1])
    for name in ("a.jpg", "b.jpg"):
        collector.add(name, ["sea"], where="x", unknown=shared)
    assert all(kept is shared for kept in collector._unknown)
    assert collector.build().targets.dense().tolist() == [[-1, 1], [-1, 1]]


def test_no_split_and_no_group_at_all(collector):
    collector.add("a.jpg", [], where="x")
    assert collector.build().splits is None
    assert collector.build().groups is None


def test_unknown_label_is_dropped(collector):
    collector.add("a.jpg", ["cloud", "sky"], where="line 2")
    assert collector.build().labels_of(0) == ["sky"]
    assert cases(collector) == [("label not in the vocabulary", "cloud", "line 2, a.jpg")]


@pytest.mark.parametrize("label", [3, None, ["sky"], {"sky": 1}, True])
def test_label_of_a_wrong_type_is_dropped(collector, label):
    collector.add("a.jpg", [label, "sky"], where="line 2")
    assert collector.build().labels_of(0) == ["sky"]
    assert cases(collector)[0][0] == "label is not text"


def test_missing_image_is_left_out_or_kept(collector, tmp_path):
    collector.add("gone.jpg", ["sky"], where="line 2")
    assert len(collector.build()) == 0
    assert cases(collector) == [("missing image", "gone.jpg", "line 2")]
    keeping = AnnotationCollector(Vocabulary(["sky"]), "", Folder(tmp_path), keep_missing=True)
    keeping.add("gone.jpg", ["sky"], where="line 2")
    assert keeping.build().names == ["gone.jpg"]


@pytest.mark.parametrize("again", ["a.jpg", "./a.jpg", "x/../a.jpg", " a.jpg "])
def test_first_of_a_repeated_picture_is_kept(collector, again):
    collector.add("a.jpg", ["sky"], where="line 2")
    collector.add(again, ["sea"], where="line 3")
    assert collector.build().labels_of(0) == ["sky"]
    assert len(collector.build()) == 1
    assert cases(collector) == [("picture listed more than once", "a.jpg", "line 3")]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (".", "leaves the folder"),
        ("/etc/passwd", "is an absolute path"),
        ("//server/x.jpg", "is an absolute path"),
        ("\\\\server\\x.jpg", "is an absolute path"),
        ("C:\\x.jpg", "is an absolute path"),
        ("c:x.jpg", "is an absolute path"),
        ("..", "leaves the folder"),
        ("../x.jpg", "leaves the folder"),
        ("..\\x.jpg", "leaves the folder"),
        ("a/../../x.jpg", "leaves the folder"),
        ("a\0b.jpg", "holds control characters"),
        ("a\x1b[2J.jpg", "holds control characters"),
        ("\ud800.jpg", "holds control characters"),
    ],
)
def test_names_that_can_not_be_used(collector, name, reason):
    collector.add(name, ["sky"], where="line 2")
    assert len(collector.build()) == 0
    assert next(iter(collector.problems)).subject.endswith(
        reason + "".join(" of the pictures" for _ in [0] if "leaves" in reason)
    )
    collector.problems.report().encode()  # can be printed


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("a\\b.jpg", "a/b.jpg"),
        ("./a//b.jpg", "a/b.jpg"),
        ("a/../b.jpg", "b.jpg"),
        ("..a.jpg", "..a.jpg"),
        ("a b.jpg", "a b.jpg"),
    ],
)
def test_one_spelling_of_a_location(name, location):
    assert picture_location(name) == location


@given(st.text())
def test_no_name_leaves_the_folder(name):
    try:
        location = picture_location(name)
    except ValueError:
        return
    root = Path("/some/root")
    assert Path(str(root) + "/" + location).parts[:3] == root.parts
    assert ".." not in location.split("/")


def test_labels_that_are_met_become_the_vocabulary(tmp_path):
    (tmp_path / "a.jpg").touch()
    collector = AnnotationCollector(None, "a set", Folder(tmp_path))
    assert collector.add("a.jpg", ["sky", "sea", 5], where="line 1", unknown_labels=["boat", "sky"])
    assert not collector.add("gone.jpg", ["sun", "bad\nlabel", None], where="line 2", unknown_labels=["air"])
    assert (len(collector), collector.label_count) == (1, 5)
    annotations = collector.build()
    assert list(annotations.vocabulary) == ["air", "boat", "sea", "sky", "sun"]
    assert annotations.targets.dense().tolist() == [[0, -1, 1, 1, 0]]
    assert annotations.targets.dense_places().tolist() == [[0, -1, 2, 1, 0]]
    assert cases(collector) == [
        ("label is not text", "5", "line 1, a.jpg"),
        ("label both present and unknown", "sky", "line 1, a.jpg"),
        ("missing image", "gone.jpg", "line 2"),
    ]


def test_no_label_at_all(tmp_path):
    with pytest.raises(VocabularyError, match="empty"):
        AnnotationCollector(None, "a set", Folder(tmp_path)).build()


def test_unknown_labels_and_unknown_columns(collector):
    collector.add("a.jpg", [], where="x", unknown=frozenset([1]), unknown_labels=["sky", ["sea"], "cloud"])
    assert collector.build().targets.dense().tolist() == [[-1, -1]]
    assert [kind for kind, _, _ in cases(collector)] == ["label is not text", "label not in the vocabulary"]


@pytest.mark.parametrize("division", ["split", "group"])
@pytest.mark.parametrize("name", ["x" * 201, "a\nb", "\ud800"])
def test_names_of_splits_and_groups_that_can_not_be_used(collector, division, name):
    assert not collector.add("a.jpg", ["sky"], where="line 2", **{division: name})
    assert collector.add("b.jpg", ["sky"], where="line 3", **{division: "x" * 200})
    assert collector.build().names == ["b.jpg"]
    assert cases(collector)[0][0] == "name of the split or group can't be used"


@given(
    st.lists(st.lists(st.sampled_from(["sky", "sea", "boat", "sun"]), max_size=6), min_size=1, max_size=8), st.data()
)
def test_numbers_of_labels_are_turned_into_columns(lists, data):
    unknown = [data.draw(st.lists(st.sampled_from(["sky", "sea", "boat"]), max_size=3)) for _ in lists]
    labels = sorted({label for some in (*lists, *unknown) for label in some})
    if not labels:
        return
    results = []
    for vocabulary in (None, Vocabulary(labels)):
        collector = AnnotationCollector(vocabulary, "", Folder(Path("/no/such/folder")), keep_missing=True)
        for number, (present, some) in enumerate(zip(lists, unknown, strict=True)):
            collector.add(f"{number}.jpg", present, where="x", unknown_labels=some)
        results.append(collector.build())
    found, given_ = results
    assert found.vocabulary == given_.vocabulary
    assert np.array_equal(found.targets.dense_places(), given_.targets.dense_places())
    for row, present in enumerate(lists):
        places = {label: place for place, label in reversed(list(enumerate(dict.fromkeys(present), 1)))}
        expected = [places.get(label, -1 if label in unknown[row] else 0) for label in labels]
        assert found.targets.dense_places([row]).tolist() == [expected]


@given(st.one_of(st.text(alphabet=st.characters()), st.lists(st.integers()), st.none()))
def test_what_is_shown_is_short_and_printable(value):
    text = shown(value)
    assert text.isprintable()
    assert len(text) < 1000
    text.encode()


def test_many_labels_both_present_and_unknown_take_no_square_of_time(collector, tmp_path):
    labels = [f"label {number}" for number in range(20_000)]
    collector = AnnotationCollector(None, "a set", Folder(tmp_path), keep_missing=True)
    start = time.process_time()
    collector.add("a.jpg", labels, where="line 1", unknown_labels=[*labels, "other"])
    assert time.process_time() - start < 3  # a search for each takes 17
    assert collector.problems.counts() == {"label both present and unknown: taken as present": 20_000}
    assert collector.build().targets.unknown_counts().sum() == 1


@pytest.mark.parametrize("count", [30, 33, 200])
def test_long_names_of_splits_and_groups_are_not_copied_for_each_picture(tmp_path, count):
    collector = AnnotationCollector(Vocabulary(["sky"]), "a set", Folder(tmp_path), keep_missing=True)
    for number in range(50):
        collector.add(f"{number}.jpg", [], where="x", split="train" if number else "s" * count, group=f"g{number % 2}")
    annotations = collector.build()
    assert annotations.splits.itemsize <= 4 * 32
    assert annotations.split_names() == ["s" * count, "train"]
    assert annotations.split("train").splits.tolist() == ["train"] * 49
    assert len(annotations.split("s" * count)) == 1
    assert annotations.groups.tolist()[:3] == ["g0", "g1", "g0"]


def test_long_names_of_splits_and_groups_serve_all_that_uses_them(tmp_path):
    long = "s" * 200
    sets = []
    for name in (long, "short"):
        collector = AnnotationCollector(Vocabulary(["sky", "sea"]), "a set", Folder(tmp_path), keep_missing=True)
        for number in range(12):
            split, group = ("train", name)[number % 2], name if number < 4 else ("", "x", "y")[number % 3]
            collector.add(f"{number}.jpg", ["sky"][: number % 2], where="x", split=split, group=group)
        sets.append(collector.build())
    assert sets[0].splits.dtype == sets[0].groups.dtype == object
    results = []
    for annotations in sets:
        spec = write_annotations(annotations, f"{tmp_path}/{len(results)}.csv").spec
        results.append(
            [
                [part.tolist() for part in parts(annotations, (0.5, 0.5))],
                [part.tolist() for part in stratified_parts(annotations, (0.5, 0.5))],
                [division.held_out.tolist() for division in folds(annotations, 3)],
                sides(annotations.splits).tolist(),
                summarise(annotations).to_json() | {"source": ""},
                cut_groups(annotations, sides(annotations.splits)),
                load_annotations(spec).groups.tolist(),
                np.where(annotations.splits == "train", "", annotations.splits).tolist(),
            ]
        )
    assert results[0] == json.loads(json.dumps(results[1]).replace("short", long))


def test_both_spellings_of_an_accent_are_one_picture(tmp_path):
    collector = AnnotationCollector(Vocabulary(["sky"]), "a set", Folder(tmp_path), keep_missing=True)
    collector.add("e\u0301.jpg", ["sky"], where="line 1")
    collector.add("\u00e9.jpg", [], where="line 2")
    assert collector.build().names == ["e\u0301.jpg"]
    assert cases(collector) == [("picture listed more than once", "\u00e9.jpg", "line 2")]


@given(st.text(st.sampled_from("a/.- _\\:é\t~"), max_size=9) | st.text(max_size=6))
def test_plain_names_are_those_that_stay_as_they_are(name):
    if not PLAIN_NAME.fullmatch(name):
        return
    # Space at the end keeps a name from the quick way.
    assert picture_location(f"{name}\n") == name


@pytest.mark.parametrize("name", ["a b.jpg", "album 1/IMG 2 (.jpg".replace("(", "x"), "a  b/c .d", "a b/c d/e f.jpg"])
def test_names_with_spaces_inside_are_plain(name):
    assert PLAIN_NAME.fullmatch(name)


@pytest.mark.parametrize("strip", [True, False])
def test_space_around_labels(tmp_path, strip):
    collector = AnnotationCollector(None, "a set", Folder(tmp_path), keep_missing=True, strip_labels=strip)
    collector.add("a.jpg", [" sea", "sky ", "", "  ", "b\ad"], where="x", unknown_labels=["sky\t", "boat "])
    collector.add("../a.jpg", [" sun ", ""], where="x")
    if strip:
        assert sorted(collector._numbers) == ["boat", "sea", "sky", "sun"]
        assert [(kind.partition(" (")[0], subject) for kind, subject, _ in cases(collector)][:2] == [
            ("label can't be used", r"'b\x07d'"),
            ("label both present and unknown", "sky"),
        ]
    else:
        assert collector.problems.counts()[UNUSABLE_LABEL] == 7


def test_an_endless_name_takes_no_time(tmp_path):
    (tmp_path / "t.csv").write_text("path,labels\na.jpg,sea\n" + "a" + "\u0301\u0316" * 200_000 + ".jpg,sea\n")
    started = time.process_time()
    annotations = load_annotations(f"table:{tmp_path}/t.csv?labels_only=true")
    assert time.process_time() - started < 2
    assert annotations.names == ["a.jpg"]
    assert next(iter(annotations.problems)).where == "line 3"
