from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.augment.ml_wgan.naming import MOST_BYTES, generated_names, safe_stem, views
from corelate.augment.ml_wgan.settings import MLWGANSettings

SEED = MLWGANSettings()


def stems(*originals: str) -> list[str]:
    return [names[0].removesuffix("_aug.jpeg") for names in generated_names(originals, SEED)]


def test_names_are_the_seed_s():
    assert generated_names(["1000.jpeg"], SEED) == [
        ("1000_aug.jpeg", "1000_aug_hor_flip.jpeg", "1000_aug_rot_90.jpeg"),
    ]


def test_views_come_in_turn_and_are_numbered_from_the_second_round():
    settings = MLWGANSettings(per_image=5)
    assert views(settings) == ["plain", "mirrored", "turned", "plain", "mirrored"]
    names = generated_names(["a/b.png"], settings)[0]
    assert names == (
        *("a/b_aug.jpeg", "a/b_aug_hor_flip.jpeg", "a/b_aug_rot_90.jpeg"),
        *("a/b_aug_2.jpeg", "a/b_aug_hor_flip_2.jpeg"),
    )


def test_a_view_that_is_named_twice_is_numbered():
    settings = MLWGANSettings(per_image=3, views=("plain", "plain"))
    assert generated_names(["x.png"], settings) == [("x_aug.jpeg", "x_aug_2.jpeg", "x_aug_3.jpeg")]


def test_folders_are_kept():
    assert stems("sea/1.jpg", "sky/1.jpg", "a/b/c/d.jpg") == ["sea/1", "sky/1", "a/b/c/d"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../x.jpg", "x"),
        ("/etc/passwd", "etc/passwd"),
        ("../../../etc/x.y.jpg", "etc/x.y"),
        ("a\\..\\b.png", "a/b"),
        ("C:\\pictures\\x.jpg", "C_/pictures/x"),
        ("./a//b.jpg", "a/b"),
        ("", "picture"),
        ("...", "picture"),
        (".jpg", "_jpg"),
        ("no suffix", "no suffix"),
        ("line\nbreak\0.jpg", "line_break_"),
        ("😀 é.jpg", "😀 é"),
        ("what?.jpg", "what_"),
        ("\udce9t\udce9.jpg", "_t_"),
        ("dots. /x .jpg", "dots/x"),
    ],
)
def test_hostile_names_become_harmless(name: str, expected: str):
    assert safe_stem(name) == expected


def test_long_names_are_cut_and_stay_different():
    long = "é" * 300
    first, second = (PurePosixPath(stem).name for stem in stems(f"{long}1.jpg", f"{long}2.jpg"))
    assert len(first.encode()) <= MOST_BYTES
    assert first != second


def test_deep_folders_are_left_out_and_the_pictures_stay_different():
    deep = "/".join(["é" * 80] * 9)
    first, second = stems(f"{deep}/1.jpg", f"{deep}/2.jpg")
    assert max(len(first.encode()), len(second.encode())) <= MOST_BYTES
    assert first != second


@pytest.mark.parametrize(
    "originals",
    [
        ("a.jpg", "a.png"),
        ("A.jpg", "a.jpg"),
        ("a.jpg", "../a.jpg", "/a.jpg"),
        ("e\u0301.jpg", "\u00e9.jpg"),
        ("a?.jpg", "a*.jpg"),
    ],
)
def test_originals_that_would_share_a_name_are_told_apart_by_their_hash(originals: tuple[str, ...]):
    marked = stems(*originals)
    assert len(set(marked)) == len(originals)
    assert all(re.fullmatch(r".+-[0-9a-f]{8}", stem) for stem in marked)
    assert stems(*reversed(originals)) == marked[::-1]


def test_a_name_that_looks_marked_keeps_its_pictures_apart():
    marked = stems("a.jpg", "a.png")
    hostile = f"{marked[0]}.jpg"
    assert len(set(stems("a.jpg", "a.png", hostile))) == 3


def test_a_name_of_a_generated_picture_is_never_that_of_a_real_one():
    (first, *_), (second, *_) = generated_names(["a.jpg", "a_aug.jpeg"], SEED)
    assert first != "a_aug.jpeg"
    assert second == "a_aug_aug.jpeg"
    assert generated_names(["a.jpg"], SEED, ["A_aug_rot_90.jpeg"])[0][0] != "a_aug.jpeg"


def test_a_name_of_a_generated_picture_is_never_that_of_a_folder():
    (first, *_), _ = generated_names(["a.jpg", "a_aug.jpeg/b.jpg"], SEED)
    assert first != "a_aug.jpeg"


@given(st.lists(st.text(alphabet="aAé_./\\-2ug:é \udc80\n", max_size=12), unique=True, max_size=6))
def test_all_names_are_different_and_below_the_folder(originals: list[str]):
    every = [name for names in generated_names(originals, MLWGANSettings(per_image=4)) for name in names]
    keys = [unicodedata.normalize("NFC", name).casefold() for name in every]
    assert len(set(keys)) == len(keys)
    folders = {str(folder) for key in keys for folder in PurePosixPath(key).parents}
    assert not folders & set(keys)
    for name in every:
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert name.encode()
