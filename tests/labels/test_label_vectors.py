import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import EmbeddingError, OptionError
from corelate.labels import label_vectors
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.label_vectors import embeddings_from_counts, ppmi, truncated_svd_vectors


def counts_of(targets):
    matrix = TargetMatrix.from_dense(np.asarray(targets))
    return CooccurrenceCounts.from_targets(matrix, Vocabulary(f"label {n}" for n in range(matrix.label_count)))


def naive_ppmi(counts, smoothing):
    """The definition, cell by cell."""
    size = len(counts.vocabulary)
    joint = [[float(counts.pairs[i, j]) for j in range(size)] for i in range(size)]
    for i in range(size):
        joint[i][i] = float(counts.occurrences[i])
    total = sum(map(sum, joint))
    row_totals = [sum(row) for row in joint]
    smoothed = sum(row_total**smoothing for row_total in row_totals)
    result = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            if joint[i][j]:
                expected = row_totals[i] / total * (row_totals[j] ** smoothing / smoothed)
                result[i, j] = max(0.0, math.log(joint[i][j] / total / expected))
    return result


def cosine(first, second):
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


TARGETS = arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 6)), elements=st.sampled_from([-1, 0, 0, 1, 1]))


@given(TARGETS, st.sampled_from([0.75, 1.0, 0.5]))
def test_ppmi_is_its_definition(targets, smoothing):
    counts = counts_of(targets)
    np.testing.assert_allclose(ppmi(counts, smoothing).toarray(), naive_ppmi(counts, smoothing), atol=2e-9)


def test_ppmi_by_hand():
    # Two pictures with labels 0 and 1, one with label 2 alone. Row totals are 4, 4 and 1, the sum is 9.
    counts = counts_of([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    expected = [[math.log(9 / 8), math.log(9 / 8), 0], [math.log(9 / 8), math.log(9 / 8), 0], [0, 0, math.log(9)]]
    np.testing.assert_allclose(ppmi(counts, 1).toarray(), expected)


def test_ppmi_without_smoothing_is_symmetric_and_with_it_rare_contexts_count_less():
    counts = CooccurrenceCounts.from_annotations(load_annotations("scenes:200"))
    plain = ppmi(counts, 1).toarray()
    np.testing.assert_allclose(plain, plain.T)
    rare, frequent = int(counts.occurrences.argmin()), int(counts.occurrences.argmax())
    smoothed = ppmi(counts).toarray()
    assert smoothed[rare, rare] < plain[rare, rare]
    assert smoothed[frequent, frequent] > plain[frequent, frequent]


def test_counts_stay_as_they_are():
    counts = CooccurrenceCounts.from_annotations(load_annotations("scenes:100"))
    pairs, occurrences = counts.pairs.copy(), counts.occurrences.copy()
    embeddings_from_counts(counts)
    assert (counts.pairs != pairs).nnz == 0
    assert counts.pairs.dtype == pairs.dtype
    np.testing.assert_array_equal(counts.occurrences, occurrences)


def sparse_matrix(size, seed=0):
    matrix = sparse.random_array((size, size), density=0.1, rng=np.random.default_rng(seed), dtype=np.float64)
    return sparse.csr_array(matrix + sparse.diags_array(np.linspace(1, 3, size)))


@pytest.mark.parametrize("width", [1, 10, 60, 100])
@pytest.mark.parametrize("largest_dense", [1000, 10])
def test_vectors_are_those_of_the_decomposition(width, largest_dense, monkeypatch):
    monkeypatch.setattr(label_vectors, "LARGEST_DENSE", largest_dense)
    matrix = sparse_matrix(60)
    vectors = truncated_svd_vectors(matrix, width)
    width = min(width, 60)
    assert vectors.shape == (60, width)
    left, values, _ = np.linalg.svd(matrix.toarray())
    expected = left[:, :width] @ np.diag(values[:width] ** 2) @ left[:, :width].T
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=0), values[:width], rtol=1e-10)
    largest = np.abs(vectors).argmax(axis=0)
    assert (vectors[largest, np.arange(width)] > 0).all()


def test_the_iterative_way_is_taken_and_repeats_itself(monkeypatch):
    monkeypatch.setattr(label_vectors, "LARGEST_DENSE", 10)
    monkeypatch.setattr(np.linalg, "svd", None)
    first = truncated_svd_vectors(sparse_matrix(60), 8)
    np.testing.assert_array_equal(first, truncated_svd_vectors(sparse_matrix(60), 8))


def test_without_truncation_products_are_those_of_the_rows_of_ppmi():
    information = ppmi(CooccurrenceCounts.from_annotations(load_annotations("scenes:200"))).toarray()
    vectors = truncated_svd_vectors(sparse.csr_array(information), 300)
    np.testing.assert_allclose(vectors @ vectors.T, information @ information.T, atol=1e-10)


def test_columns_beyond_the_rank_are_zero():
    thin = np.random.default_rng(0).normal(size=(8, 2))
    vectors = truncated_svd_vectors(sparse.csr_array(thin @ thin.T), 5)
    np.testing.assert_allclose(vectors @ vectors.T, np.linalg.matrix_power(thin @ thin.T, 2), atol=1e-12)
    assert not vectors[:, 2:].any()


