from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corelate.tagging.name_set import NameSet


@given(st.lists(st.text(max_size=4)), st.lists(st.text(max_size=4)), st.text(max_size=4))
def test_it_holds_what_a_set_holds(first: list[str], second: list[str], other: str) -> None:
    names = NameSet()
    for name in first:
        names.add(name)
    assert (other in names) == (other in set(first))
    for name in second:
        names.add(name)
    assert all(name in names for name in first + second)
    assert (other in names) == (other in {*first, *second})
    assert len(names) == len({*first, *second})


def test_an_empty_set_holds_nothing() -> None:
    assert "a" not in NameSet()
    assert len(NameSet()) == 0
