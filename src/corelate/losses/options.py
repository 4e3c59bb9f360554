"""The options of a loss, checked against what its dataclass declares: name, type and range."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, TypeVar

from corelate.errors import OptionError

OptionsType = TypeVar("OptionsType")


def resolve_options(options_class: type[OptionsType], given: Mapping[str, Any], subject: str) -> OptionsType:
    """Return `options_class` filled from `given`, after checking every value.

    A field's metadata says what it may hold: `choices`, or for a number `minimum`, `maximum` (both may be reached) and
    `below` (may not).

    Args:
        options_class: A dataclass whose fields are declared with `corelate.options.option` and have defaults.
        given: Option names and values; those left out keep their default.
        subject: What the options belong to, for the message.

    Raises:
        OptionError: An unknown name or a value out of range; the message lists all of them.
    """
    fields = {field.name: field for field in dataclasses.fields(options_class)}  # type: ignore[arg-type]
    problems = [_unknown(name, list(fields)) for name in given if name not in fields]
    problems += [_problem(fields[name], value) for name, value in given.items() if name in fields]
    problems = [problem for problem in problems if problem]
    if problems:
        raise OptionError(f"{subject}: {'; '.join(problems)}")
    return options_class(**{name: _plain(value) for name, value in given.items()})


def describe_range(field: dataclasses.Field[Any]) -> str:
    """Say in words what a field may hold, such as ``"mean or sum"`` or ``"a number from 0 to 1000"``."""
    limits = field.metadata
    if "choices" in limits:
        return " or ".join(limits["choices"])
    words = ["a number", f"from {limits['minimum']:g}" if "minimum" in limits else ""]
    words.append(f"to {limits['maximum']:g}" if "maximum" in limits else "")
    words.append(f"to below {limits['below']:g}" if "below" in limits else "")
    return " ".join(word for word in words if word)


def _unknown(name: str, allowed: list[str]) -> str:
    nearest = difflib.get_close_matches(name, allowed, n=1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown option {name!r}: choose from {', '.join(allowed)}{hint}"


def _problem(field: dataclasses.Field[Any], value: Any) -> str:
    allowed = _is_choice(field, value) if "choices" in field.metadata else _is_number_in_range(field, value)
    return "" if allowed else f"{field.name} is {value!r}: must be {describe_range(field)}"


def _is_choice(field: dataclasses.Field[Any], value: Any) -> bool:
    return isinstance(value, str) and value in field.metadata["choices"]


def _is_number_in_range(field: dataclasses.Field[Any], value: Any) -> bool:
    # bool is a number to Python, but `gamma = true` in a recipe is a slip.
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        return False
    limits = field.metadata
    lowest, highest, bound = limits.get("minimum"), limits.get("maximum"), limits.get("below")
    too_low = lowest is not None and value < lowest
    too_high = highest is not None and value > highest
    return not (too_low or too_high or (bound is not None and value >= bound))


def _plain(value: Any) -> Any:
    """Turn integers and NumPy numbers into plain floats: equal options are then saved alike."""
    return float(value) if isinstance(value, Real) else value
