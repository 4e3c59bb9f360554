"""Arrays of .npz files; what each reader of such files adds is tested with it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from corelate.npz_arrays import NUMBERS, TEXT, ArrayError, NotAnArchiveError, UnreadableFileError, open_npz


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.savez_compressed(
        tmp_path / "file.npz",
        numbers=np.arange(6.0).reshape(2, 3),
        words=np.array(["a", "bc"]),
        sentence=np.array("all of it"),
        objects=np.array([{}], dtype=object),
    )
    return tmp_path / "file.npz"


def test_arrays_are_read_by_name(path: Path):
    with open_npz(path) as arrays:
        assert set(arrays.names) == {"numbers", "words", "sentence", "objects"}
        assert "words" in arrays
        assert "other" not in arrays
        assert np.array_equal(arrays.read("numbers", NUMBERS, (2, 3)), np.arange(6.0).reshape(2, 3))
        assert arrays.read("words", TEXT).tolist() == ["a", "bc"]
        assert (arrays.text("sentence"), arrays.text("other", "nothing")) == ("all of it", "nothing")
        assert arrays.header("numbers").shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("other", NUMBERS), "there is no array 'other'; the file holds 'numbers', 'words', 'sentence', 'objects'"),
        (("words", NUMBERS), "'words' is of type <U2; expected numbers"),
        (("numbers", TEXT), "'numbers' is of type float64; expected text"),
        (("objects", NUMBERS), "'objects' is of type object; expected numbers"),
        (("numbers", NUMBERS, (3, 2)), r"'numbers' has shape \(2, 3\), expected \(3, 2\)"),
        (("numbers", NUMBERS, None, 47), r"'numbers' takes 4.58e-05 MiB; at most 4.48e-05 MiB are read"),
    ],
)
def test_what_is_not_as_expected_is_not_read(path: Path, arguments: tuple, message: str):
    with open_npz(path) as arrays, pytest.raises(ArrayError, match=message):
        arrays.read(*arguments)


def test_files_that_are_none(tmp_path: Path):
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(NotAnArchiveError, match=r"is not an .npz file"), open_npz(tmp_path / "text.npz"):
        pass
    with pytest.raises(UnreadableFileError, match="can't be read: No such file"), open_npz(tmp_path / "none.npz"):
        pass


def test_text_with_code_points_that_there_are_not(tmp_path: Path):
    path = tmp_path / "file.npz"
    np.savez(path, words=np.array(["a", "b"]))
    with zipfile.ZipFile(path) as archive:
        data = archive.read("words.npy")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("words.npy", data[:-8] + b"\xff" * 8)
    with open_npz(path) as arrays, pytest.raises(ArrayError, match="'words' is damaged"):
        arrays.read("words", TEXT).tolist()


def test_a_flipped_byte_is_found(path: Path):
    data = bytearray(path.read_bytes())
    data[data.index(b"numbers.npy") + 40] ^= 0xFF
    path.write_bytes(bytes(data))
    with open_npz(path) as arrays, pytest.raises(ArrayError, match="'numbers' is damaged"):
        arrays.read("numbers", NUMBERS)
