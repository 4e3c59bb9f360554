from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.explain.lettering.text_fitting import fill_lines, one_line, shared_lines, shortened, wrapped

texts = st.text(max_size=30)


def test_one_line():
    assert one_line(" a\nb\t\x1b[2J c\x00\u2028d ") == "a b [2J c d"
    assert one_line("\u202egnp.exe") == "gnp.exe"
    assert one_line("\ud800") == one_line("\ufffe\uffff") == ""
    assert one_line("木 شجرة $x$ <b>") == "木 شجرة $x$ <b>"


def test_shortened():
    assert shortened("reflection", 10, len) == "reflection"
    assert shortened("reflection", 6, len) == "refle…"
    assert shortened("a long name", 8, len) == "a long…"
    assert shortened("folder/0123.jpg", 9, len, keep_end=True) == "…0123.jpg"
    assert shortened("x" * 10_000, 5, len) == "xxxx…"
    assert shortened("reflection", 0, len) == "…"


@settings(max_examples=50)
@given(texts, st.integers(1, 20), st.booleans())
def test_shortened_fits(text: str, width: int, keep_end: bool):
    assert len(shortened(text, width, len, keep_end=keep_end)) <= width


def test_items_one_after_another():
    items = [("sky", ""), ("water", ""), ("tree", ""), ("people", "")]
    assert fill_lines(items, 11, len, 9) == ["sky · water", "tree", "people"]
    assert fill_lines(items, 100, len, 9) == ["sky · water · tree · people"]
    assert fill_lines([], 100, len, 9) == []


def test_what_finds_no_room_is_counted():
    items = [(f"label {number}", "") for number in range(40)]
    assert fill_lines(items, 24, len, 2) == ["label 0 · label 1", "label 2 · +37 more"]
    assert fill_lines(items, 17, len, 2) == ["label 0 · label 1", "label… · +37 more"]


def test_all_that_have_room_are_shown():
    assert fill_lines([("a", ""), ("b", "")], 5, len, 1) == ["a · b"]


def test_a_long_item_keeps_its_ending():
    assert fill_lines([("reflection", " 0.93")], 11, len, 1) == ["refle… 0.93"]
    assert fill_lines([("reflection", " 0.93"), ("sky", " 0.5")], 19, len, 1) == ["ref… 0.93 · +1 more"]


def test_numbers_stay_behind_words_from_the_right():
    assert fill_lines([("شجرة", " 0.93")], 20, len, 1) == ["شجرة\u200e 0.93"]


@settings(max_examples=50)
@given(st.lists(st.tuples(texts.map(one_line), st.sampled_from(["", " 0.12"])), max_size=30), st.integers(1, 5))
def test_lines_fit_and_count_all(items: list[tuple[str, str]], limit: int):
    lines = fill_lines(items, 28, len, limit)
    assert len(lines) <= limit
    # The mark behind words from the right has no width of its own.
    assert all(len(line.replace("\u200e", "")) <= 28 for line in lines)


def test_wrapped():
    assert wrapped("no such file in the folder", 10, len, 5) == ["no such", "file in", "the folder"]
    assert wrapped("no such file in the folder", 10, len, 2) == ["no such", "file in t…"]
    assert wrapped("/a/very/long/path.jpg", 10, len, 2) == ["/a/very/l…"]
    assert wrapped("", 10, len, 2) == []


def test_lines_are_shared_in_turns():
    assert shared_lines([1, 2, 1], 7) == [1, 2, 1]
    assert shared_lines([7, 7, 1], 7) == [3, 3, 1]
    assert shared_lines([7, 7], 7) == [4, 3]
    assert shared_lines([0, 3], 2) == [0, 2]
    assert shared_lines([], 7) == []
