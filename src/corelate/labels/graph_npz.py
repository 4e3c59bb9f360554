"""Label graphs as .npz files: the dense matrix and three texts, readable without pickle by any NumPy.

A file may come from a stranger: an array is read only after its declared size has been compared with the vocabulary and
with what the archive holds.
"""

from __future__ import annotations

import json
import math
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from corelate.data.formats.text import parse_json
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, GraphError
from corelate.labels.graph import LabelGraph
from corelate.labels.graph_json import checked_adjacency, settings_from_json, settings_to_json
from corelate.labels.graph_labels import check_length, columns_of, read_vocabulary
from corelate.labels.graph_settings import GraphSettings

LARGEST_MATRIX = 4 << 30
"""Bytes of a matrix that are read at most: 32,768 labels in single precision."""
LARGEST_TEXT = 64 << 20

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# What zipfile and NumPy raise for files that are damaged, encrypted or compressed in an unknown way.
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    SyntaxError,
    OverflowError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


def write_npz_graph(file: BinaryIO, graph: LabelGraph) -> None:
    """Write the arrays ``adjacency`` (dense float32 L×L), ``labels``, ``settings`` (JSON text) and ``source``."""
    np.savez_compressed(
        file,
        adjacency=graph.dense(),
        labels=np.array(graph.vocabulary.labels, np.str_),
        settings=np.array(json.dumps(settings_to_json(graph.settings))),
        source=np.array(graph.source),
    )


def read_npz_graph(path: Path, vocabulary: Vocabulary | None) -> LabelGraph:
    """Read a graph from an .npz file with at least the array ``adjacency``.

    Args:
        path: The file.
        vocabulary: The labels in the order that is needed; None: those of the file.

    Raises:
        GraphError: The file is damaged, an array is not what it should be, or the graph is about other labels.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _GraphArchive(archive, path).graph(vocabulary)
    except OSError as error:
        raise GraphError(f"{path} can't be read: {error.strerror or error}") from None
    except _DAMAGE as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise GraphError(f"{path} is damaged, or not an .npz file with a label graph ({reason})") from None


class _GraphArchive:
    """An open archive and its path for messages."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self.archive = archive
        self.path = path
        self.arrays = {name.removesuffix(".npy") for name in archive.namelist()}

    def graph(self, vocabulary: Vocabulary | None) -> LabelGraph:
        own = self._vocabulary(vocabulary)
        if vocabulary is not None:
            # Before the matrix is read: that of other labels may be of any size.
            columns_of(vocabulary, own, str(self.path))
        matrix = self._array("adjacency", "fiu", LARGEST_MATRIX, (len(own), len(own)))
        rows, columns = np.nonzero(matrix)
        adjacency = checked_adjacency(matrix[rows, columns], rows, columns, len(own), str(self.path))
        graph = LabelGraph(own, adjacency, self._settings(), self._text("source") or self.path.name)
        return graph if vocabulary is None else graph.for_vocabulary(vocabulary, str(self.path))

    def _vocabulary(self, given: Vocabulary | None) -> Vocabulary:
        if "labels" in self.arrays:
            return read_vocabulary(self._array("labels", "U", LARGEST_TEXT).tolist(), str(self.path))
        if given is None:
            raise GraphError(f"{self.path}: there is no array 'labels', and no vocabulary was given instead")
        with self.archive.open(self._member("adjacency")) as file:
            shape, _ = _header(file)
        check_length(shape[0] if shape else 0, given, str(self.path))
        return given

    def _settings(self) -> GraphSettings | None:
        text = self._text("settings")
        if text in ("", "null"):
            return None
        try:
            return settings_from_json(parse_json(text.encode(), "'settings'"), str(self.path))
        except DataError as error:
            raise GraphError(f"{self.path}: {error}") from None

    def _text(self, name: str) -> str:
        return str(self._array(name, "U", LARGEST_TEXT, ())) if name in self.arrays else ""

    def _array(self, name: str, kinds: str, most: int, expected: tuple[int, ...] | None = None) -> np.ndarray:
        """Return an array, once its header says what is expected and no more than the archive holds."""
        member, where = self._member(name), f"{self.path}: the array {name!r}"
        with self.archive.open(member) as file:
            shape, dtype = _header(file)
            held = member.file_size - file.tell()
        declared = math.prod(shape) * dtype.itemsize
        if dtype.hasobject or dtype.kind not in kinds:
            raise GraphError(f"{where} is of type {dtype}; expected {'text' if kinds == 'U' else 'numbers'}")
        if expected is not None and shape != expected:
            raise GraphError(f"{where} has shape {shape}, expected {expected}")
        if declared > most:
            raise GraphError(f"{where} takes {declared >> 20} MiB; at most {most >> 20} are read")
        if declared != held:
            raise GraphError(f"{where} is damaged: its header and its data differ in size")
        with self.archive.open(member) as file:
            return np.asarray(npy.read_array(file, allow_pickle=False))

    def _member(self, name: str) -> zipfile.ZipInfo:
        if f"{name}.npy" not in self.archive.namelist():
            held = ", ".join(ascii(array) for array in sorted(self.arrays)[:10]) or "nothing"
            raise GraphError(f"{self.path}: there is no array {name!r}; the file holds {held}")
        return self.archive.getinfo(f"{name}.npy")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and type of an array, and leave the file at its data."""
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise ValueError(f"an array has the format version {version}")
    shape, _, dtype = _HEADERS[version](file)
    return shape, dtype
