import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.doctor.spelling_rules import american, one_edit_apart, singulars, written_alike


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Sky", "sky"),
        ("sea gull", "seagull"),
        ("sea-gull", "sea_gull"),
        ("sea–gull", "Sea Gull"),
        ("café", "cafe"),
        ("cafe\u0301", "CAFÉ"),
        ("Straße", "STRASSE"),
        ("ﬁsh", "fish"),
        ("ｓｋｙ", "sky"),
        ("t-shirt", "tshirt"),
        ("U.S.A.", "usa"),
        ("mother's day", "mothers day"),
    ],
)
def test_written_alike(first, second):
    assert written_alike(first) == written_alike(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [("c++", "c"), ("c#", "c++"), ("мой", "мои"), ("ガ", "カ"), ("boeing 737", "boeing 747"), ("-", "_"), ("和", "合")],
)
def test_not_written_alike(first, second):
    assert written_alike(first) != written_alike(second)


@given(st.text(min_size=1))
def test_any_text_has_a_form_that_stays(text):
    form = written_alike(text)
    assert form
    assert written_alike(form.upper()) is not None


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("cats", "cat"),
        ("boxes", "box"),
        ("churches", "church"),
        ("tomatoes", "tomato"),
        ("horses", "horse"),
        ("berries", "berry"),
        ("leaves", "leaf"),
        ("knives", "knife"),
        ("gloves", "glove"),
        ("men", "man"),
        ("women", "woman"),
        ("snowmen", "snowman"),
        ("people", "person"),
        ("geese", "goose"),
        ("streetlights", "streetlight"),
    ],
)
def test_plurals(plural, singular):
    assert singular in singulars(plural)


@pytest.mark.parametrize("word", ["glass", "bus", "tennis", "gas", "sheep", "as"])
def test_what_only_ends_like_a_plural(word):
    assert list(singulars(word)) == []


@pytest.mark.parametrize(
    ("british", "other"),
    [
        ("colour", "color"),
        ("greycat", "graycat"),
        ("theatre", "theater"),
        ("tyre", "tire"),
        ("neighbourhood", "neighborhood"),
    ],
)
def test_british_words(british, other):
    assert american(british) == other == american(other)


def distance(first, second):
    """Restricted Damerau-Levenshtein distance by its recurrence."""
    table = np.zeros((len(first) + 1, len(second) + 1), int)
    table[:, 0], table[0] = np.arange(len(first) + 1), np.arange(len(second) + 1)
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (first[i - 1] != second[j - 1])
            )
            if i > 1 and j > 1 and first[i - 1] == second[j - 2] and first[i - 2] == second[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[-1, -1]


@given(st.lists(st.text("abc", max_size=5), max_size=12))
def test_pairs_one_edit_apart_are_those_of_the_recurrence(words):
    different = list(dict.fromkeys(words))
    expected = {
        frozenset((first, second))
        for place, first in enumerate(different)
        for second in different[place + 1 :]
        if distance(first, second) == 1
    }
    found = [frozenset(pair) for pair in one_edit_apart(words)]
    assert set(found) == expected
    assert len(found) == len(expected), "each pair once"


def test_ten_thousand_words_take_a_moment():
    generator = np.random.default_rng(0)
    words = ["".join(generator.choice(list("abcdefghij"), 9)) for _ in range(10_000)]
    words += [words[0][1:]]
    began = time.process_time()
    assert (words[0], words[-1]) in set(one_edit_apart(words))
    assert time.process_time() - began < 4
