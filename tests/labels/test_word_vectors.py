import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.errors import EmbeddingError
from corelate.labels import word_vectors
from corelate.labels.word_vectors import WordVectorFile


def read(path, *words):
    """Return what the file has of `words`, as lists."""
    file = WordVectorFile(path)
    places, _ = file.find(words)
    return {word: vector.tolist() for word, vector in file.vectors(places).items()}


PLAIN = "sky 1 2\nsea 3 4\nboat -5e-1 6.5\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.rstrip("\n"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", " \n"),
        PLAIN.replace(" ", "\t"),
        PLAIN.replace(" 1 2", "\t1 2").replace(" 3 4", "\t3 4").replace(" -5", "\t-5"),
        PLAIN.replace("\n", "\n\n"),
        "\ufeff" + PLAIN,
        "3 2\n" + PLAIN,
        "\ufeff3 2\r\n" + PLAIN.replace("\n", " \r\n"),
        "999 2\n" + PLAIN,
        "1 2\n" + PLAIN,
    ],
)
def test_forms_of_a_file(write, content):
    expected = {"sky": [1, 2], "sea": [3, 4], "boat": [-0.5, 6.5]}
    assert read(write(content), "sky", "boat", "cloud", "sea") == expected
    assert read(write(gzip.compress(content.encode()), "words.txt.gz"), "sky", "boat", "cloud", "sea") == expected


def test_place_is_the_line_in_the_file(write):
    places, _ = WordVectorFile(write("\ufeff3 2\nsky 1 2\n\nsea 3 4\n")).find(["sky", "sea"])
    assert {word: place.line for word, place in places.items()} == {"sky": 2, "sea": 4}


def test_of_a_word_that_stands_twice_the_first_line_counts(write):
    path = write(PLAIN + "sky 8 9\ntree 1 1\ntree 2 2\n")
    places, repeated = WordVectorFile(path).find(["sky", "sea"])
    assert repeated == {"sky"}
    assert places["sky"].line == 1
    assert read(path, "sky") == {"sky": [1, 2]}


def test_words_that_hold_spaces(write):
    path = write(PLAIN + ". . . 7 8\nat name@domain.com 1 1\nnew york 5 5\nnew 9 9\nat 2 2\n")
    expected = {". . .": [7, 8], "at": [2, 2], "new york": [5, 5], "new": [9, 9]}
    assert read(path, ". . .", "at", "new york", "new", ".", "york") == expected


def test_words_with_spaces_before_a_tab(write):
    assert read(write("new york\t1\t2\nnew\t3\t4\n"), "new york", "new") == {"new york": [1, 2], "new": [3, 4]}


def test_signs_that_python_takes_for_spaces_or_line_ends_are_parts_of_words(write):
    content = "sky 1 2\na\u00a0b 3 4\nc\u0085d 5 6\ne\u2028f 7 8\ng\x1ch 9 9\n"
    assert read(write(content), "a\u00a0b", "c\u0085d", "e\u2028f", "g\x1ch", "a", "c") == {
        "a\u00a0b": [3, 4],
        "c\u0085d": [5, 6],
        "e\u2028f": [7, 8],
        "g\x1ch": [9, 9],
    }


def test_bytes_that_are_not_utf8_do_not_stop_the_reading(write):
    assert read(write(b"\xff\xfe\xfa 1 2\nsky 3 4\ncaf\xe9 5 6\nsea 7 8\n"), "sky", "sea") == {
        "sky": [3, 4],
        "sea": [7, 8],
    }


def test_words_across_block_borders(write, monkeypatch):
    content = "\n".join(f"word{number} {number} {number / 7:.4f}" for number in range(200))
    expected = {f"word{number}": [number, pytest.approx(number / 7, abs=1e-4)] for number in range(0, 200, 3)}
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr(word_vectors, "BLOCK_BYTES", size)
        assert read(write(content), *expected) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("boat 1", r"line 4 \('boat'\): 1 numbers, where the file has 2"),
        ("boat", r"line 4 \('boat'\): 0 numbers|none"),
        ("boat 1 2 3", r"line 4 \('boat'\): 3 numbers, where the file has 2"),
        ("boat 1 x", r"line 4 \('boat'\): 'x' is not a number"),
        ("boat 1,5 2", r"line 4 \('boat'\): '1,5' is not a number"),
        ("boat 1 nan", r"line 4 \('boat'\): nan is not a finite number"),
        ("boat -inf 2", r"line 4 \('boat'\): -inf is not a finite number"),
        ("boat 1 1e39", r"line 4 \('boat'\): 1e39 is not a finite number in float32"),
    ],
)
def test_a_broken_line_matters_only_when_it_is_needed(write, line, message):
    path = write(f"tree 0 0\nsky 1 2\nsea 3 4\n{line}\nsun 5 6\n")
    assert read(path, "sky", "sun") == {"sky": [1, 2], "sun": [5, 6]}
    if line == "boat":  # no number at all: nothing says that this is a word with a vector
        assert read(path, "boat") == {}
        return
    with pytest.raises(EmbeddingError, match=message):
        read(path, "boat", "sky")


@pytest.mark.parametrize("header", ["3 5", "3 1"])
def test_a_header_with_another_width_is_refused_at_the_first_needed_line(write, header):
    with pytest.raises(EmbeddingError, match=rf"line 2 \('sky'\): 2 numbers, where the file has {header[2]}"):
        read(write(f"{header}\n{PLAIN}"), "sky")


