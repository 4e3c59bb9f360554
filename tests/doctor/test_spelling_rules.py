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
        ("sea\u200bgull", "seagull"),  # space of no width
        ("sea\u00adgull", "seagull"),  # soft hyphen
        ("\ufeffsky", "sky\u200f"),  # byte order mark, mark of direction
        ("\u200d", "\u200d"),
        ("❤\ufe0f", "❤"),
        ("☂\ufe0e", "☂\ufe0f"),
        ("葛\U000e0100", "葛"),
        ("sky\U000e0041", "sky"),
        ("sky\u3164", "sky"),
        ("boeing 737-800", "Boeing 737 800"),
        ("f-14", "F 14"),
        ("U.S. 66", "us66"),
        ("1.5.", "1.5"),
        ("1·5", "1.5"),
    ],
)
def test_written_alike(first, second):
    assert written_alike(first) == written_alike(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1.5", "15"),
        ("10-1", "101"),
        ("10-1", "10.1"),
        ("10 1", "101"),
        ("f-14", "f 1.4"),
        ("-1", "1"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0075\U000e0073\U000e007f"),  # flags
        ("c++", "c"),
        ("c#", "c++"),
        ("мой", "мои"),
        ("ガ", "カ"),
        ("boeing 737", "boeing 747"),
        ("-", "_"),
        ("和", "合"),
    ],
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
        ("lenses", "lens"),
        ("buses", "bus"),
        ("quizzes", "quiz"),
        ("axes", "axis"),
        ("axes", "axe"),
        ("oases", "oasis"),
        ("comics", "comic"),
        ("nurseries", "nursery"),
        ("wives", "wife"),
    ],
)
def test_plurals(plural, singular):
    assert singular in singulars(plural)


@pytest.mark.parametrize(
    "word",
    [
        "glass",
        "bus",
        "tennis",
        "gas",
        "sheep",
        "as",
        "news",
        "lens",
        "cameralens",
        "physics",
        "canvas",
        "series",
        "species",
        "atlas",
    ],
)
def test_what_only_ends_like_a_plural(word):
    assert list(singulars(word)) == []


@pytest.mark.parametrize(("word", "other"), [("caves", "cafe"), ("taxes", "taxis"), ("news", "new")])
def test_words_that_are_no_plural_of_another(word, other):
    assert other not in singulars(word)


@pytest.mark.parametrize(
    ("british", "other"),
    [
        ("colour", "color"),
        ("greycat", "graycat"),
        ("theatre", "theater"),
        ("tyre", "tire"),
        ("neighbourhood", "neighborhood"),
        ("organised", "organized"),
        ("modernising", "modernizing"),
        ("civilisation", "civilization"),
    ],
)
def test_british_words(british, other):
    assert american(british) == other == american(other)


def test_rises_and_prises_are_not_rewritten():
    assert [american(word) for word in ("rise", "prise", "wise")] == ["rise", "prise", "wise"]


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
