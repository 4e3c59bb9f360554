from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from corelate.data.spec import load_annotations
from corelate.data.targets import PRESENT, UNKNOWN, TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import VocabularyError
from corelate.labels.cooccurrence import CooccurrenceCounts

CELLS = arrays(
    np.int8,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9),
    elements=st.sampled_from([0, PRESENT, UNKNOWN]),
)


def labels(count: int) -> Vocabulary:
    return Vocabulary(f"label {column}" for column in range(count))


def count(matrix: np.ndarray) -> CooccurrenceCounts:
    return CooccurrenceCounts.from_targets(TargetMatrix.from_dense(matrix), labels(matrix.shape[1]))


@given(CELLS)
def test_it_counts_what_a_loop_over_the_pictures_counts(matrix: np.ndarray):
    pictures, width = matrix.shape
    pairs, occurrences = np.zeros((width, width), int), np.zeros(width, int)
    for row in matrix:
        for i in range(width):
            occurrences[i] += row[i] == PRESENT
            for j in range(width):
                pairs[i, j] += i != j and row[i] == PRESENT and row[j] == PRESENT
    counts = count(matrix)
    assert counts.pairs.toarray().tolist() == pairs.tolist()
    assert counts.occurrences.tolist() == occurrences.tolist()
    assert counts.pictures == pictures


@given(CELLS)
def test_nothing_is_stored_that_is_zero_and_columns_ascend(matrix: np.ndarray):
    counts = count(matrix)
    assert (counts.pairs.data > 0).all()
    assert counts.pairs.has_canonical_format
    assert counts.occurrences.dtype == np.int64
    assert counts.pairs.indices.dtype == np.int32


@given(CELLS)
def test_pictures_of_which_the_other_label_is_not_known_are_left_out_of_those_that_are_given(matrix: np.ndarray):
    width = matrix.shape[1]
    counts = count(matrix)
    rows = np.repeat(np.arange(width), np.diff(counts.pairs.indptr))
    for cell, (i, j) in enumerate(zip(rows, counts.pairs.indices, strict=True)):
        assert counts.given_row()[cell] == given_pictures(matrix, i, j)
        assert counts.given_column()[cell] == given_pictures(matrix, j, i)


def given_pictures(matrix: np.ndarray, given: int, other: int) -> int:
    """Pictures with one label of which the other is known; one that is never known to be absent counts as absent."""
    ever_absent = (matrix[:, other] == 0).any()
    return sum(row[given] == PRESENT and not (ever_absent and row[other] == UNKNOWN) for row in matrix)


def test_nothing_is_kept_about_unknown_labels_where_there_are_none_or_none_that_is_ever_absent():
    assert count(np.array([[1, 1, 0], [1, 0, 0]], np.int8)).unknown is None
    only_present = count(np.array([[1, 1, -1], [1, -1, 1], [-1, 1, 1]], np.int8))
    assert only_present.unknown is None
    assert only_present.given_row().tolist() == [2] * 6


def test_counts_of_unknown_labels_that_do_not_fit_are_refused():
    counts = count(np.array([[1, 1, -1], [1, 1, 0]], np.int8))
    assert counts.unknown is not None
    with pytest.raises(VocabularyError, match="3 counts of unknown labels do not fit 2 pairs"):
        CooccurrenceCounts(counts.vocabulary, counts.pairs, counts.occurrences, 2, np.zeros(3, np.int64))


def test_unknown_labels_are_no_pairs():
    counts = count(np.array([[PRESENT, UNKNOWN], [PRESENT, PRESENT], [UNKNOWN, UNKNOWN]], np.int8))
    assert counts.occurrences.tolist() == [2, 1]
    assert counts.pairs.toarray().tolist() == [[0, 1], [1, 0]]
    assert counts.pictures == 3


def test_a_picture_with_all_labels_pairs_all():
    counts = count(np.array([[1, 1, 1], [0, 0, 0]], np.int8))
    assert counts.pairs.toarray().tolist() == (1 - np.eye(3, dtype=int)).tolist()


def test_one_label_has_no_pairs():
    counts = count(np.ones((4, 1), np.int8))
    assert (counts.pairs.shape, counts.pairs.nnz, counts.occurrences.tolist()) == ((1, 1), 0, [4])


def test_no_pictures_at_all():
    counts = CooccurrenceCounts.from_targets(TargetMatrix.from_rows([], 3), labels(3))
    assert (counts.pairs.nnz, counts.occurrences.tolist(), counts.pictures) == (0, [0, 0, 0], 0)


def test_all_pictures_of_a_set_are_counted_whatever_their_split():
    annotations = load_annotations("scenes:40")
    counts = CooccurrenceCounts.from_annotations(annotations)
    assert counts.vocabulary == annotations.vocabulary
    assert counts.pictures == 40
    assert counts.occurrences.tolist() == annotations.targets.label_counts().tolist()


def test_a_vocabulary_of_another_size_is_refused():
    targets = TargetMatrix.from_dense(np.ones((2, 3), np.int8))
    with pytest.raises(VocabularyError, match="targets of 3 labels do not fit a vocabulary of 2 labels"):
        CooccurrenceCounts.from_targets(targets, labels(2))
    with pytest.raises(VocabularyError, match="do not fit a vocabulary of 2 labels"):
        CooccurrenceCounts(labels(2), count(np.ones((2, 3), np.int8)).pairs, np.zeros(3, np.int64), 2)


def test_many_labels_stay_sparse():
    """A dense product would hold 400 million cells here."""
    starts, width = np.arange(0, 20_001, 2), 20_000
    columns = np.arange(20_000, dtype=np.int32)
    targets = TargetMatrix(starts, columns, np.ones(20_000, np.int8), width)
    counts = CooccurrenceCounts.from_targets(targets, labels(width))
    assert counts.pairs.nnz == width
    assert counts.pairs.indptr.nbytes + counts.pairs.indices.nbytes + counts.pairs.data.nbytes < 1_000_000
