import bz2
import gzip
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from corelate.data.vocabulary import Vocabulary
from corelate.errors import EmbeddingError, OptionError
from corelate.labels.embedding_files import load_embeddings, save_embeddings
from corelate.labels.embeddings import LabelEmbeddings

VOCABULARY = Vocabulary(["Sky", "diningtable", "sea"])
WORDS = "sky 1 2\ndining 3 4\ntable 5 8\nsea 7 7\nunused 0 0\n"
EXPECTED = [[1, 2], [4, 6], [7, 7]]


def test_labels_get_their_words_and_means_of_several(write):
    embeddings = load_embeddings(write(WORDS), VOCABULARY)
    assert embeddings.vectors.tolist() == EXPECTED
    assert embeddings.vectors.dtype == np.float32
    assert embeddings.vocabulary == VOCABULARY
    assert (embeddings.source, embeddings.missing) == ("words.txt", ())
    assert embeddings.split == {"diningtable": ("dining", "table")}
    assert "diningtable = dining + table" in embeddings.summary()


@pytest.mark.parametrize("name", ["words.txt.gz", "words.gz", "words.txt", "words"])
def test_gzip_is_known_by_its_content(write, name):
    assert load_embeddings(str(write(gzip.compress(WORDS.encode()), name)), VOCABULARY).vectors.tolist() == EXPECTED


@pytest.mark.parametrize("missing", ["random", "mean", "zero"])
def test_missing_labels_are_listed_and_filled(write, missing):
    vocabulary = Vocabulary(["sky", "unicorn", "sea"])
    embeddings = load_embeddings(write(WORDS), vocabulary, missing=missing)
    assert (embeddings.missing, embeddings.fallback) == (("unicorn",), missing)
    expected = {"mean": [4, 4.5], "zero": [0, 0]}
    if missing in expected:
        assert embeddings.vectors[1].tolist() == expected[missing]
    else:
        again = load_embeddings(write(WORDS), vocabulary, seed=0).vectors[1]
        np.testing.assert_array_equal(embeddings.vectors[1], again)
        assert not np.array_equal(again, load_embeddings(write(WORDS), vocabulary, seed=1).vectors[1])
    assert "1 without a vector" in embeddings.summary()
    assert "unicorn" in embeddings.summary()


def test_missing_labels_can_be_refused(write):
    with pytest.raises(EmbeddingError, match=r"words\.txt has no vector for 2 of 3 labels: unicorn, yeti"):
        load_embeddings(write(WORDS), Vocabulary(["unicorn", "sky", "yeti"]), missing="error")
    with pytest.raises(OptionError, match="missing is 'guess': choose one of random, mean, zero, error"):
        load_embeddings(write(WORDS), VOCABULARY, missing="guess")


@pytest.mark.parametrize("missing", ["random", "mean", "zero", "error"])
def test_a_file_without_any_of_the_labels_is_always_refused(write, missing):
    with pytest.raises(EmbeddingError, match=r"no word for any of the 2 labels .*first words are sky dining table sea"):
        load_embeddings(write(WORDS), Vocabulary(["unicorn", "yeti"]), missing=missing)


def test_words_that_stand_twice_are_told_when_they_are_used(write):
    embeddings = load_embeddings(write(WORDS + "sea 9 9\nunused 1 1\n"), VOCABULARY)
    assert embeddings.vectors.tolist() == EXPECTED
    assert embeddings.notes == ("in the file more than once, the first counts: sea",)
    assert "first counts: sea" in embeddings.summary()


def test_rows_without_words_are_taken_in_order_if_there_is_one_for_each_label(write):
    embeddings = load_embeddings(write("0.5 1\n0.25 2\n-1 3\n"), VOCABULARY)
    assert embeddings.vectors.tolist() == [[0.5, 1], [0.25, 2], [-1, 3]]
    assert "no words: its 3 rows were taken in the order of the labels, Sky to sea" in embeddings.summary()


@pytest.mark.parametrize("count", [2, 4])
def test_rows_without_words_of_another_number_are_refused(write, count):
    with pytest.raises(EmbeddingError, match=f"{count} rows of numbers without words, and the vocabulary has 3 labels"):
        load_embeddings(write("0.5 1 2\n" * count), VOCABULARY)


def test_numbers_can_be_labels(write):
    digits = Vocabulary(["2", "0", "1"])
    embeddings = load_embeddings(write("0 0.5 1\n1 2 2\n2 3 3\n"), digits)
    assert embeddings.vectors.tolist() == [[3, 3], [0.5, 1], [2, 2]]
    assert not embeddings.notes


def test_rows_of_whole_numbers_are_no_words_unless_they_name_every_label(write):
    one_hot = "1 0 0\n0 1 0\n0 0 1\n"
    assert load_embeddings(write(one_hot), Vocabulary(["1", "2", "3"])).vectors.tolist() == np.eye(3).tolist()
    with pytest.raises(EmbeddingError, match="3 rows of numbers without words, and the vocabulary has 4 labels"):
        load_embeddings(write(one_hot), Vocabulary(["0", "1", "2", "3"]))


