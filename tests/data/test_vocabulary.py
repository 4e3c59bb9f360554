import pytest

from corelate.data.vocabulary import Vocabulary, is_label
from corelate.errors import DataError, VocabularyError


def test_order_is_kept_and_defines_the_columns():
    vocabulary = Vocabulary(["sky", "sea", "boat"])
    assert list(vocabulary) == ["sky", "sea", "boat"]
    assert [vocabulary.index(label) for label in vocabulary] == [0, 1, 2]
    assert len(vocabulary) == 3
    assert vocabulary[2] == "boat"
    assert "sea" in vocabulary
    assert "Sea" not in vocabulary
    assert vocabulary == Vocabulary(["sky", "sea", "boat"]) != Vocabulary(["sea", "sky", "boat"])


@pytest.mark.parametrize(
    "labels", [[], ["a", "a"], [""], [" a"], ["a\n"], [3], [None], ["a", "b\tc"], ["\ud800"], ["x\x1b[2J"]]
)
def test_wrong_labels(labels):
    with pytest.raises(VocabularyError):
        Vocabulary(labels)


def test_message_names_the_place_and_stays_short():
    with pytest.raises(VocabularyError, match=r"label number 2 of the vocabulary is \['x"):
        Vocabulary(["a", ["x" * 10_000]])
    with pytest.raises(VocabularyError) as caught:
        Vocabulary(["a", "x\n" * 100_000])
    assert len(str(caught.value)) < 300


def test_unknown_label():
    with pytest.raises(VocabularyError, match="'cloud' is not in the vocabulary of 1 labels"):
        Vocabulary(["sky"]).index("cloud")
    assert issubclass(VocabularyError, DataError)


@pytest.mark.parametrize("label", ["sky", "hot dog", "f-16", "été", "دوچرخه\u200cسوار", "👩\u200d🚀", "a;b", "a\xa0b"])
def test_labels_of_any_language(label):
    assert is_label(label)


def test_from_text_has_one_label_a_line():
    assert Vocabulary.from_text("sky\r\n\n hot dog \nsea").labels == ("sky", "hot dog", "sea")
