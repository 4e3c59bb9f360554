import io
import os
import pickle
import random
import stat
import zipfile

import numpy as np
import pytest

from corelate.errors import CorelateError, ScoresError
from corelate.metrics.scores_file import read_scores, write_scores

SCORES = np.array([[0.1, 0.9], [0.3, 0.4], [1.0, 0.0]], dtype=np.float32)
TARGETS = np.array([[0, 1], [-1, 0], [1, 1]], dtype=np.int8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.npz"


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), **options)
    return buffer.getvalue()


def header_only(shape, descr="<f4"):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def write_zip(path, compression=zipfile.ZIP_STORED, **members):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)


def test_what_is_written_is_read(path):
    write_scores(path, SCORES, TARGETS, labels=["sky", "häuser"], names=["a.jpg", "b.jpg", "日本.jpg"])
    content = read_scores(path)
    np.testing.assert_array_equal(content.scores, SCORES)
    np.testing.assert_array_equal(content.targets, TARGETS)
    assert (content.scores.dtype, content.targets.dtype) == (np.float32, np.int8)
    assert content.labels == ("sky", "häuser")
    assert content.names == ("a.jpg", "b.jpg", "日本.jpg")


def test_names_may_be_left_out(path):
    write_scores(path, SCORES, TARGETS)
    content = read_scores(path)
    assert content.labels is content.names is None
    assert list(np.load(path)) == ["scores", "targets"]


def test_double_precision_stays(path):
    write_scores(path, SCORES.astype(np.float64) / 3, TARGETS)
    np.testing.assert_array_equal(read_scores(path).scores, SCORES.astype(np.float64) / 3)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float64])
def test_files_of_other_programs(path, save, dtype):
    targets = np.array([[0, 1], [1, 0], [1, 1]]).astype(dtype)
    save(path, targets=targets, scores=np.asfortranarray(SCORES.astype(">f8")), other=np.zeros(3), labels=["a", "b"])
    content = read_scores(path)
    np.testing.assert_allclose(content.scores, SCORES, rtol=1e-7)
    np.testing.assert_array_equal(content.targets, targets)
    assert content.labels == ("a", "b")


def test_the_file_appears_whole_or_not_at_all(path, monkeypatch):
    write_scores(path, SCORES, TARGETS)
    before = path.read_bytes()

    def break_down(file, **arrays):
        file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", break_down)
    with pytest.raises(OSError, match="no space"):
        write_scores(path, SCORES / 2, TARGETS)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_others_may_read_the_file(path):
    write_scores(path, SCORES, TARGETS)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"scores": SCORES * 2}, r"row 0, column 1"),
        ({"scores": np.where(SCORES > 0.9, np.nan, SCORES)}, "nan"),
        ({"scores": SCORES[:2]}, "shape"),
        ({"scores": SCORES[0]}, "two dimensions"),
        ({"targets": TARGETS[:, :1]}, "shape"),
        ({"targets": TARGETS + 1}, "targets must be 1, 0, or -1"),
        ({"scores": SCORES[:0], "targets": TARGETS[:0]}, "at least one image"),
        ({"scores": SCORES.astype(str)}, "type <U32; expected numbers"),
        ({"scores": SCORES.astype(complex)}, "expected numbers"),
        ({"scores": np.zeros((3, 2), dtype="f4,i4")}, "expected numbers"),
        ({"labels": np.array(["a", "b", "c"])}, "3 labels.* 2 labels"),
        ({"labels": np.array([["a", "b"]])}, "one dimension"),
        ({"labels": np.array("a")}, "one dimension"),
        ({"labels": np.array([1, 2])}, "expected text"),
        ({"labels": np.array([b"a", b"b"])}, "expected text"),
        ({"names": np.array(["a"])}, "1 names.* 3 images"),
    ],
)
def test_wrong_content_is_one_clear_message(path, change, text):
    np.savez(path, **({"scores": SCORES, "targets": TARGETS} | change))
    with pytest.raises(ScoresError, match=text) as caught:
        read_scores(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("missing", ["scores", "targets"])
def test_a_missing_array_is_named_beside_what_is_there(path, missing):
    np.savez(path, **dict.fromkeys({"scores", "targets", "logits"} - {missing}, SCORES))
    with pytest.raises(ScoresError, match=rf"no array '{missing}'.*'logits'"):
        read_scores(path)


class Trap:
    def __reduce__(self):
        return (os.mkdir, ("sprung",))


@pytest.mark.parametrize("name", ["scores", "labels"])
def test_nothing_is_unpickled(path, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    trap = np.array([Trap()], dtype=object)
    np.savez(path, **({"scores": SCORES, "targets": TARGETS} | {name: trap}))
    with pytest.raises(ScoresError, match="type object"):
        read_scores(path)
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ScoresError, match="not an"):
        read_scores(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "scores",
    [
        header_only((10**12, 10**6)),
        header_only((2**40,)),
        header_only((2**63, 2**63)),
        header_only((-1, 2)),
        header_only((3, 2)),
        header_only((3, 2)) + b"\0" * 25,
        header_only((1,), "<U1000000000"),
        npy(SCORES)[:40],
        npy(SCORES)[:-1],
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00" + npy(SCORES)[8:],
        b"\x93NUMPY\x01\x00\xff\xff{'descr': '<f4', ",
        b"\x93NUMPY\x01\x00\x10\x00__import__('os')",
        b"hello",
    ],
    ids=lambda data: ascii(data[-30:]),
)
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_headers_that_lie(path, scores, compression):
    write_zip(path, compression, scores=scores, targets=npy(TARGETS))
    with pytest.raises(ScoresError, match=r"'scores' (is|has)"):
        read_scores(path)


def test_an_array_that_is_too_large_is_not_read(path, monkeypatch):
    monkeypatch.setattr("corelate.npz_arrays.LARGEST_ARRAY", 20)
    write_scores(path, SCORES, TARGETS)
    with pytest.raises(ScoresError, match=r"takes .* MiB"):
        read_scores(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"not a zip", npy(SCORES), b"\x80\x04N."], ids=repr
)
def test_what_is_not_an_npz(path, content):
    path.write_bytes(content)
    with pytest.raises(ScoresError, match="scores"):
        read_scores(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(ScoresError, match="can't be read: No such file"):
        read_scores(tmp_path / "none.npz")
    with pytest.raises(ScoresError, match="can't be read"):
        read_scores(tmp_path)


def test_every_damage_is_a_scores_error(path):
    """Cut the file everywhere, and change bytes all over: it is read, or refused with a message."""
    np.savez_compressed(path, scores=SCORES, targets=TARGETS, labels=["a", "b"])
    whole, chance = path.read_bytes(), random.Random(0)
    damaged = [whole[:length] for length in range(0, len(whole), 7)]
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 1, 3])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        damaged.append(bytes(content))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            read_scores(path)
        except CorelateError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > len(damaged) / 2


@pytest.mark.parametrize("wrong", [{"labels": ["a"]}, {"names": ["a"]}, {"scores": SCORES + 1}])
def test_wrong_content_is_not_written(path, wrong):
    content = {"scores": SCORES, "targets": TARGETS} | wrong
    with pytest.raises(ScoresError):
        write_scores(path, content.pop("scores"), content.pop("targets"), **content)
    assert not path.exists()