def test_a_broken_line_that_is_needed_is_named(write):
    with pytest.raises(EmbeddingError, match=r"words\.txt, line 4 \('sea'\): 'x' is not a number"):
        load_embeddings(write(WORDS.replace("sea 7 7", "sea 7 x")), VOCABULARY)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("labels.pkl", pickle.dumps({"sky": [1, 2]}), "pickle, which can run code and is not read; .*numpy.savez"),
        ("labels.txt", pickle.dumps({"sky": [1, 2]}), "pickle, which can run code"),
        ("labels.pkl", b"(dp0\nS'sky'\n.", "pickle, which can run code"),
        ("labels.pt", b"PK\x03\x04", "not an .npz file, or is damaged|pickle"),
        ("labels.bin", b"3 2\nsky abc", "binary, not text; convert word2vec's .bin with gensim"),
        ("labels.npy", b"\x93NUMPY\x01\x00", "does not say which label a row belongs to"),
        ("labels.h5", b"\x89HDF\r\n", "HDF5 is not read"),
        ("words.txt.bz2", bz2.compress(WORDS.encode()), "unpack it first"),
        ("words.txt", WORDS.encode("utf-16"), "UTF-16; save it as UTF-8"),
        ("words.txt", b"", "is empty"),
        ("labels.npz", b"no archive", "not an .npz file, or is damaged"),
        ("labels.safetensors", b"no tensors", "damaged or not a safetensors file"),
    ],
)
def test_other_files_are_refused_with_advice(write, name, content, message):
    with pytest.raises(EmbeddingError, match=message) as caught:
        load_embeddings(write(content, name), VOCABULARY)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(EmbeddingError, match="there is no such file"):
        load_embeddings(tmp_path / "none.txt", VOCABULARY)
    with pytest.raises(EmbeddingError, match="expected a file"):
        load_embeddings(tmp_path, VOCABULARY)


def test_npz_and_safetensors_are_known_by_their_content(tmp_path):
    labels, vectors = ["sea", "other", "diningtable", "Sky"], np.array([[7, 7], [0, 0], [4, 6], [1, 2]], np.float32)
    with (tmp_path / "first").open("wb") as file:
        np.savez(file, labels=labels, vectors=vectors)
    (tmp_path / "second").write_bytes(save({"vectors": vectors}, {"labels": json.dumps(labels)}))
    for name in ("first", "second"):
        embeddings = load_embeddings(tmp_path / name, VOCABULARY)
        assert embeddings.vectors.tolist() == EXPECTED
        assert (embeddings.source, embeddings.missing, embeddings.split) == (name, (), {})


@pytest.fixture
def label_file(tmp_path):
    path = tmp_path / "labels.npz"
    np.savez(path, labels=["sea", "Sky", "spare"], vectors=np.array([[7.0, 7], [1, 2], [np.nan, 0]]))
    return path


def test_labels_that_a_file_of_label_vectors_lacks(label_file):
    embeddings = load_embeddings(label_file, VOCABULARY, missing="mean")
    assert embeddings.vectors.tolist() == [[1, 2], [4, 4.5], [7, 7]]
    assert embeddings.missing == ("diningtable",)
    with pytest.raises(EmbeddingError, match="no vector for 1 of 3 labels: diningtable"):
        load_embeddings(label_file, VOCABULARY, missing="error")
    with pytest.raises(EmbeddingError, match=r"none of the 1 labels \(sky …\); its labels begin with sea, Sky, spare"):
        load_embeddings(label_file, Vocabulary(["sky"]))


def test_numbers_that_are_not_finite_are_refused_where_they_are_needed(label_file):
    with pytest.raises(EmbeddingError, match="vector of 'spare' holds NaN"):
        load_embeddings(label_file, Vocabulary(["spare", "sea"]))


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
@pytest.mark.parametrize("missing", ["random", "mean"])
def test_saved_embeddings_are_read_back_whole(write, tmp_path, suffix, missing):
    vocabulary = Vocabulary(["Sky", "unicorn", "diningtable", "sea"])
    original = load_embeddings(write(WORDS + "sea 9 9\n"), vocabulary, missing=missing)
    save_embeddings(tmp_path / f"copy{suffix}", original)
    copy = load_embeddings(tmp_path / f"copy{suffix}", vocabulary)
    np.testing.assert_array_equal(copy.vectors, original.vectors)
    for name in ("vocabulary", "source", "missing", "split", "fallback", "notes"):
        assert getattr(copy, name) == getattr(original, name), name
    assert copy.summary() == original.summary()


