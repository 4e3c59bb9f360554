import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.annotation_set import AnnotationSet
from corelate.data.references import FileReference
from corelate.data.splits import cut_groups, folds, holdout
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError


def grouped(groups):
    return AnnotationSet(
        pictures=[FileReference(Path(str(row)), str(row)) for row in range(len(groups))],
        vocabulary=Vocabulary(["sky"]),
        targets=TargetMatrix.from_rows([[]] * len(groups), 1),
        groups=np.array(groups, dtype=np.str_),
    )


def assert_is_division(division, count):
    assert sorted([*division.training, *division.held_out]) == list(range(count))
    assert (np.diff(division.training) > 0).all()
    assert (np.diff(division.held_out) > 0).all()
    assert len(division.training) > 0
    assert len(division.held_out) > 0


# --- holdout ---------------------------------------------------------------------------------------------------------


@given(st.integers(2, 60), st.floats(0.001, 0.999), st.integers(0, 5))
def test_holdout_divides_all_pictures_at_the_nearest_number(count, fraction, seed):
    division = holdout(count, fraction, seed)
    assert_is_division(division, count)
    assert abs(len(division.held_out) - min(max(fraction * count, 1), count - 1)) <= 0.5 + 1e-9


@given(st.lists(st.sampled_from(["a", "b", "c", "d", ""]), min_size=2, max_size=30).filter(lambda g: len(set(g)) > 1))
def test_holdout_never_divides_a_group(groups):
    division = holdout(grouped(groups), 0.3, seed=1)
    assert_is_division(division, len(groups))
    sides = [{groups[row] for row in rows} - {""} for rows in division]
    assert not sides[0] & sides[1]


def test_holdout_depends_on_the_seed_only():
    assert all((a == b).all() for a, b in zip(holdout(50, 0.2, seed=3), holdout(50, 0.2, seed=3), strict=True))
    assert holdout(50, 0.2, seed=3).held_out.tolist() != holdout(50, 0.2, seed=4).held_out.tolist()


def test_known_division():
    # Written down so that a change of the algorithm, or of NumPy, does not go unnoticed.
    assert holdout(12, 0.25, seed=0).held_out.tolist() == [2, 3, 11]
    assert [fold.held_out.tolist() for fold in folds(7, 3, seed=0)] == [[3, 5, 6], [0, 2], [1, 4]]


def test_same_in_another_process():
    code = "from corelate.data.splits import holdout; print(holdout(30, 0.3, seed=9).held_out.tolist())"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == str(holdout(30, 0.3, seed=9).held_out.tolist())


def test_holdout_is_fair():
    share = np.zeros(20)
    for seed in range(400):
        share[holdout(20, 0.25, seed).held_out] += 1 / 400
    assert (abs(share - 0.25) < 0.1).all()


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), float("inf")])
def test_fraction_out_of_range(fraction):
    with pytest.raises(OptionError, match="between 0 and 1"):
        holdout(10, fraction)


@pytest.mark.parametrize("pictures", [0, 1, grouped(["a", "a", "a"])])
def test_holdout_needs_two_things_to_divide(pictures):
    with pytest.raises(OptionError, match="at least two"):
        holdout(pictures, 0.5)


# --- folds -----------------------------------------------------------------------------------------------------------


@given(st.integers(2, 60), st.data())
def test_folds_hold_every_picture_out_once(count, data):
    k = data.draw(st.integers(2, count))
    divisions = folds(count, k, seed=2)
    assert len(divisions) == k
    for division in divisions:
        assert_is_division(division, count)
    sizes = [len(division.held_out) for division in divisions]
    assert sum(sizes) == count
    assert max(sizes) - min(sizes) <= 1


def test_folds_never_divide_a_group_and_stay_even():
    groups = [f"group {row // 3}" for row in range(30)] + [""] * 6
    divisions = folds(grouped(groups), 4, seed=5)
    assert sorted(len(division.held_out) for division in divisions) == [9, 9, 9, 9]
    for division in divisions:
        assert_is_division(division, 36)
        sides = [{groups[row] for row in rows} - {""} for rows in division]
        assert not sides[0] & sides[1]


def test_pictures_without_group_are_divided_singly():
    assert [len(division.held_out) for division in folds(grouped(["", "", "x", ""]), 4)] == [1, 1, 1, 1]
    assert len(holdout(grouped(["", ""]), 0.5).held_out) == 1


def test_set_without_groups_is_divided_like_its_count():
    annotations = AnnotationSet(**{**vars(grouped(["x"] * 10)), "groups": None})
    assert folds(annotations, 3, 1)[0].held_out.tolist() == folds(10, 3, 1)[0].held_out.tolist()


def test_large_numbers_are_fast():
    assert len(folds(200_000, 5)[0].held_out) == 40_000


@pytest.mark.parametrize(("pictures", "k"), [(3, 4), (3, 1), (3, 0), (3, -1), (0, 2), (grouped(["a", "a", "b"]), 3)])
def test_k_out_of_range(pictures, k):
    with pytest.raises(OptionError, match=f"{k} folds"):
        folds(pictures, k)


def test_negative_seed():
    with pytest.raises(OptionError, match="seed -1"):
        holdout(10, 0.5, seed=-1)


def test_groups_on_more_than_one_side():
    annotations = grouped(["a", "a", "b", "b", "", ""])
    assert cut_groups(annotations, np.array([0, 1, 2, 2, 0, 1])) == ["a"]
    assert cut_groups(annotations, np.array(["x", "x", "x", "x", "x", "y"])) == []
    assert cut_groups(replace(annotations, groups=None), np.arange(6)) == []
