from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats.collecting import AnnotationCollector, picture_location, shown
from corelate.data.formats.containers import Folder
from corelate.data.vocabulary import Vocabulary


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


@given(st.one_of(st.text(alphabet=st.characters()), st.lists(st.integers()), st.none()))
def test_what_is_shown_is_short_and_printable(value):
    text = shown(value)
    assert text.isprintable()
    assert len(text) < 1000
    text.encode()
