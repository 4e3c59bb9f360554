"""Merge files: which labels become which."""

from __future__ import annotations

from pathlib import Path

from corelate.data.curation.orders import shown_circle
from corelate.data.curation.pair_files import (
    Pair,
    check_name,
    kind_of,
    read_json_object,
    read_pair_table,
    refuse_problems,
)
from corelate.data.problems import Problems
from corelate.errors import DataError

HEADER = ("label", "becomes")


def read_merge_file(path: Path) -> dict[str, Pair]:
    """Return for each name of a merge file what it becomes in the end, and the line that says so.

    A table has the columns ``label,becomes``, a JSON file is one object of them. A name that becomes nothing is
    dropped. One that becomes another of the file becomes what that one becomes. A header alone, or an object that
    holds nothing, merges nothing.

    Raises:
        DataError: The file can't be read, a line is wrong, a name becomes two things, or names become each other in a
            circle.
    """
    problems = Problems(str(path))
    pairs = _from_json(path, problems) if path.suffix.lower() == ".json" else read_pair_table(path, HEADER, problems)
    becomes = _without_contradictions(pairs, problems)
    refuse_problems(problems)
    return _resolved(becomes, path)


def _from_json(path: Path, problems: Problems) -> list[Pair]:
    pairs = []
    for name, target in read_json_object(path):
        if not isinstance(target, str):
            problems.add("becomes no text", ascii(name[:60]), f"found {kind_of(target)}")
        elif check_name(name, "", problems) and (not target or check_name(target, f"of {name[:60]!a}", problems)):
            pairs.append(Pair(name, target))
    return pairs


def _without_contradictions(pairs: list[Pair], problems: Problems) -> dict[str, Pair]:
    becomes: dict[str, Pair] = {}
    for pair in pairs:
        earlier = becomes.setdefault(pair.first, pair)
        if earlier.second != pair.second:
            lines = f"lines {earlier.line} and {pair.line}" if pair.line else ""
            problems.add("becomes two things", f"{pair.first!r}: {earlier.second!r} and {pair.second!r}", lines)
    return becomes


def _resolved(becomes: dict[str, Pair], path: Path) -> dict[str, Pair]:
    """Follow chains. A name that becomes itself stays as it is."""
    ends: dict[str, str] = {}
    for name in becomes:
        chain: dict[str, None] = {}
        at = name
        while at not in ends and at in becomes and becomes[at].second != at:
            if at in chain:
                members = list(chain)
                circle = shown_circle(members[members.index(at) :])
                raise DataError(f"{path}: names become each other in a circle: {circle}; take out one of these lines")
            chain[at] = None
            at = becomes[at].second
        end = ends.get(at, at)
        ends.update(dict.fromkeys(chain, end))
        ends[name] = end
    return {name: pair._replace(second=ends[name]) for name, pair in becomes.items()}
