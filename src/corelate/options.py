"""Options as dataclasses: the one source of recipe keys, command-line options and Python arguments.

Each field is declared with `option`, which holds its default, its doc line and what values are allowed. `read_options`
turns plain values (from TOML or the command line) into the dataclass and collects every problem instead of stopping at
the first.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from corelate.errors import OptionError

OptionsT = TypeVar("OptionsT")


def option(default: Any, help: str, **limits: Any) -> Any:
    """Declare a field.

    Args:
        default: The value when nothing is given.
        help: The doc line that the command line and the docs show.
        **limits: Any of ``choices`` (allowed values), ``minimum`` (least value), ``above`` and ``below`` (open
            bounds), ``maximum``; and ``flag``, the name on the command line where it differs from the field's.
    """
    metadata = {"help": help, **limits}
    if isinstance(default, (list, dict)):
        return dataclasses.field(default_factory=lambda: type(default)(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def field_types(options_type: type) -> dict[str, Any]:
    """Return the resolved type of each field of an options dataclass."""
    hints = typing.get_type_hints(options_type)
    return {field.name: hints[field.name] for field in dataclasses.fields(options_type)}


def read_options(
    options_type: type[OptionsT], values: Mapping[str, Any], problems: list[str], where: str = ""
) -> OptionsT:
    """Build an options dataclass from plain values.

    Args:
        options_type: The dataclass.
        values: Field values as TOML gives them.
        problems: Receives one line for each unknown name, wrong type and value that is not allowed.
        where: What stands before a field's name in those lines, e.g. ``"[model] "``.

    Returns:
        The options; fields with a problem have their default.
    """
    fields = {field.name: field for field in dataclasses.fields(options_type)}  # type: ignore[arg-type]
    hints = field_types(options_type)
    accepted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in fields:
            problems.append(f"{where}{name}: unknown; {_nearest(name, list(fields))}")
            continue
        try:
            accepted[name] = _checked(value, hints[name], fields[name].metadata)
        except ValueError as error:
            problems.append(f"{where}{name} = {value!r}: {error}")
    return options_type(**accepted)


def check_options(options: Any, subject: str) -> None:
    """Check the fields of an options dataclass that was built in Python; for use in its ``__post_init__``.

    Whole numbers in fields for floats become floats, so that saved options look the same wherever they came from.

    Args:
        options: The dataclass object; it may be frozen.
        subject: What the options belong to, for the message.

    Raises:
        OptionError: A field has another type or is beyond its limits; the message lists all of them.
    """
    hints, problems = field_types(type(options)), []
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        try:
            object.__setattr__(options, field.name, _checked(value, hints[field.name], field.metadata))
        except ValueError as error:
            problems.append(f"{field.name} = {value!r}: {error}")
    if problems:
        raise OptionError(f"{subject}: {'; '.join(problems)}")


def _checked(value: Any, hint: Any, limits: Mapping[str, Any]) -> Any:
    converted = _converted(value, hint)
    _check_limits(converted, limits)
    return converted


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(names) or 'none'}"


def _converted(value: Any, hint: Any) -> Any:
    """Return `value` as the type `hint`, which is a scalar type, a tuple of one, or an optional one."""
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        kinds = [kind for kind in typing.get_args(hint) if kind is not types.NoneType]
        return None if value is None else _converted(value, kinds[0])
    if typing.get_origin(hint) is tuple:
        return _converted_tuple(value, typing.get_args(hint))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint in (int, float, str) and (not isinstance(value, hint) or isinstance(value, bool)):
        raise ValueError(f"expected {_TYPE_WORDS[hint]}, got {type(value).__name__}")
    if hint is bool and not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _converted_tuple(value: Any, items: tuple[Any, ...]) -> tuple[Any, ...]:
    endless = len(items) == 2 and items[1] is Ellipsis
    if endless and isinstance(value, (int, float)):
        value = (value,)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"expected a list of {_TYPE_WORDS[items[0]].removeprefix('a ')}s")
    if not endless and len(value) != len(items):
        raise ValueError(f"expected {len(items)} values, got {len(value)}")
    return tuple(_converted(item, items[0]) for item in value)


_TYPE_WORDS = {int: "a whole number", float: "a number", str: "a text"}


def _check_limits(value: Any, limits: Mapping[str, Any]) -> None:
    if value is None:
        return
    for item in value if isinstance(value, tuple) else (value,):
        if "choices" in limits and item not in limits["choices"]:
            raise ValueError(
                f"choose {'of' if isinstance(value, tuple) else 'one of'} {', '.join(map(str, limits['choices']))}"
            )
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("must be a finite number")
        if "minimum" in limits and item < limits["minimum"]:
            raise ValueError(f"must be at least {limits['minimum']}")
        if "above" in limits and item <= limits["above"]:
            raise ValueError(f"must be above {limits['above']}")
        if "maximum" in limits and item > limits["maximum"]:
            raise ValueError(f"must be at most {limits['maximum']}")
        if "below" in limits and item >= limits["below"]:
            raise ValueError(f"must be below {limits['below']}")
