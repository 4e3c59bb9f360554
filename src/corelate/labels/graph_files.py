"""Label graphs in files: .npz and .json, which are read back, and .graphml to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError, OptionError
from corelate.files import write_atomically
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.counts_files import counts_from_json, read_json
from corelate.labels.graph import LabelGraph, build_graph
from corelate.labels.graph_json import graph_from_json, write_json_graph
from corelate.labels.graph_markup import write_graphml
from corelate.labels.graph_npz import read_npz_graph, write_npz_graph
from corelate.labels.graph_settings import GraphSettings

SUFFIXES = (".npz", ".json", ".graphml")
_ZIP_START = b"PK"


def check_suffix(path: Path) -> str:
    """Return the form that a file's name asks for, one of `SUFFIXES`.

    Raises:
        OptionError: It ends in none of them.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise OptionError(f"{path}: a label graph is written as .npz, .json or .graphml; the name must end in one")
    return suffix


def write_graph(path: Path, graph: LabelGraph, counts: CooccurrenceCounts | None = None) -> None:
    """Write a graph in the form that the name asks for; the file appears whole or not at all.

    Args:
        path: Where to write; an existing file is replaced.
        graph: The graph.
        counts: What it was built from; only .graphml has a place for it.

    Raises:
        OptionError: The name ends in none of `SUFFIXES`.
    """
    writers: dict[str, Callable[[BinaryIO], None]] = {
        ".npz": lambda file: write_npz_graph(file, graph),
        ".json": lambda file: write_json_graph(file, graph),
        ".graphml": lambda file: write_graphml(file, graph, counts),
    }
    write_atomically(path, writers[check_suffix(path)])


def read_graph(path: Path, vocabulary: Vocabulary | None = None) -> LabelGraph:
    """Read a graph from an .npz or .json file, whatever its name.

    Args:
        path: The file.
        vocabulary: The labels in the order that is needed; the file may have them in any. None: the file's own.

    Raises:
        GraphError: The file can't be read, holds something else, or is about other labels; the message names both
            sides.
    """
    return graph_from_file(path, vocabulary, None)


def graph_from_file(path: Path, vocabulary: Vocabulary | None, settings: GraphSettings | None) -> LabelGraph:
    """Read a graph, or build one from a file of counts; what the file holds decides.

    Args:
        path: An .npz or .json file with a graph, or a .json file with counts.
        vocabulary: The labels in the order that is needed; None: the file's own.
        settings: How counts become a graph; a finished graph keeps its own.

    Raises:
        GraphError: The file can't be read, holds something else, or is about other labels.
    """
    if _begins_as_archive(path):
        return read_npz_graph(path, vocabulary)
    content = read_json(path, vocabulary)
    if "edges" in content and "adj" in content:
        raise GraphError(f"{path}: holds a label graph (key 'edges') and counts (key 'adj'); take one of them out")
    if "edges" in content:
        return graph_from_json(content, path, vocabulary)
    if "adj" not in content:
        raise GraphError(f"{path}: holds neither a label graph (key 'edges') nor counts (keys 'adj' and 'nums')")
    if settings is None:
        raise GraphError(f"{path}: holds counts, not a graph; say with settings how they become one")
    read = counts_from_json(content, path, vocabulary)
    return build_graph(read.counts, settings, f"counted in {read.source}")


def _begins_as_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == _ZIP_START
    except (OSError, ValueError) as error:
        raise GraphError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
