import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats.collecting import picture_location
from corelate.data.formats.table_paths import PathRule


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    return tmp_path / "photos"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("a.jpg", "a.jpg"),
        ("x\\a.jpg", "x/a.jpg"),
        ("{folder}/x/a.jpg", "x/a.jpg"),
        ("{folder}//a.jpg", "a.jpg"),
        ("file://{folder}/a%20b.jpg", "a b.jpg"),
        ("file:{folder}/a.jpg", "a.jpg"),
        ("FILE://localhost{folder}/a.jpg", "a.jpg"),
        ("file.jpg", "file.jpg"),
        ("http.jpg", "http.jpg"),
    ],
)
def test_paths_in_the_folder(folder, path, location):
    assert PathRule(folder)(path.format(folder=folder)) == location


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/passwd", "is an absolute path outside .*prefix=TEXT"),
        ("{folder}2/a.jpg", "is an absolute path outside"),
        ("{folder}", "is empty"),
        ("{folder}/../a.jpg", "leaves the folder"),
        ("{folder}\\x/..\\../a.jpg", "leaves the folder"),
        ("file://{folder}/%2e%2e/a.jpg", "leaves the folder"),
        ("file://{folder}/a%00.jpg", "control characters"),
        ("file:///etc/passwd", "is an absolute path outside"),
        ("file://server/share/a.jpg", "is an absolute path outside"),
        ("C:\\photos\\a.jpg", "is an absolute path outside"),
        ("c:a.jpg", "is an absolute path outside"),
        ("\\\\server\\share\\a.jpg", "is an absolute path outside"),
        ("http://x.org/a.jpg", "web address, and nothing is fetched"),
        ("HTTPS://x.org/a.jpg", "web address"),
        ("s3://bucket/a.jpg", "web address"),
        ("", "is empty"),
    ],
)
def test_paths_outside(folder, path, reason):
    with pytest.raises(ValueError, match=reason):
        PathRule(folder)(path.format(folder=folder))


@pytest.mark.parametrize(
    ("prefix", "path", "location"),
    [
        ("C:\\Users\\me", "C:\\Users\\me\\x\\a.jpg", "x/a.jpg"),
        ("C:\\Users\\me\\", "c:/USERS/Me/a.jpg", "a.jpg"),
        ("C:/Users/me", "file:///C:/Users/me/a.jpg", "a.jpg"),
        ("\\\\Server\\share", "//server/Share/a.jpg", "a.jpg"),
        ("\\\\server\\share", "file://server/share/a.jpg", "a.jpg"),
        ("/home/me", "/home/me/a.jpg", "a.jpg"),
        ("/", "/home/a.jpg", "home/a.jpg"),
        ("data/images", "data\\images\\a.jpg", "a.jpg"),
        ("https://x.org/p/", "https://x.org/p/a.jpg", "a.jpg"),
        ("/home/me", "x/a.jpg", "x/a.jpg"),
    ],
)
def test_prefix_is_cut(folder, prefix, path, location):
    assert PathRule(folder, prefix)(path) == location


@pytest.mark.parametrize(
    ("prefix", "path", "reason"),
    [
        ("C:\\me", "C:\\me2\\a.jpg", "does not begin with C:/me"),
        ("/home/me", "/home/ME/a.jpg", "does not begin with /home/me"),
        ("C:\\me", "C:\\me\\..\\a.jpg", "leaves the folder"),
        ("C:\\me", "C:\\me\\x/../..\\a.jpg", "leaves the folder"),
        ("/home/me", "/home/me", "is empty"),
        ("x", "x/C:/a.jpg", "absolute"),
        ("https://x.org", "https://y.org/a.jpg", "web address"),
    ],
)
def test_nothing_outside_is_reached_by_a_prefix(folder, prefix, path, reason):
    with pytest.raises(ValueError, match=reason):
        PathRule(folder, prefix)(path)


def test_folder_behind_a_link_has_two_names(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    rule = PathRule(tmp_path / "link")
    assert rule(f"{folder}/a.jpg") == rule(f"{tmp_path}/link/a.jpg") == "a.jpg"


def test_no_absolute_path_lies_in_an_archive(folder):
    with pytest.raises(ValueError, match="is an absolute path"):
        PathRule(None)(f"{folder}/a.jpg")


PARTS = st.lists(st.sampled_from(["..", ".", "a", "C:", "/", "\\", "file:", "//", "%2e%2e", "root", "pre", " "]))


@given(PARTS.map("".join), st.sampled_from(["", "pre", "/root/pre", "C:", "\\\\"]))
def test_no_path_leaves_the_folder(path, prefix):
    try:
        location = PathRule("/root", prefix)(path)
    except ValueError:
        return
    reached = os.path.normpath(os.path.join("/root", location))  # noqa: PTH118
    assert reached.startswith("/root/")
    assert "\\" not in location


@given(st.text(st.sampled_from("ab/.-_ \\:é~\x00"), max_size=12))
def test_quick_way_is_the_long_way(name):
    def located(text):
        try:
            return picture_location(text)
        except ValueError as error:
            return str(error)

    # A space at the end is stripped, and keeps a name from the quick way.
    assert located(name) == located(f"{name} ")
    assert unicodedata.is_normalized("NFC", name)


def test_drive_letter_inside_an_address_is_part_of_a_name(folder):
    assert PathRule(folder)(f"file://{folder}/sub/d:e.jpg") == "sub/d:e.jpg"
