from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from corelate.options import option, read_options


@dataclass(frozen=True)
class Options:
    count: int = option(3, "a number", minimum=1, maximum=9)
    share: float = option(0.5, "a share", above=0.0, below=1.0)
    name: str = option("a", "a name", choices=("a", "b"))
    on: bool = option(False, "a switch")
    size: tuple[int, ...] = option((), "some numbers", minimum=1)
    pair: tuple[float, float] = option((0.0, 1.0), "two numbers")
    place: str | None = option(None, "a place")


def read(**values: Any) -> tuple[Options, list[str]]:
    problems: list[str] = []
    return read_options(Options, values, problems, "here "), problems


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("count", 4, 4),
        ("share", 0.25, 0.25),
        ("on", True, True),
        ("size", 5, (5,)),
        ("size", [5, 6], (5, 6)),
        ("pair", [1, 2.5], (1.0, 2.5)),
        ("place", None, None),
        ("place", "x", "x"),
    ],
)
def test_good_values(name: str, given: Any, expected: Any):
    options, problems = read(**{name: given})
    assert not problems
    assert getattr(options, name) == expected
    assert type(getattr(options, name)) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("count", 0, "must be at least 1"),
        ("count", 10, "must be at most 9"),
        ("count", 1.0, "expected a whole number, got float"),
        ("count", True, "expected a whole number"),
        ("share", 0, "must be above 0.0"),
        ("share", 1, "must be below 1.0"),
        ("share", float("nan"), "must be a finite number"),
        ("share", float("inf"), "must be a finite number"),
        ("share", "much", "expected a number, got str"),
        ("name", "c", "choose one of a, b"),
        ("on", 1, "expected true or false"),
        ("size", [0], "must be at least 1"),
        ("size", "5", "expected a list"),
        ("pair", [1.0], "expected 2 values, got 1"),
        ("place", 3, "expected a text, got int"),
        ("cuont", 3, "unknown; did you mean count?"),
    ],
)
def test_bad_values_are_noted_and_the_default_kept(name: str, given: Any, words: str):
    options, problems = read(**{name: given})
    assert options == Options()
    assert len(problems) == 1
    assert problems[0].startswith(f"here {name}")
    assert words in problems[0]