def test_the_usual_width_counts_not_that_of_the_first_line(write):
    path = write("broken 1 2 3\n" + PLAIN)
    assert read(path, "sky") == {"sky": [1, 2]}
    with pytest.raises(EmbeddingError, match=r"line 1 \('broken'\): 3 numbers"):
        read(path, "broken")


def test_vectors_of_width_one(write):
    assert read(write("2 1\nsky 0.5\nsea 1.5\n"), "sky", "sea") == {"sky": [0.5], "sea": [1.5]}
    assert read(write("sky 0.5\nsea 1.5\n"), "sky", "sea") == {"sky": [0.5], "sea": [1.5]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds 'nothing'"),
        ("\n\n", "not a text file of word vectors"),
        ("3 300\n", "not a text file of word vectors"),
        ("This is a page of prose.\nNothing else.\n", "first line holds 'This is a page of prose.'"),
        ("sky,1,2\nsea,3,4\n", "separated by spaces"),
        ('{"sky": [1, 2]}', "not a text file of word vectors"),
        (b"3 2\nsky \x00\x00\x80?\x00\x00\x00@\nsea \x00\x00", "binary, not text.*save_word2vec_format"),
    ],
)
def test_what_is_no_file_of_word_vectors(write, content, message):
    with pytest.raises(EmbeddingError, match=message):
        WordVectorFile(write(content))


def test_a_binary_file_under_gzip_is_refused_too(write):
    with pytest.raises(EmbeddingError, match=r"binary, not text.*load_word2vec_format"):
        WordVectorFile(write(gzip.compress(b"3 2\nsky \x00\x00\x80?\x00\x00\x00@"), "words.bin.gz"))


def test_a_line_without_end_is_refused(write, monkeypatch):
    monkeypatch.setattr(word_vectors, "LONGEST_LINE", 1000)
    with pytest.raises(EmbeddingError, match="a line of over"):
        WordVectorFile(write("1" * 3000))
    path = write(PLAIN * 50 + "x" * 3_000)  # after the lines that the layout is taken from
    monkeypatch.setattr(word_vectors, "BLOCK_BYTES", 100)
    with pytest.raises(EmbeddingError, match="a line of over"):
        read(path, "sky")


def test_a_damaged_gzip_file(write):
    packed = gzip.compress("".join(f"word{number} 1 {number}\n" for number in range(20_000)).encode())
    with pytest.raises(EmbeddingError, match="damaged gzip"):
        read(write(packed[: len(packed) // 2]), "word19999")
    middle = bytearray(packed)
    middle[len(packed) // 2] ^= 255
    with pytest.raises(EmbeddingError, match="damaged gzip"):
        read(write(bytes(middle)), "word19999")


def test_a_file_that_changes_between_the_passes(write):
    path = write(PLAIN)
    file = WordVectorFile(path)
    places, _ = file.find(["boat"])
    write("tree 1 2\n" + PLAIN)
    with pytest.raises(EmbeddingError, match="was changed while it was read"):
        file.vectors(places)


def test_rows_without_words(write):
    file = WordVectorFile(write("1 2 3\n4 5 6\n\n-1e-3 0 7\n"))
    assert file.layout.all_numbers
    rows, count = file.rows_without_words(3)
    assert (rows.tolist(), count) == ([[1, 2, 3], [4, 5, 6], [pytest.approx(-1e-3), 0, 7]], 3)
    rows, count = file.rows_without_words(2)
    assert (rows.tolist(), count) == ([[1, 2, 3], [4, 5, 6]], 3)


def test_two_whole_numbers_on_each_line_are_rows_without_a_header(write):
    rows, count = WordVectorFile(write("1 2\n3 4\n5 6\n")).rows_without_words(3)
    assert (rows.tolist(), count) == ([[1, 2], [3, 4], [5, 6]], 3)


def test_a_word_far_down_tells_that_the_numbers_before_it_are_words(write):
    content = "".join(f"{number} 0.5 0.25\n" for number in range(150)) + "sky 1 2\n"
    file = WordVectorFile(write(content))
    assert file.layout.all_numbers
    assert file.rows_without_words(3) is None
    assert read(file.path, "7", "sky") == {"7": [0.5, 0.25], "sky": [1, 2]}


def test_rows_of_different_lengths(write):
    with pytest.raises(EmbeddingError, match="line 3: 2 numbers, where the file has 3"):
        WordVectorFile(write("1 2 3\n4 5 6\n7 8\n")).rows_without_words(3)


WORD = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=5).filter(
    lambda word: (
        not word.isnumeric() and word.strip("0123456789._+-").lower() not in ("", "e", "nan", "inf", "infinity")
    )
)


@given(
    words=st.lists(WORD, min_size=1, max_size=8, unique=True),
    numbers=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
    header=st.booleans(),
)
def test_what_is_written_is_read(tmp_path_factory, words, numbers, header):
    path = tmp_path_factory.mktemp("words") / "words.vec"
    lines = [f"{word} {' '.join(map(repr, numbers))}\n" for word in words]
    path.write_text((f"{len(words)} 3\n" if header else "") + "".join(lines), encoding="utf-8", newline="\n")
    assert read(path, *words) == dict.fromkeys(words, np.array(numbers, np.float32).tolist())


def test_words_with_spaces_do_not_change_the_width(write):
    file = WordVectorFile(write("hot dog 1 2\nnew york 5 6\ncat 3 4\n"))
    assert file.layout.width == 2
    assert read(file.path, "cat", "hot dog") == {"cat": [3, 4], "hot dog": [1, 2]}
