import time

import pytest

from corelate.data.metadata.found_keywords import LONGEST_KEYWORD, MOST_KEYWORDS, FoundKeywords, clean_keyword


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  two\t words \n", "two words"),
        ("cafe\u0301", "caf\xe9"),
        ("padded\0\0", "padded"),
        ("non\xa0breaking", "non breaking"),
        (" \0 ", ""),
    ],
)
def test_keywords_have_one_spelling(text, cleaned):
    assert clean_keyword(text) == cleaned


def test_each_keyword_counts_once_in_the_order_found():
    found = FoundKeywords()
    for text in ("sea", "boat", "sea ", "", "  "):
        found.add(text)
    assert list(found.words) == ["sea", "boat"]


def test_bar_in_a_flat_list_makes_a_path():
    found = FoundKeywords()
    found.add("Places|Italy | Rome|")
    found.add("AC/DC")
    assert list(found.paths) == [("Places", "Italy", "Rome")]
    assert list(found.words) == ["AC/DC"]


def test_separator_divides_what_was_written_as_one():
    found = FoundKeywords(separator=",")
    found.add("sea, boat,A|B")
    assert list(found.words) == ["sea", "boat"]
    assert list(found.paths) == [("A", "B")]


@pytest.mark.parametrize("text", ["bell\a", "x" * (LONGEST_KEYWORD + 1), "half \udc80"])
def test_what_cannot_be_a_label_is_kept_apart(text):
    found = FoundKeywords()
    found.add(text)
    found.add_path(["A", text])
    assert not found.words
    assert not found.paths
    assert found.unusable == [text, f"A|{text}"]


def test_keywords_without_end_are_cut_and_noted_once():
    found = FoundKeywords()
    for number in range(MOST_KEYWORDS + 10):
        found.add(f"{number}")
    assert len(found.words) == MOST_KEYWORDS
    assert found.damages == [f"more than {MOST_KEYWORDS} keywords"]


def test_endless_accents_take_no_time_and_no_memory():
    found = FoundKeywords()
    started = time.process_time()
    found.add("a" + "\u0301\u0316" * 200_000)
    assert time.process_time() - started < 1
    assert (list(found.words), len(found.unusable)) == ([], 1)
