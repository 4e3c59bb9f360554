from __future__ import annotations

from dataclasses import replace

import numpy as np

from corelate.data.originals import (
    how_often,
    is_generated,
    learned_variants,
    original_rows,
    real_rows,
    without_generated,
)
from corelate.data.spec import load_annotations

REAL = load_annotations("scenes:6?size=32")
NAMES = REAL.names
# Rows 1 and 3 are of row 0, row 4 is of a picture that is not there, row 5 of one that was generated itself.
TIES = np.array(["", NAMES[0], "", NAMES[0], "gone.png", NAMES[1]])
WHOLE = replace(REAL, originals=TIES, weights=np.array([1, 0.5, 1, 0, 1, 1]))


def test_which_are_generated():
    assert is_generated(WHOLE).tolist() == [False, True, False, True, True, True]
    assert real_rows(WHOLE).tolist() == [0, 2]
    assert is_generated(replace(WHOLE, originals=TIES.astype(object))).tolist() == is_generated(WHOLE).tolist()
    assert not is_generated(REAL).any()
    assert real_rows(REAL).tolist() == list(range(6))


def test_a_set_without_generated_pictures():
    assert without_generated(REAL) is REAL
    real = without_generated(WHOLE)
    assert real.names == [NAMES[0], NAMES[2]]
    assert real.originals is None
    assert real.weights is None
    heavy = without_generated(replace(WHOLE, weights=np.array([2.0, 1, 1, 1, 1, 1])))
    assert heavy.weights.tolist() == [2.0, 1.0], "weights of real pictures are theirs"


def test_the_rows_of_originals():
    assert original_rows(WHOLE).tolist() == [0, 0, 2, 0, -1, -1]
    assert original_rows(REAL).tolist() == list(range(6))
    assert original_rows(WHOLE.select([3, 0])).tolist() == [1, 1]
    assert original_rows(WHOLE.select([3])).tolist() == [-1]


def test_variants_are_learned_where_their_originals_are():
    assert learned_variants(WHOLE, np.array([0])).tolist() == [1], "weight 0 is never"
    assert learned_variants(WHOLE, np.array([2])).tolist() == []
    assert learned_variants(replace(WHOLE, weights=None), np.array([2, 0])).tolist() == [1, 3]
    assert learned_variants(REAL, np.arange(6)).tolist() == []


def test_weights_in_words():
    assert [how_often(weight) for weight in (1, 0.3, 2)] == ["once", "0.3 times", "2 times"]
