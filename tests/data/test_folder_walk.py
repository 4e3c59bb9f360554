import os
from pathlib import Path

import pytest

from corelate.data.folder_walk import FolderWalk, UnlistedFolder


def touch(top, *paths):
    for path in paths:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).touch()


def names(walk, top):
    return [Path(found.path).relative_to(top).as_posix() for found in walk.files(top)]


def test_files_come_in_the_order_of_names_without_hidden_ones(tmp_path):
    touch(tmp_path, "b", "a/2", "a/1", ".hidden/x", "c.txt", ".d")
    assert names(FolderWalk(), tmp_path) == ["a/1", "a/2", "b", "c.txt"]


def test_names_can_be_passed_over(tmp_path):
    touch(tmp_path, ".a", "cache/b", "c")
    assert names(FolderWalk(lambda name: name == "cache"), tmp_path) == [".a", "c"]


def test_no_folder_is_entered_twice_by_one_walk(tmp_path):
    touch(tmp_path, "sub/a")
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    (tmp_path / "zz").symlink_to(tmp_path / "sub")
    walk = FolderWalk()
    assert names(walk, tmp_path) == ["sub/a"]
    assert names(walk, tmp_path / "sub") == []


def test_links_that_lead_nowhere_are_files_of_the_walk(tmp_path):
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    assert names(FolderWalk(), tmp_path) == ["gone", "self"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser can list any folder")
def test_folder_without_permission_is_named(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    (found,) = FolderWalk().files(tmp_path)
    assert isinstance(found, UnlistedFolder)


def test_folder_that_vanishes_is_named(tmp_path):
    (found,) = FolderWalk().files(tmp_path / "gone")
    assert found == UnlistedFolder(tmp_path / "gone", "the folder can't be listed: No such file or directory")


def test_tree_deeper_than_the_stack_of_python(tmp_path):
    deep = tmp_path
    for _ in range(300):
        deep = deep / "d"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    assert len(names(FolderWalk(), tmp_path)) == 1
