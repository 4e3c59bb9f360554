"""What is divided: pictures or groups, with the labels they hold."""

from __future__ import annotations

import numpy as np

from corelate.data.stratification.units import Units


def test_without_groups_each_picture_is_a_unit(pictures):
    units = Units.from_pictures(pictures([[2, 0], [], [1]], 3))
    assert units.sizes.tolist() == [1, 1, 1]
    assert units.starts.tolist() == [0, 2, 2, 3]
    assert units.columns.tolist() == [0, 2, 1]
    assert units.counts.tolist() == [1, 1, 1]


def test_a_group_has_a_number_of_each_label(pictures):
    units = Units.from_pictures(pictures([[0, 1], [1], [2], [1]], 3, groups=["a", "a", "", "b"]))
    groups = {int(unit): units.label_counts_of(int(unit)) for unit in set(units.unit_of)}
    assert groups[units.unit_of[0]] == {0: 1, 1: 2}
    assert groups[units.unit_of[2]] == {2: 1}
    assert units.unit_of[0] == units.unit_of[1] != units.unit_of[3]
    assert sorted(units.sizes.tolist()) == [1, 1, 2]
    assert units.picture_count == 4
    assert len(units) == 3


def test_unknown_labels_do_not_count(pictures):
    units = Units.from_pictures(pictures([[0], []], 2, unknown=[[1], [0, 1]]))
    assert units.columns.tolist() == [0]
    assert units.label_totals().tolist() == [1, 0]


def test_labels_of_several_units(pictures):
    units = Units.from_pictures(pictures([[0, 1], [], [2]], 3))
    assert units.columns_of(np.array([2, 1, 0])).tolist() == [2, 0, 1]
    assert units.columns_of(np.array([], dtype=np.int64)).tolist() == []
    assert units.cell_units().tolist() == [0, 0, 2]