@settings(deadline=None)
@given(TARGETS, st.integers(1, 8))
def test_shape_scale_and_finiteness(targets, width):
    counts = counts_of(targets)
    if not counts.occurrences.any():
        with pytest.raises(EmbeddingError, match="pictures has a label"):
            embeddings_from_counts(counts, width)
        return
    embeddings = embeddings_from_counts(counts, width)
    assert embeddings.vectors.shape == (targets.shape[1], min(width, targets.shape[1]))
    found = [row for row, label in enumerate(counts.vocabulary) if label not in embeddings.missing]
    np.testing.assert_allclose(np.square(embeddings.vectors[found]).mean(axis=1), 1, rtol=1e-5)
    unseen = {label for label, count in zip(counts.vocabulary, counts.occurrences, strict=True) if not count}
    assert unseen <= set(embeddings.missing)


@settings(deadline=None, max_examples=40)
@given(
    groups=st.lists(st.integers(2, 4), min_size=2, max_size=3),
    pictures=st.integers(1, 4),
    alone=st.integers(0, 3),
    seed=st.integers(0, 100),
)
def test_labels_with_the_same_neighbours_are_nearer_than_labels_with_none_in_common(groups, pictures, alone, seed):
    # In each group a centre goes with every other label; the others never go with each other, yet have one neighbour.
    rows, size, start, members = [], sum(groups) + len(groups), 0, []
    for group in groups:
        members.append(range(start + 1, start + 1 + group))
        for label in members[-1]:
            for _ in range(pictures):
                row = np.zeros(size, np.int8)
                row[[start, label]] = 1
                rows.append(row)
            rows.extend(np.eye(size, dtype=np.int8)[[label] * alone])
        start += group + 1
    order = np.random.default_rng(seed).permutation(size)
    place = np.argsort(order)
    vectors = embeddings_from_counts(counts_of(np.stack(rows)[:, order])).vectors[place]
    for number, group in enumerate(members):
        others = [label for other in members[:number] + members[number + 1 :] for label in other]
        same = min(cosine(vectors[first], vectors[second]) for first in group for second in group)
        different = max(cosine(vectors[first], vectors[other]) for first in group for other in others)
        assert same > different + 1e-3


def test_labels_of_scenes_that_go_together_are_near():
    embeddings = embeddings_from_counts(CooccurrenceCounts.from_annotations(load_annotations("scenes:600")), 12)
    vocabulary, vectors = embeddings.vocabulary, embeddings.vectors
    moon, stars, boat = (vectors[vocabulary.index(label)] for label in ("moon", "stars", "boat"))
    assert cosine(moon, stars) > 0.5 > cosine(moon, boat)


def test_a_label_that_stands_alone_has_a_vector_of_its_own():
    embeddings = embeddings_from_counts(counts_of([[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1]]))
    assert embeddings.missing == ()
    np.testing.assert_allclose(embeddings.vectors[:2] @ embeddings.vectors[2], 0, atol=1e-6)


def test_a_label_without_pictures_gets_a_random_vector_and_is_listed():
    targets = [[1, 1, 0, 0], [1, 0, 0, 1], [0, 1, 0, -1]]
    embeddings = embeddings_from_counts(counts_of(targets))
    assert embeddings.missing == ("label 2",)
    assert embeddings.vectors[2].any()
    assert "1 without a vector, given random ones" in embeddings.summary()
    np.testing.assert_array_equal(embeddings.vectors[2], embeddings_from_counts(counts_of(targets)).vectors[2])
    assert not np.array_equal(embeddings.vectors[2], embeddings_from_counts(counts_of(targets), seed=1).vectors[2])


def test_labels_without_pictures_change_no_other_vector():
    targets = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0]])
    wider = np.concatenate([targets, np.zeros((3, 2), int)], axis=1)
    few, many = embeddings_from_counts(counts_of(targets), 2), embeddings_from_counts(counts_of(wider), 2)
    np.testing.assert_allclose(many.vectors[:3], few.vectors, rtol=1e-6)


@pytest.mark.parametrize(
    "targets", [[[1]], [[1, 1, 1]], [[1, 1, 1]] * 7], ids=["one label", "one picture with all", "always all labels"]
)
def test_without_any_information_all_vectors_are_random(targets):
    embeddings = embeddings_from_counts(counts_of(targets), 300)
    assert embeddings.missing == embeddings.vocabulary.labels
    assert len({tuple(row) for row in embeddings.vectors.tolist()}) == len(embeddings.vocabulary)
    assert 0.01 < np.square(embeddings.vectors).mean() < 10


@pytest.mark.parametrize("labels", range(2, 8))
def test_rounding_is_no_information(labels):
    for pictures in range(1, 30):
        assert ppmi(counts_of(np.ones((pictures, labels), np.int8))).nnz == 0


@pytest.mark.parametrize("seed", range(5))
def test_labels_that_the_kept_dimensions_say_nothing_about_are_listed(seed):
    # Groups of three labels that go with their own group only, in other numbers of pictures: each needs a dimension.
    group = np.array([[1, 1, 0], [0, 1, 1], [1, 1, 1]])
    targets = np.concatenate([np.kron(np.eye(5)[[number] * (2 * number + 1)], group) for number in range(5)])
    order = np.random.default_rng(seed).permutation(15)
    embeddings = embeddings_from_counts(counts_of(targets[:, order].astype(np.int8)), 2)
    assert len(embeddings.missing) == 9
    assert np.linalg.norm(embeddings.vectors, axis=1).min() > 0


def test_more_width_than_labels_gives_as_many_numbers_as_labels():
    assert embeddings_from_counts(counts_of([[1, 1, 0], [0, 1, 1]]), 300).vectors.shape == (3, 3)


def test_no_labels_at_all_and_no_width():
    with pytest.raises(EmbeddingError, match="none of the 2 training pictures has a label"):
        embeddings_from_counts(counts_of([[0, 0], [0, -1]]))
    with pytest.raises(OptionError, match="width is 0"):
        embeddings_from_counts(counts_of([[1, 0]]), 0)
