from __future__ import annotations

import pytest

from corelate.data.original_names import (
    AMBIGUOUS_ORIGINAL,
    UNKNOWN_ORIGINAL,
    OriginalNames,
    OriginalNotFoundError,
)

NAMES = ["1000.jpeg", "x.png", "x_aug.png", "sub/1000.jpeg", "other/7.jpg", "b.png", "b.jpg", "e\u0301.png", ".png"]


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("1000_aug.jpeg", "1000.jpeg"),
        ("1000_aug_hor_flip.jpeg", "1000.jpeg"),
        ("1000_aug_rot_90_2.png", "1000.jpeg"),
        ("x_aug.png", "x.png"),
        ("x_aug_aug.png", "x_aug.png"),
        ("x_aug_aug_aug.png", "x_aug.png"),
        ("sub/1000_aug.jpeg", "sub/1000.jpeg"),
        ("7_aug.jpg", "other/7.jpg"),
        ("elsewhere/7_aug.jpg", "other/7.jpg"),
        ("\u00e9_aug.png", "e\u0301.png"),
    ],
)
def test_the_stem_before_the_mark_is_the_originals(name: str, original: str):
    assert NAMES[OriginalNames(NAMES).find(name)] == original


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("1000.jpeg", UNKNOWN_ORIGINAL),
        ("1001_aug.jpeg", UNKNOWN_ORIGINAL),
        ("_aug.jpeg", UNKNOWN_ORIGINAL),
        ("", UNKNOWN_ORIGINAL),
        ("b_aug.png", AMBIGUOUS_ORIGINAL),
        ("elsewhere/1000_aug.jpeg", AMBIGUOUS_ORIGINAL),
    ],
)
def test_what_is_of_none_or_of_several_is_not_guessed(name: str, kind: str):
    with pytest.raises(OriginalNotFoundError, match=kind):
        OriginalNames(NAMES).find(name)


def test_a_record_is_taken_at_its_word():
    names = OriginalNames(["a.png", "b/c.png"], {"x.png": "b/c.png", "y.png": None, "z.png": "gone.png"})
    assert names.find("x.png") == 1
    for name, kind in (("y.png", AMBIGUOUS_ORIGINAL), ("z.png", UNKNOWN_ORIGINAL), ("a_aug.png", UNKNOWN_ORIGINAL)):
        with pytest.raises(OriginalNotFoundError, match=kind):
            names.find(name)
