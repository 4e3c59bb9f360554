from __future__ import annotations

import pytest

from corelate.explain.lettering.short_names import short_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("boat", "boat"),
        ("a" * 24, "a" * 24),
        ("a" * 25, "a" * 23 + "…"),
        ("海" * 12, "海" * 12),
        ("海" * 13, "海" * 11 + "…"),
        ("two\nlines\tand more", "two lines and more"),
        ("n" + "\u0303" * 40, "n" + "\u0303" * 40),
        ("", ""),
        ("\u202eturned", "turned"),
    ],
)
def test_names_are_cut_to_what_there_is_room_for(name: str, shown: str):
    assert short_name(name) == shown


def test_room_can_be_chosen():
    assert short_name("lighthouse", 6) == "light…"
