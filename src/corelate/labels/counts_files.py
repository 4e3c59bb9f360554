"""Files of label counts, in the form that the authors of ML-GCN give theirs: ``{"adj": L×L, "nums": L}``.

``adj`` holds for each pair of labels the pictures that have both, ``nums`` for each label the pictures that have it.
Two keys more are understood: ``labels``, the names in order, and ``pictures``, how many were counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from corelate.data.formats.collecting import shown
from corelate.data.formats.text import json_type, parse_json, read_label_file
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, GraphError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.graph import reordered
from corelate.labels.graph_labels import check_length, columns_of, read_vocabulary

# Above it, neighbouring whole numbers are one number in double precision.
MOST_PICTURES = 2**53
COUNTS = "counts are whole numbers from 0 to below 2^53"
# What a cell of a matrix, or an edge, takes at most, with all spaces and digits that a program would write.
BYTES_PER_CELL = 128
FREE_BYTES = 64 << 20


_AS_JSON = 'save counts as JSON: {"adj": [[…], …], "nums": […], "labels": […]}'
BINARY_FILES = {
    b"\x80": f"it is a pickle, which can run code and is not read; load it where it was written, and {_AS_JSON}",
    b"\x93NUMPY": f"it is a bare array, which has no labels; {_AS_JSON}",
    b"PK": f"it is an archive, perhaps a finished graph; {_AS_JSON}",
}


@dataclass(frozen=True)
class CountsFile:
    """What a file of counts holds.

    Attributes:
        counts: The counts; `pictures` is 0 when the file does not say how many were counted.
        source: The file's name, and what was ignored in it.
    """

    counts: CooccurrenceCounts
    source: str


def read_counts(path: Path, vocabulary: Vocabulary | None = None) -> CountsFile:
    """Read a file of counts.

    Args:
        path: The JSON file.
        vocabulary: The labels in the order that is needed. A file that names its labels may have them in any order; of
            one that does not, the order is taken to be this one. None: the file's own labels, or "label 0" and so on.

    Raises:
        GraphError: The file can't be read, does not hold counts, or is about other labels.
    """
    return counts_from_json(read_json(path, vocabulary), path, vocabulary)


def read_json(path: Path, vocabulary: Vocabulary | None) -> dict[str, Any]:
    """Return the object in a JSON file about the pairs of some labels.

    Raises:
        GraphError: The file can't be read, is larger than pairs of so many labels can make it, or is not JSON.
    """
    try:
        size = path.stat().st_size if path.is_file() else 0
        if vocabulary is not None and size > FREE_BYTES + BYTES_PER_CELL * len(vocabulary) ** 2:
            raise GraphError(
                f"{path}: {size >> 20} MiB are more than a graph of the vocabulary's {len(vocabulary)} labels can take"
            )
        data = read_label_file(path)
        for start, advice in BINARY_FILES.items():
            if data.startswith(start):
                raise GraphError(f"{path}: {advice}")
        return parse_json(data, str(path))
    except (DataError, OSError, ValueError) as error:  # the last: a path that no file system takes
        raise GraphError(str(error)) from None


def counts_from_json(content: Mapping[str, Any], path: Path, vocabulary: Vocabulary | None) -> CountsFile:
    """Return the counts of a parsed file; see `read_counts`."""
    if "edges" in content and "adj" not in content:
        raise GraphError(f"{path}: this is a finished graph; counts have the keys 'adj' and 'nums'")
    occurrences = _occurrences(content, path)
    own = _vocabulary(content, path, len(occurrences), vocabulary)
    pairs, diagonal = _pairs(content, path, len(occurrences))
    _check(pairs, occurrences, path, own)
    pictures = _pictures(content, path, occurrences)
    source = f"{path.name} (its diagonal is not zero; ignored)" if diagonal else path.name
    if vocabulary is not None and own != vocabulary:
        order = columns_of(vocabulary, own, str(path))
        pairs, occurrences, own = reordered(pairs, order), occurrences[order], vocabulary
    return CountsFile(CooccurrenceCounts(own, pairs, occurrences, pictures), source)


def _vocabulary(content: Mapping[str, Any], path: Path, labels: int, given: Vocabulary | None) -> Vocabulary:
    if "labels" in content:
        own = read_vocabulary(content["labels"], str(path))
        if len(own) != labels:
            raise GraphError(f"{path}: names {len(own)} labels, but 'nums' has {labels}")
        return own
    if given is None:
        return Vocabulary(f"label {column}" for column in range(labels))
    check_length(labels, given, str(path))
    return given


def _occurrences(content: Mapping[str, Any], path: Path) -> np.ndarray:
    for key in ("adj", "nums"):
        if not isinstance(content.get(key), list):
            found = json_type(content[key]) if key in content else "nothing"
            raise GraphError(f"{path}: expected counts {{'adj': L×L, 'nums': L}}; the list {key!r} is {found}")
    if not content["nums"]:
        raise GraphError(f"{path}: holds counts of no label")
    return _whole_numbers(content["nums"], f"{path}: 'nums'")


def _pairs(content: Mapping[str, Any], path: Path, labels: int) -> tuple[sparse.csr_array, bool]:
    """Return the counts of pairs, and whether there was anything on the diagonal."""
    rows = content["adj"]
    if len(rows) != labels:
        raise GraphError(f"{path}: 'adj' has {len(rows)} rows, but 'nums' has {labels} numbers")
    columns, values, diagonal = [], [], False
    for number, row in enumerate(rows):
        where = f"{path}: row {number + 1} of 'adj'"
        if not isinstance(row, list) or len(row) != labels:
            found = f"{len(row)} numbers" if isinstance(row, list) else json_type(row)
            raise GraphError(f"{where} is {found}; expected {labels} numbers, as many as 'nums' has")
        counts = _whole_numbers(row, where)
        diagonal |= bool(counts[number])
        counts[number] = 0
        columns.append(np.flatnonzero(counts))
        values.append(counts[columns[-1]])
    row_starts = np.cumsum([0, *map(len, columns)])
    cells = (np.concatenate(values), np.concatenate(columns), row_starts)
    return sparse.csr_array(cells, shape=(labels, labels)), diagonal


def _whole_numbers(values: list[Any], where: str) -> np.ndarray:
    """Return counts as int64; what is not a number is refused before NumPy could read it as one."""
    kinds = set(map(type, values)) - {int, float}
    if kinds:
        wrong = next(value for value in values if type(value) in kinds)
        raise GraphError(f"{where} holds {json_type(wrong)}; expected numbers")
    try:
        numbers = np.array(values, dtype=np.float64)
    except OverflowError:
        raise GraphError(f"{where} holds a number of hundreds of digits; {COUNTS}") from None
    wrong = ~((numbers >= 0) & (numbers < MOST_PICTURES) & (numbers == np.floor(numbers)))
    if wrong.any():
        raise GraphError(f"{where} holds {numbers[wrong][0]:g}; {COUNTS}")
    return numbers.astype(np.int64)


def _check(pairs: sparse.csr_array, occurrences: np.ndarray, path: Path, own: Vocabulary) -> None:
    """Refuse counts that no set of pictures can give."""
    cells = pairs.tocoo()
    uneven = (pairs != pairs.T).tocoo()
    if uneven.nnz:
        i, j = int(uneven.row[0]), int(uneven.col[0])
        raise GraphError(
            f"{path}: 'adj' is not symmetric: {_pair(own, i, j)} is {_cell(pairs, i, j)} one way "
            f"and {_cell(pairs, j, i)} the other"
        )
    above = np.flatnonzero(cells.data > occurrences[cells.row])
    if len(above):
        i, j = int(cells.row[above[0]]), int(cells.col[above[0]])
        raise GraphError(
            f"{path}: {_pair(own, i, j)} stand together in {_cell(pairs, i, j)} pictures, "
            f"but {shown(own[i])} stands in {occurrences[i]} only"
        )


def _pictures(content: Mapping[str, Any], path: Path, occurrences: np.ndarray) -> int:
    if "pictures" not in content:
        return 0
    (pictures,) = _whole_numbers([content["pictures"]], f"{path}: 'pictures'").tolist()
    if pictures < occurrences.max():
        raise GraphError(f"{path}: counts {pictures} pictures, but a label stands in {occurrences.max()}")
    return int(pictures)


def _pair(own: Vocabulary, i: int, j: int) -> str:
    return f"{shown(own[i])} and {shown(own[j])}"


def _cell(pairs: sparse.csr_array, i: int, j: int) -> int:
    row = slice(pairs.indptr[i], pairs.indptr[i + 1])
    return int(pairs.data[row][pairs.indices[row] == j].sum())
