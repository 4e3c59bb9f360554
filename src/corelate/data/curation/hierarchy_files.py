"""Hierarchy files: which labels imply which."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corelate.data.curation.orders import bottom_up
from corelate.data.curation.pair_files import (
    JsonObject,
    Pair,
    check_name,
    kind_of,
    read_json_object,
    read_pair_table,
    refuse_problems,
)
from corelate.data.problems import Problems
from corelate.errors import DataError, VocabularyError

HEADER = ("child", "parent")


def read_hierarchy_file(path: Path) -> list[Pair]:
    """Return the pairs of child and parent of a hierarchy file, in its order, each once.

    A table has the columns ``child,parent``; a line without a parent says that the label has none. A JSON file is
    either an object of children, each with its parents (``{"dog": ["animal"]}``), or a tree of objects, each label
    with what implies it (``{"animal": {"dog": {}}}``).

    Raises:
        DataError: The file can't be read, a line is wrong, JSON mixes both forms, or labels imply each other in a
            circle.
    """
    problems = Problems(str(path))
    pairs = _from_json(path, problems) if path.suffix.lower() == ".json" else read_pair_table(path, HEADER, problems)
    refuse_problems(problems)
    unique: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        if pair.second:
            unique.setdefault((pair.first, pair.second), pair)
    edges = list(unique.values())
    try:
        bottom_up((pair.first, pair.second) for pair in edges)
    except VocabularyError as error:
        raise DataError(f"{path}: {error}; take out one of these pairs") from None
    return edges


def _from_json(path: Path, problems: Problems) -> list[Pair]:
    content = read_json_object(path)
    as_tree = [key for key, value in content if isinstance(value, JsonObject)]
    as_lists = [key for key, value in content if not isinstance(value, JsonObject)]
    if as_tree and as_lists:
        raise DataError(
            f"{path}: {as_tree[0]!r} holds an object, as in a tree of labels, and {as_lists[0]!r} does not; write "
            "either each child with the list of its parents, or a tree of objects throughout"
        )
    return _from_tree(content, problems) if as_tree else _from_lists(content, problems)


def _from_lists(content: JsonObject, problems: Problems) -> list[Pair]:
    pairs = []
    for child, value in content:
        where = f"of {child[:60]!a}"
        parents: list[Any] = [value] if isinstance(value, str) else value
        if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
            problems.add("parents are no list of texts", ascii(child[:60]), f"found {kind_of(value)}")
        elif check_name(child, "", problems):
            pairs += [Pair(child, parent) for parent in parents if check_name(parent, where, problems)]
    return pairs


def _from_tree(content: JsonObject, problems: Problems) -> list[Pair]:
    pairs = []
    # From the outside in, in the order of the file; a stack, since files from strangers may be deep.
    waiting: list[tuple[str, Any, str]] = [(name, below, "") for name, below in reversed(content)]
    while waiting:
        name, below, parent = waiting.pop()
        if not check_name(name, f"below {parent[:60]!a}" if parent else "", problems):
            continue
        if parent:
            pairs.append(Pair(name, parent))
        if isinstance(below, JsonObject):
            waiting += [(child, further, name) for child, further in reversed(below)]
        else:
            problems.add("in a tree of labels, but no object", ascii(name[:60]), f"found {kind_of(below)}")
    return pairs