def test_saved_embeddings_for_another_vocabulary(write, tmp_path):
    vocabulary = Vocabulary(["Sky", "unicorn", "diningtable", "sea"])
    original = load_embeddings(write(WORDS), vocabulary, missing="zero")
    save_embeddings(tmp_path / "copy.npz", original)
    copy = load_embeddings(tmp_path / "copy.npz", Vocabulary(["sea", "yeti", "unicorn"]), missing="mean")
    assert copy.missing == ("yeti", "unicorn")
    assert copy.split == {}
    np.testing.assert_array_equal(copy.vectors, [[7, 7], [3.5, 3.5], [0, 0]])
    assert load_embeddings(tmp_path / "copy.npz", Vocabulary(["sea"])).missing == ()


@pytest.mark.parametrize(
    "about",
    [{"missing": "sky"}, {"missing": [1]}, {"split": {"sky": "sea"}}, {"split": [1]}, {"fallback": "x"}, {"notes": 1}],
)
def test_a_file_that_says_nonsense_about_its_vectors_is_refused(tmp_path, about):
    path = tmp_path / "labels.npz"
    np.savez(path, labels=["Sky"], vectors=np.ones((1, 2)), about=json.dumps(about))
    with pytest.raises(EmbeddingError, match="another form than corelate writes"):
        load_embeddings(path, Vocabulary(["Sky"]))


def test_a_source_that_would_spoil_the_terminal_is_not_shown(tmp_path):
    path = tmp_path / "labels.npz"
    about = {"source": "\x1b[2Jwords", "notes": ["a\nb"]}
    np.savez(path, labels=["Sky"], vectors=np.ones((1, 2)), about=json.dumps(about))
    assert load_embeddings(path, Vocabulary(["Sky"])).summary() == "1 label vectors of width 2: labels.npz"


def test_names_for_saving(tmp_path):
    with pytest.raises(EmbeddingError, match=r"written to \.npz or \.safetensors"):
        save_embeddings(tmp_path / "labels.txt", LabelEmbeddings(VOCABULARY, np.ones((3, 2)), "x"))


SHARED = Path(__file__).parents[2] / ".." / "shared"


@pytest.mark.real_data
def test_words_of_corel5k():
    path = SHARED / "embeddings" / "glove.6B.300d.corel5k.txt"
    if not path.exists():
        pytest.skip("the word vectors of Corel-5k do not lie beside the project")
    labels = [line.split(" ")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    embeddings = load_embeddings(path, Vocabulary(labels), missing="error")
    assert embeddings.vectors.shape == (260, 300)
    assert embeddings.vectors.sum(dtype=np.float64) == pytest.approx(-38.72302, abs=5e-5)
    norms = np.linalg.norm(embeddings.vectors, axis=1)
    assert (round(norms.min(), 2), round(norms.max(), 2)) == (4.71, 8.28)
    assert (embeddings.missing, embeddings.split, embeddings.notes) == ((), {}, ())
    backwards = load_embeddings(path, Vocabulary(labels[::-1])).vectors
    np.testing.assert_array_equal(backwards[::-1], embeddings.vectors)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "count"), [("coco", 80), ("voc", 20)])
def test_label_vectors_of_the_ml_gcn_authors(name, count):
    path = SHARED / "datasets" / "labels-only" / "ml-gcn" / f"{name}_glove_300d.txt"
    if not path.exists():
        pytest.skip("the label vectors do not lie beside the project")
    vocabulary = Vocabulary(f"label {number}" for number in range(count))
    embeddings = load_embeddings(path, vocabulary)
    np.testing.assert_allclose(embeddings.vectors, np.loadtxt(path), rtol=1e-6)
    assert f"its {count} rows were taken in the order of the labels" in embeddings.summary()
    with pytest.raises(EmbeddingError, match=f"{count} rows of numbers without words, and the vocabulary has 7 labels"):
        load_embeddings(path, Vocabulary(vocabulary.labels[:7]))


def test_a_saved_fallback_that_can_t_be_is_refused(tmp_path):
    path = tmp_path / "vectors.npz"
    about = json.dumps({"source": "x", "missing": ["sea"], "fallback": "error"})
    np.savez(path, vectors=np.ones((3, 2)), labels=np.array(VOCABULARY.labels), about=np.array(about))
    with pytest.raises(EmbeddingError, match="another form than corelate writes"):
        load_embeddings(path, VOCABULARY)


def test_a_stranger_s_words_are_shown_safely(tmp_path):
    path = tmp_path / "vectors.npz"
    about = json.dumps({"source": "x", "split": {"sea": ["\x1b[31mred\n"]}})
    np.savez(path, vectors=np.ones((3, 2)), labels=np.array(VOCABULARY.labels), about=np.array(about))
    assert "\x1b" not in load_embeddings(path, VOCABULARY).summary()
    with pytest.raises(EmbeddingError) as caught:
        np.savez(path, vectors=np.ones((1, 2)), labels=np.array(["\x1b[31m" + "x" * 10_000]))
        load_embeddings(path, VOCABULARY)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 1000
