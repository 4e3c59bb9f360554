from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from corelate.errors import OptionError
from corelate.tagging.pictures import FoundPicture, SkippedPicture, encodable
from corelate.tagging.walk import PictureWalk

Make = Callable[..., Path]


def names(*given: Path | str, any_suffix: bool = False) -> list[str]:
    return [picture.name for picture in PictureWalk(given, any_suffix) if isinstance(picture, FoundPicture)]


def problems(*given: Path) -> dict[str, str]:
    return {picture.name: picture.reason for picture in PictureWalk(given) if isinstance(picture, SkippedPicture)}


def touch(top: Path, *paths: str) -> Path:
    for path in paths:
        (top / path).parent.mkdir(parents=True, exist_ok=True)
        (top / path).touch()
    return top


def test_folders_are_walked_in_the_order_of_names(tmp_path: Path) -> None:
    top = touch(tmp_path, "b.jpg", "a/2.PNG", "a/1.webp", "c.JPEG", "a.tif", "B.gif")
    assert names(top) == ["B.gif", "a/1.webp", "a/2.PNG", "a.tif", "b.jpg", "c.JPEG"]


def test_only_pictures_are_taken(tmp_path: Path) -> None:
    top = touch(tmp_path, "a.jpg", "a.jpg.xmp", "notes.txt", "jpg", "b.jpg.part", "tags.csv")
    assert names(top) == ["a.jpg"]


def test_a_file_that_is_given_is_always_taken(tmp_path: Path) -> None:
    top = touch(tmp_path, "picture", ".hidden.jpg", "a.txt")
    assert names(top / "a.txt", top / "picture", top / ".hidden.jpg") == ["a.txt", "picture", ".hidden.jpg"]
    assert names(top, top / "picture") == ["picture"]


def test_hidden_entries_are_passed_over(tmp_path: Path) -> None:
    top = touch(tmp_path, "a.jpg", ".b.jpg", ".trash/c.jpg", "sub/.d/e.jpg")
    assert names(top) == ["a.jpg"]
    assert names(top / ".trash") == ["c.jpg"]


def test_any_suffix_goes_by_content(tmp_path: Path, photos: Make) -> None:
    top = photos("a.png", "b.png")
    (top / "b.png").rename(top / "b")
    touch(top, "empty", "notes.txt")
    (top / "notes.txt").write_text("hello")
    assert names(top) == ["a.png"]
    assert names(top, any_suffix=True) == ["a.png", "b"]


def test_what_is_given_twice_comes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = touch(tmp_path, "p/a.jpg", "p/s/b.jpg", "q/c.jpg")
    monkeypatch.chdir(top)
    assert names("p", "p/a.jpg", "p", "./p/s", "q/../p/a.jpg") == ["a.jpg", "s/b.jpg"]
    assert names("p/s/b.jpg", "p/a.jpg", "p/s/b.jpg", "p") == ["s/b.jpg", "a.jpg"]
    assert names("p/s", "p") == ["s/b.jpg", "a.jpg"]


def test_names_are_relative_to_what_holds_everything_given(tmp_path: Path) -> None:
    top = touch(tmp_path, "p/a.jpg", "p/s/b.jpg", "q/a.jpg")
    for given, root in [
        ([top / "p"], top / "p"),
        ([top / "p" / "a.jpg"], top / "p"),
        ([top / "p", top / "q"], top),
        ([top / "p" / "s", top / "p" / "a.jpg"], top / "p"),
    ]:
        walk = PictureWalk(given)
        assert walk.root == root
        assert all(root / picture.name == picture.path for picture in walk)


def test_the_way_a_folder_is_written_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = touch(tmp_path, "p/a.jpg")
    monkeypatch.chdir(top / "p")
    assert names(".") == names("../p") == names(f"{top}/p/") == ["a.jpg"]
    assert PictureWalk(["."]).root == PictureWalk([f"{top}/p/"]).root == top / "p"


def test_loops_of_links_end(tmp_path: Path) -> None:
    top = touch(tmp_path, "a/1.jpg", "b/2.jpg")
    (top / "a" / "up").symlink_to(top)
    (top / "self").symlink_to("self")
    (top / "self.jpg").symlink_to("self.jpg")
    assert names(top) == ["a/1.jpg", "b/2.jpg"]
    assert problems(top) == {"self.jpg": "a link to nothing"}


def test_many_ways_to_a_folder_are_one(tmp_path: Path) -> None:
    for level in range(14):  # 2^14 paths lead to the last folder
        folder = touch(tmp_path, f"{level}/x.jpg") / str(level)
        (folder / "left").symlink_to(tmp_path / str(level + 1))
        (folder / "right").symlink_to(tmp_path / str(level + 1))
    assert len(names(tmp_path / "0")) == 14


def test_links_are_followed_under_their_own_name(tmp_path: Path) -> None:
    top = touch(tmp_path, "photos/.keep", "far/a.jpg", "far/b.jpg") / "photos"
    (top / "album").symlink_to(tmp_path / "far")
    (top / "one.jpg").symlink_to(tmp_path / "far" / "a.jpg")
    assert names(top) == ["album/a.jpg", "album/b.jpg", "one.jpg"]
    assert names(top / "one.jpg") == ["one.jpg"]


def test_links_to_nothing_and_pipes_are_reported(tmp_path: Path) -> None:
    top = touch(tmp_path, "a.jpg")
    (top / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(top / "pipe.jpg")
    os.mkfifo(top / "pipe")
    assert problems(top) == {"gone.jpg": "a link to nothing", "pipe.jpg": "neither a file nor a folder"}
    assert names(top, any_suffix=True) == ["a.jpg"]


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path) -> None:
    top = touch(tmp_path, "a.jpg", "locked/b.jpg")
    (top / "locked").chmod(0)
    assert "can't be listed" in problems(top)["locked"]
    (top / "locked").chmod(0o755)


def test_a_folder_that_vanishes_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = touch(tmp_path, "a.jpg", "locked/b.jpg")
    list_folder = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return list_folder(path)

    monkeypatch.setattr("corelate.tagging.walk.os.scandir", refuse)
    assert names(top) == ["a.jpg"]
    assert problems(top) == {"locked": "the folder can't be listed: Permission denied"}


def test_trees_deeper_than_the_stack_are_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    depth = 600
    folder = tmp_path
    for _ in range(depth):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "a.jpg").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        assert names(tmp_path) == ["d/" * depth + "a.jpg"]
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("missing", ["nothing", "a.jpg/nothing"])
def test_a_missing_path_is_refused_at_once(tmp_path: Path, missing: str) -> None:
    top = touch(tmp_path, "a.jpg")
    with pytest.raises(OptionError, match="does not exist"):
        PictureWalk([top, top / missing])


def test_nothing_and_odd_things_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="at least one"):
        PictureWalk([])
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(OptionError, match="neither a file nor a folder"):
        PictureWalk([tmp_path / "pipe.jpg"])


def test_counting_does_not_use_up_the_walk(tmp_path: Path) -> None:
    walk = PictureWalk([touch(tmp_path, "a.jpg", "b.jpg")])
    assert walk.count() == walk.count() == len(list(walk)) == 2


def test_names_that_are_no_utf_8_become_text(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.jpg")).touch()
    assert names(tmp_path) == [r"caf\xe9.jpg"]
    assert encodable("plain ümläut") == "plain ümläut"
