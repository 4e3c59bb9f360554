import io
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from corelate.errors import EmbeddingError
from corelate.labels.named_vectors import NamedVectors, read_npz, read_safetensors, write_npz, write_safetensors

VECTORS = np.arange(6, dtype=np.float32).reshape(3, 2)
LABELS = ("sky", "Köln", "日本")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "labels.npz"


def save_tensors(path, tensors=None, **metadata):
    path.write_bytes(save({"vectors": VECTORS} if tensors is None else tensors, metadata or None))
    return path


def zip_of(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy(array, **options):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), **options)
    return buffer.getvalue()


def header_only(shape, descr="<f4"):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


@pytest.mark.parametrize(("write", "read"), [(write_npz, read_npz), (write_safetensors, read_safetensors)])
def test_what_is_written_is_read(path, write, read):
    about = {"source": "wörter.txt", "missing": ["sky"], "split": {"Köln": ["a", "b"]}}
    write(path, NamedVectors(VECTORS[:, ::-1], LABELS, about))
    content = read(path)
    np.testing.assert_array_equal(content.vectors, VECTORS[:, ::-1])
    assert (content.labels, content.about) == (LABELS, about)


def test_the_same_content_gives_the_same_npz_file(path):
    write_npz(path, NamedVectors(VECTORS, LABELS, {"source": "words.txt"}))
    before = path.read_bytes()
    write_npz(path, NamedVectors(VECTORS, LABELS, {"source": "words.txt"}))
    assert path.read_bytes() == before


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_npz_files_of_other_programs(path, save, dtype):
    save(path, labels=np.array(LABELS), vectors=np.asfortranarray(VECTORS.astype(dtype)), other=np.zeros(3))
    content = read_npz(path)
    np.testing.assert_array_equal(content.vectors, VECTORS)
    assert content.labels == LABELS
    assert content.about == {}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_safetensors_files_of_other_programs(tmp_path, dtype):
    tensors = {"vectors": VECTORS.astype(dtype), "other": np.zeros(2)}
    content = read_safetensors(save_tensors(tmp_path / "a", tensors, labels=json.dumps(LABELS)))
    np.testing.assert_array_equal(content.vectors, VECTORS)
    assert content.labels == LABELS


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vectors": VECTORS}, "'labels' is missing, there is 'vectors'; write it with"),
        ({"labels": LABELS, "matrix": VECTORS}, "'vectors' is missing, there is 'labels', 'matrix'"),
        ({"labels": LABELS[:2], "vectors": VECTORS}, "2 labels for 3 rows"),
        ({"labels": ("sky", "sea", "sky"), "vectors": VECTORS}, "'sky' is given twice"),
        ({"labels": LABELS, "vectors": VECTORS[0]}, r"shape \(2,\)"),
        ({"labels": LABELS, "vectors": VECTORS[:, :0]}, r"shape \(3, 0\)"),
        ({"labels": np.array([LABELS]), "vectors": VECTORS}, "one dimension"),
        ({"labels": np.array([1, 2, 3]), "vectors": VECTORS}, "expected text"),
        ({"labels": np.array([b"a", b"b", b"c"]), "vectors": VECTORS}, "expected text"),
        ({"labels": LABELS, "vectors": VECTORS.astype(str)}, "expected numbers"),
        ({"labels": LABELS, "vectors": VECTORS.astype(complex)}, "expected numbers"),
        ({"labels": LABELS, "vectors": VECTORS, "about": np.array("[1]")}, "'about' is not a JSON object"),
        ({"labels": LABELS, "vectors": VECTORS, "about": np.array("{")}, "'about' is not a JSON object"),
    ],
)
def test_wrong_content_of_an_npz_file(path, arrays, message):
    np.savez(path, **{name: np.array(value) for name, value in arrays.items()})
    with pytest.raises(EmbeddingError, match=message) as caught:
        read_npz(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


class Trap:
    def __reduce__(self):
        return os.mkdir, ("trap",)


def test_nothing_is_unpickled(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez(path, labels=np.array([Trap(), Trap(), Trap()], dtype=object), vectors=VECTORS)
    with pytest.raises(EmbeddingError, match="expected text"):
        read_npz(path)
    zip_of(path, labels=npy(np.array(LABELS)), vectors=pickle.dumps(Trap()))
    with pytest.raises(EmbeddingError):
        read_npz(path)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    "vectors",
    [
        header_only((3, 10**9)),
        header_only((3, 10**15)),
        header_only((-3, 2)) + bytes(24),
        header_only((3, 2)) + bytes(20),
        header_only((3, 2)) + bytes(28),
        b"\x93NUMPY\x09\x00" + bytes(100),
        b"no array",
        b"",
    ],
)
def test_an_array_that_is_not_as_large_as_it_says(path, vectors):
    with pytest.raises(EmbeddingError):
        read_npz(zip_of(path, labels=npy(np.array(LABELS)), vectors=vectors))


def test_too_large_arrays_are_not_read(path, monkeypatch):
    np.savez(path, labels=LABELS, vectors=VECTORS)
    monkeypatch.setattr("corelate.npz_arrays.LARGEST_ARRAY", 23)
    with pytest.raises(EmbeddingError, match="'vectors' takes"):
        read_npz(path)


def test_every_cut_of_a_file_is_one_clear_error(path, tmp_path):
    for write, read in ((write_npz, read_npz), (write_safetensors, read_safetensors)):
        write(path, NamedVectors(VECTORS, LABELS))
        data = path.read_bytes()
        for length in range(0, len(data), 7):
            cut = tmp_path / "cut"
            cut.write_bytes(data[:length])
            with pytest.raises(EmbeddingError):
                read(cut)


@pytest.mark.parametrize(
    ("member", "message"),
    [("archive/data.pkl", "pickle, which can run code"), ("glove.6B.50d.txt", "archive of other files; unpack it")],
)
def test_other_archives_are_refused_with_advice(path, member, message):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, b"x")
    with pytest.raises(EmbeddingError, match=message):
        read_npz(path)


