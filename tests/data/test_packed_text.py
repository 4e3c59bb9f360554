import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.packed_text import PackedTexts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=20)


@given(TEXTS, st.data())
def test_is_the_list_it_was_made_of(texts, data):
    packed = PackedTexts(texts)
    assert len(packed) == len(texts)
    assert list(packed) == texts
    assert [packed[position] for position in range(-len(texts), len(texts))] == texts + texts
    rows = data.draw(st.lists(st.integers(0, len(texts) - 1))) if texts else []
    assert list(packed.select(rows)) == [texts[row] for row in rows]
    assert pickle.loads(pickle.dumps(packed)) == packed
    cut = data.draw(st.slices(len(texts)))
    assert list(packed[cut]) == texts[cut]


def test_more_than_one_block():
    texts = [f"größe {number}" for number in range(10_000)]
    packed = PackedTexts(iter(texts))
    assert list(packed) == texts
    assert list(packed.select(np.arange(9_999, -1, -1))) == texts[::-1]
    assert len(pickle.dumps(packed)) < 10_000 * 25


@pytest.mark.parametrize("position", [2, -3])
def test_position_out_of_range(position):
    with pytest.raises(IndexError):
        PackedTexts(["a", "b"])[position]


def test_other_texts_are_not_equal():
    assert PackedTexts(["ab", "c"]) != PackedTexts(["a", "bc"])
    assert PackedTexts(["a"]) != ["a"]
