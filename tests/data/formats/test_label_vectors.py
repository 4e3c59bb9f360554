import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corelate.data.formats.label_vectors import read_label_vectors
from corelate.errors import DataError

LAYOUTS = [("<u2", "<u2"), ("<i4", "<i4"), ("<i4", "<u2"), ("<i4", "u1"), ("<u2", "u1")]


def vectors(marks, count="<u2", mark="<u2", header=None):
    """Write vectors as the published files have them: a count, then so many marks."""
    size = len(marks[0]) if header is None else header
    return b"".join(np.array([size], count).tobytes() + np.array(row, mark).tobytes() for row in marks)


def some_marks(least):
    sizes = st.integers(least, 6)
    return sizes.flatmap(lambda n: st.lists(st.lists(st.integers(0, 1), min_size=n, max_size=n), min_size=1))


@given(marks=some_marks(3), layout=st.sampled_from(LAYOUTS))
@example(marks=[[0, 1]], layout=("<i4", "u1"))
def test_every_layout_gives_the_marks(marks, layout):
    read = read_label_vectors(vectors(marks, *layout), "a.hvecs", len(marks), len(marks[0]))
    assert read.tolist() == marks
    assert read.dtype == np.int8


@given(some_marks(1))
def test_published_layout_comes_first(marks):
    """With two labels another layout may fit as well."""
    assert read_label_vectors(vectors(marks), "a.hvecs", len(marks), len(marks[0])).tolist() == marks


def test_published_layout_byte_by_byte():
    data = b"\x03\x00" + b"\x01\x00\x00\x00\x01\x00" + b"\x03\x00" + b"\x00\x00\x01\x00\x00\x00"
    assert read_label_vectors(data, "a.hvecs", 2, 3).tolist() == [[1, 0, 1], [0, 1, 0]]


def test_other_marks_are_unknown():
    assert read_label_vectors(vectors([[1, 0, 7], [0, 1, 0]]), "a.hvecs", 2, 3).tolist() == [[1, 0, -1], [0, 1, 0]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"a\.hvecs: 0 bytes\. Expected a vector of 3 marks for each of the 2 pictures .* 16 bytes in all"),
        (vectors([[1, 0, 1]]), "8 bytes; its first vector says that it has 3"),
        (vectors([[1, 0, 1], [0, 1, 0]])[:-1], "15 bytes"),
        (vectors([[1, 0, 1], [0, 1, 0]], header=4), "16 bytes; its first vector says that it has 4"),
        (vectors([[1, 0], [0, 1], [0, 0]]), "18 bytes; its first vector says that it has 2"),
        (vectors([[1.0, 0, 1], [1, 1, 1]], "<i4", "<f4"), "vector 1 holds 1065353216 for label 1; expected 0 or 1"),
        (vectors([[1, 0, 1], [0, 1, 0]], ">u2", ">u2"), "its first vector says that it has 768"),
    ],
)
def test_everything_else_is_refused_with_what_was_expected(data, message):
    with pytest.raises(DataError, match=message):
        read_label_vectors(data, "a.hvecs", 2, 3)


def test_one_vector_of_another_length_among_many():
    data = vectors([[1, 0, 1]] * 2) + vectors([[1, 0, 1]], header=2)
    with pytest.raises(DataError, match="24 bytes"):
        read_label_vectors(data, "a.hvecs", 3, 3)


@given(data=st.binary(max_size=64), count=st.integers(1, 4), labels=st.integers(1, 4))
def test_no_bytes_do_more_than_be_refused(data, count, labels):
    try:
        read = read_label_vectors(data, "a.hvecs", count, labels)
    except DataError:
        return
    assert read.shape == (count, labels)
    assert set(np.unique(read)) <= {-1, 0, 1}
