from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from corelate.data.joined_references import JoinedReferences, chosen_pictures, picture_names
from corelate.data.packed_text import PackedTexts
from corelate.data.references import FileReference, FolderReferences

FIRST = FolderReferences(Path("one"), PackedTexts(["a", "b", "c"]))
SECOND = [FileReference(Path("two/a"), "a"), FileReference(Path("two/d"), "d")]
ALL = JoinedReferences.of(FIRST, SECOND, prefixes=("", "two/"))


def test_pictures_of_both_parts():
    assert len(ALL) == 5
    assert [picture.name for picture in ALL] == ALL.names == ["a", "b", "c", "two/a", "two/d"]
    assert [picture.path for picture in ALL] == [Path(p) for p in ("one/a", "one/b", "one/c", "two/a", "two/d")]
    assert ALL[-1].name == "two/d"
    assert picture_names(ALL[1:4]) == ["b", "c", "two/a"]
    with pytest.raises(IndexError):
        ALL[5]


def test_choices_in_any_order_and_of_choices():
    assert ALL.select([4, 0, 4]).names == ["two/d", "a", "two/d"]
    chosen = chosen_pictures(ALL.select([4, 2, 0]), [2, 0])
    assert picture_names(chosen) == ["a", "two/d"]
    assert [picture.path for picture in chosen] == [Path("one/a"), Path("two/d")]
    assert len(ALL.select([])) == 0


def test_pictures_of_one_part_are_as_small_as_before():
    chosen = ALL.select([2, 0])
    assert isinstance(chosen, FolderReferences)
    assert list(chosen.names) == ["c", "a"]
    assert isinstance(ALL.select([3, 4]), JoinedReferences), "their names are others here"


def test_joined_again_and_sent_to_another_process():
    again = pickle.loads(pickle.dumps(JoinedReferences.of(ALL, FIRST)))
    assert again.names == [*ALL.names, "a", "b", "c"]
    assert again.select([7, 3]).names == ["c", "two/a"]
