"""Label graphs as .npz files: the dense matrix and three texts, readable without pickle by any NumPy.

A file may come from a stranger: an array is read only after its declared size has been compared with the vocabulary and
with what the archive holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from corelate.data.formats.text import parse_json
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, GraphError
from corelate.labels.graph import LabelGraph
from corelate.labels.graph_json import checked_adjacency, settings_from_json, settings_to_json
from corelate.labels.graph_labels import check_length, columns_of, read_vocabulary
from corelate.labels.graph_settings import GraphSettings
from corelate.npz_arrays import TEXT, ArrayError, NotAnArchiveError, NpzArrays, open_npz

LARGEST_MATRIX = 4 << 30
"""Bytes of a matrix that are read at most: 32,768 labels in single precision."""
LARGEST_TEXT = 64 << 20


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
        with open_npz(path) as arrays:
            return _GraphArchive(arrays, path).graph(vocabulary)
    except NotAnArchiveError as error:
        raise GraphError(f"{path} {error}") from None
    except ArrayError as error:
        raise GraphError(f"{path}: {error}") from None


@dataclass(frozen=True)
class _GraphArchive:
    """The arrays of a file, and its path for messages."""

    arrays: NpzArrays
    path: Path

    def graph(self, vocabulary: Vocabulary | None) -> LabelGraph:
        own = self._vocabulary(vocabulary)
        if vocabulary is not None:
            # Before the matrix is read: that of other labels may be of any size.
            columns_of(vocabulary, own, str(self.path))
        matrix = self.arrays.read("adjacency", "fiu", (len(own), len(own)), LARGEST_MATRIX)
        rows, columns = np.nonzero(matrix)
        adjacency = checked_adjacency(matrix[rows, columns], rows, columns, len(own), str(self.path))
        source = self.arrays.text("source", largest=LARGEST_TEXT) or self.path.name
        graph = LabelGraph(own, adjacency, self._settings(), source)
        return graph if vocabulary is None else graph.for_vocabulary(vocabulary, str(self.path))

    def _vocabulary(self, given: Vocabulary | None) -> Vocabulary:
        if "labels" in self.arrays:
            return read_vocabulary(self.arrays.read("labels", TEXT, largest=LARGEST_TEXT).tolist(), str(self.path))
        if given is None:
            raise GraphError(f"{self.path}: there is no array 'labels', and no vocabulary was given instead")
        shape = self.arrays.header("adjacency").shape
        check_length(shape[0] if shape else 0, given, str(self.path))
        return given

    def _settings(self) -> GraphSettings | None:
        text = self.arrays.text("settings", largest=LARGEST_TEXT)
        if text in ("", "null"):
            return None
        try:
            return settings_from_json(parse_json(text.encode(), "'settings'"), str(self.path))
        except DataError as error:
            raise GraphError(f"{self.path}: {error}") from None