def test_an_encrypted_archive(path):
    write_npz(path, NamedVectors(VECTORS, LABELS))
    data = bytearray(path.read_bytes())
    position = data.find(b"PK\x01\x02")
    while position >= 0:
        data[position + 8] |= 1
        position = data.find(b"PK\x01\x02", position + 1)
    path.write_bytes(bytes(data))
    with pytest.raises(EmbeddingError, match="encrypted"):
        read_npz(path)


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"vectors": VECTORS}, {}, "'labels' is missing, there is nothing"),
        ({"weight": VECTORS}, {"labels": json.dumps(LABELS)}, "'vectors' is missing, there is 'weight'"),
        ({"vectors": VECTORS}, {"labels": "sky"}, "'labels' is not a JSON list"),
        ({"vectors": VECTORS}, {"labels": '{"a": 1}'}, "'labels' is not a JSON list"),
        ({"vectors": VECTORS}, {"labels": "[1, 2, 3]"}, "not a JSON list of texts"),
        ({"vectors": VECTORS}, {"labels": "[" * 5000}, "'labels' is not a JSON list"),
        ({"vectors": VECTORS}, {"labels": '["a", "b"]'}, "2 labels for 3 rows"),
        ({"vectors": VECTORS.astype(np.int32)}, {"labels": json.dumps(LABELS)}, "type I32; save it as float32"),
        ({"vectors": VECTORS}, {"labels": json.dumps(LABELS), "about": "7"}, "'about' is not a JSON object"),
    ],
)
def test_wrong_content_of_a_safetensors_file(tmp_path, tensors, metadata, message):
    with pytest.raises(EmbeddingError, match=message):
        read_safetensors(save_tensors(tmp_path / "a.safetensors", tensors, **metadata))


def test_bfloat16_is_refused_by_name(tmp_path):
    header = json.dumps(
        {
            "__metadata__": {"labels": '["a"]'},
            "vectors": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [0, 4]},
        }
    ).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    with pytest.raises(EmbeddingError, match="type BF16; save it as float32"):
        read_safetensors(path)


def test_a_missing_package_is_named(tmp_path, monkeypatch):
    import builtins

    from corelate.errors import MissingExtraError

    original = builtins.__import__

    def without_safetensors(name, *args, **kwargs):
        if name.startswith("safetensors"):
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_safetensors)
    for attempt in (
        lambda: read_safetensors(tmp_path / "a"),
        lambda: write_safetensors(tmp_path / "a", NamedVectors(VECTORS, LABELS)),
    ):
        with pytest.raises(MissingExtraError, match=r"pip install corelate\[train\]"):
            attempt()
    write_npz(tmp_path / "a.npz", NamedVectors(VECTORS, LABELS))
