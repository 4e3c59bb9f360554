import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from corelate.data.vocabulary import Vocabulary
from corelate.errors import EmbeddingError
from corelate.labels.embeddings import LabelEmbeddings, fill_missing

VOCABULARY = Vocabulary(["sky", "sea", "boat", "cloud"])
VECTORS = np.array([[1, 10], [3, 10], [0, 0], [0, 0]], dtype=np.float32)


def embeddings(fallback="random", missing=("boat", "cloud"), vectors=VECTORS, **others):
    return LabelEmbeddings(VOCABULARY, vectors, "words.txt", missing, fallback=fallback, **others)


def test_vectors_are_float32():
    vectors = embeddings(vectors=VECTORS.astype(np.float64)).vectors
    assert vectors.dtype == np.float32
    assert embeddings().width == 2


@pytest.mark.parametrize("shape", [(3, 2), (4,), (4, 0), (5, 2), ()])
def test_vectors_of_another_shape_are_refused(shape):
    with pytest.raises(EmbeddingError, match="do not fit 4 labels"):
        embeddings(vectors=np.zeros(shape))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e39])
def test_vectors_that_are_not_finite_are_refused(number):
    vectors = VECTORS.astype(np.float64)
    vectors[1, 0] = number
    with pytest.raises(EmbeddingError, match="the vector of 'sea' holds NaN, infinity"):
        embeddings(vectors=vectors)


def test_nothing_missing_changes_nothing():
    complete = embeddings(missing=())
    assert fill_missing(complete) is complete


def test_mean_and_zero():
    np.testing.assert_array_equal(fill_missing(embeddings("mean")).vectors[2:], [[2, 10], [2, 10]])
    vectors = VECTORS.copy()
    vectors[2:] = 7  # rows of missing labels are not looked at
    np.testing.assert_array_equal(fill_missing(embeddings("zero", vectors=vectors)).vectors, VECTORS)
    np.testing.assert_array_equal(fill_missing(embeddings("mean", vectors=vectors)).vectors[2:], [[2, 10], [2, 10]])


def test_error_lists_the_missing_labels():
    with pytest.raises(
        EmbeddingError, match=r"words\.txt has no vector for 2 of 4 labels: boat, cloud; .*missing_words"
    ):
        fill_missing(embeddings("error"))


def test_random_vectors_are_spread_like_the_others():
    labels = Vocabulary([f"label {number}" for number in range(2500)])
    mean, deviation = np.array([-3, 0, 20]), np.array([0.1, 1, 5])
    found = np.random.default_rng(0).normal(mean, deviation, (500, 3))
    vectors = np.concatenate([found, np.zeros((2000, 3))])
    filled = fill_missing(LabelEmbeddings(labels, vectors, "words.txt", labels.labels[500:])).vectors
    np.testing.assert_array_equal(filled[:500], found.astype(np.float32))
    np.testing.assert_allclose(filled[500:].mean(axis=0), found.mean(axis=0), atol=4 * deviation.max() / np.sqrt(2000))
    np.testing.assert_allclose(filled[500:].std(axis=0), found.std(axis=0), rtol=0.1)


def test_a_dimension_without_spread_stays_so():
    np.testing.assert_array_equal(fill_missing(embeddings()).vectors[:, 1], [10, 10, 10, 10])


def test_a_random_vector_depends_on_the_label_and_the_seed_only():
    filled = fill_missing(embeddings()).vectors
    reordered = LabelEmbeddings(Vocabulary(["cloud", "sea", "sky"]), VECTORS[[2, 1, 0]], "other.txt", ("cloud",))
    np.testing.assert_array_equal(fill_missing(reordered).vectors[0], filled[3])
    assert not np.array_equal(filled[2], filled[3])
    assert not np.array_equal(fill_missing(embeddings(), seed=1).vectors[3], filled[3])


def test_random_vectors_are_the_same_on_every_machine():
    # NumPy may change its generators between versions; that should be seen.
    drawn = fill_missing(LabelEmbeddings(Vocabulary(["sky", "sea"]), np.zeros((2, 3)), "none", ("sky", "sea"))).vectors
    np.testing.assert_allclose(drawn, DRAWN, rtol=1e-5)


DRAWN = [[-2.452451e-04, -1.336901, 1.315884], [-0.3592503, 1.261753, 0.308516]]


def test_with_one_vector_found_the_missing_labels_still_differ():
    vectors = np.array([[3.0, -4.0], [0, 0], [0, 0], [0, 0]])
    filled = fill_missing(embeddings(missing=("sea", "boat", "cloud"), vectors=vectors)).vectors
    assert len({tuple(row) for row in filled.tolist()}) == 4


@given(arrays(np.float32, (4, 3), elements=st.floats(-1e4, 1e4, width=32)), st.sampled_from(["random", "mean", "zero"]))
def test_found_rows_are_never_changed(vectors, fallback):
    filled = fill_missing(embeddings(fallback, vectors=vectors))
    np.testing.assert_array_equal(filled.vectors[:2], vectors[:2])
    assert np.isfinite(filled.vectors).all()
    assert filled.missing == ("boat", "cloud")


def test_summary_of_a_plain_case():
    assert embeddings(missing=()).summary() == "4 label vectors of width 2: words.txt"


def test_summary_says_all_that_is_not_plain():
    vocabulary = Vocabulary(["diningtable", "traffic light", "iguanas", "sky", "sea"])
    split = {"diningtable": ("dining", "table"), "traffic light": ("traffic", "light"), "iguanas": ("iguana",)}
    text = LabelEmbeddings(
        vocabulary, np.ones((5, 2)), "words.txt", ("sky", "sea"), split, "mean", ("the file is odd",)
    ).summary()
    assert text.splitlines() == [
        "5 label vectors of width 2: words.txt",
        "the file is odd",
        "found under other words, please check: diningtable = dining + table, iguanas = iguana",
        "means of several words: traffic light = traffic + light",
        "2 without a vector, given the mean of the others: sky, sea",
    ]


@pytest.mark.parametrize(
    ("fallback", "words"), [("random", "random ones spread like the others"), ("zero", "zeros"), ("mean", "the mean")]
)
def test_summary_says_what_missing_labels_got(fallback, words):
    assert f"2 without a vector, given {words}" in fill_missing(embeddings(fallback)).summary()


def test_summary_is_short_for_many_labels_but_lists_every_guess():
    labels = [f"big thing {letter}{number}" for letter in "abcdefghij" for number in range(10)]
    guessed = [f"word{number}" for number in range(100)]
    vocabulary = Vocabulary([*labels, *guessed])
    split = {label: tuple(label.split()) for label in labels} | dict.fromkeys(guessed, ("wo", "rd"))
    text = LabelEmbeddings(vocabulary, np.ones((200, 2)), "words.txt", tuple(guessed), split).summary()
    guesses, apart, missing = text.splitlines()[1:]
    assert all(f"{label} = wo + rd" in guesses for label in guessed)
    assert apart.count("=") == 20
    assert apart.endswith("and 80 more")
    assert missing.endswith("word19 and 80 more")
