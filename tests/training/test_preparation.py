"""The fingerprint of a data set: what changes it, and what must not."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.training.preparation import fingerprint


@pytest.fixture
def annotations() -> AnnotationSet:
    return load_annotations("scenes:20?size=16")


def with_lists(annotations: AnnotationSet, lists: list[list[int]]) -> AnnotationSet:
    return replace(annotations, targets=TargetMatrix.from_rows(lists, len(annotations.vocabulary)))


def lists_of(annotations: AnnotationSet) -> list[list[int]]:
    return [annotations.targets.present(row).tolist() for row in range(len(annotations))]


def test_in_the_order_of_the_vocabulary_it_is_what_it_was_before_orders_were_kept(annotations: AnnotationSet):
    digest = hashlib.sha256()
    for part in (annotations.names, list(annotations.vocabulary), annotations.splits.tolist()):
        digest.update(json.dumps(part).encode())
    cells = annotations.targets.dense()
    rows, columns = np.nonzero(cells)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(cells)))])
    for array in (starts.astype(np.int64), columns.astype(np.int32), cells[rows, columns]):
        digest.update(array.tobytes())
    expected = {"pictures": 20, "labels": 22, "digest": digest.hexdigest(), "groups": None}
    assert fingerprint(annotations) == expected
    assert fingerprint(with_lists(annotations, lists_of(annotations)), places=True) == expected


def test_another_order_is_another_data_set(annotations: AnnotationSet):
    lists = lists_of(annotations)
    row = next(row for row, labels in enumerate(lists) if len(labels) > 2)
    seen = {fingerprint(annotations, places=True)["digest"]}
    for other in (lists[row][::-1], [*lists[row][1:], lists[row][0]]):
        changed = with_lists(annotations, [*lists[:row], other, *lists[row + 1 :]])
        assert fingerprint(changed) == fingerprint(annotations)  # for heads that look at no order
        seen.add(fingerprint(changed, places=True)["digest"])
    assert len(seen) == 3


def test_an_order_that_only_left_out_pictures_had_does_not_count(annotations: AnnotationSet):
    lists = [*lists_of(annotations)[:19], [3, 2]]
    kept = with_lists(annotations, lists).select(range(19))
    assert kept.targets.places is not None
    assert fingerprint(kept) == fingerprint(annotations.select(range(19)))
