"""Label graphs as JSON: labels, settings, source and the list of edges, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from scipy import sparse

from corelate.data.formats.collecting import shown
from corelate.data.formats.text import json_type
from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError
from corelate.labels.graph import LabelGraph
from corelate.labels.graph_labels import read_vocabulary
from corelate.labels.graph_settings import GraphSettings
from corelate.options import read_options

EDGE = "[row, column, weight]"


def write_json_graph(file: BinaryIO, graph: LabelGraph) -> None:
    """Write ``{"labels": …, "settings": …, "source": …, "edges": [[row, column, weight], …]}``."""
    heading = {"labels": list(graph.vocabulary), "settings": settings_to_json(graph.settings), "source": graph.source}
    text = json.dumps(heading, indent=1, ensure_ascii=False)
    file.write(f'{text.removesuffix("}").rstrip()},\n "edges": ['.encode())
    for number, line in enumerate(_edge_lines(graph.adjacency)):
        file.write(f"{',' if number else ''}\n  {line}".encode())
    file.write(b"\n ]\n}\n")


def graph_from_json(content: Mapping[str, Any], path: Path, vocabulary: Vocabulary | None) -> LabelGraph:
    """Return the graph of a parsed file, in the order of `vocabulary` if one is given.

    Raises:
        GraphError: A field is missing or wrong, or the graph is about other labels.
    """
    own = read_vocabulary(content.get("labels"), str(path))
    settings = settings_from_json(content.get("settings"), str(path))
    source = content.get("source", "")
    if not isinstance(source, str):
        raise GraphError(f"{path}: 'source' must be text, found {json_type(source)}")
    graph = LabelGraph(own, _adjacency(content.get("edges"), len(own), path), settings, source or path.name)
    return graph if vocabulary is None else graph.for_vocabulary(vocabulary, str(path))


def settings_to_json(settings: GraphSettings | None) -> dict[str, Any] | None:
    """Return settings as JSON values."""
    return None if settings is None else asdict(settings)


def settings_from_json(values: object, what: str) -> GraphSettings | None:
    """Return the settings that a file gives, or None if it gives none.

    Raises:
        GraphError: They are not settings of a label graph.
    """
    if values is None:
        return None
    if not isinstance(values, dict):
        raise GraphError(f"{what}: 'settings' must be an object, found {json_type(values)}")
    problems: list[str] = []
    settings = read_options(GraphSettings, values, problems)
    if problems:
        raise GraphError(f"{what}: settings that are not known here: {shown('; '.join(problems))}")
    return settings


def _edge_lines(adjacency: sparse.csr_array) -> Iterator[str]:
    cells = adjacency.tocoo()
    # The shortest decimal number that is read back as the same float32.
    weights = cells.data.astype(np.str_)
    for row, column, weight in zip(cells.row.tolist(), cells.col.tolist(), weights.tolist(), strict=True):
        yield f"[{row}, {column}, {weight}]"


def _adjacency(edges: object, labels: int, path: Path) -> sparse.csr_array:
    if not isinstance(edges, list):
        raise GraphError(f"{path}: 'edges' must be a list of {EDGE}, found {json_type(edges)}")
    for number, edge in enumerate(edges, start=1):
        if not (isinstance(edge, list) and list(map(type, edge)) in ([int, int, float], [int, int, int])):
            raise GraphError(f"{path}: edge {number} is not {EDGE}")
        if not (0 <= edge[0] < labels and 0 <= edge[1] < labels):
            raise GraphError(f"{path}: edge {number} leaves the {labels} labels; rows and columns begin at 0")
    rows, columns = np.array([edge[:2] for edge in edges], np.int64).reshape(-1, 2).T
    return checked_adjacency(_weights(edges), rows, columns, labels, str(path))


def _weights(edges: list[list[Any]]) -> np.ndarray:
    try:
        return np.array([edge[2] for edge in edges], np.float64)
    except OverflowError:
        return np.full(len(edges), np.inf)


def checked_adjacency(
    weights: np.ndarray, rows: np.ndarray, columns: np.ndarray, labels: int, what: str
) -> sparse.csr_array:
    """Return the matrix of some cells.

    Raises:
        GraphError: A weight is not a finite float32, or a cell is given twice.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        weights = weights.astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(weights))
    if len(wrong):
        i, j = int(rows[wrong[0]]), int(columns[wrong[0]])
        raise GraphError(f"{what}: the weight in row {i}, column {j} is not a finite number")
    matrix = sparse.csr_array((weights, (rows, columns)), shape=(labels, labels))
    if matrix.nnz < len(weights):
        raise GraphError(f"{what}: {len(weights) - matrix.nnz} edges are given more than once")
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix
