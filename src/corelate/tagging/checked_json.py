"""Reading JSON that came from a stranger: strict syntax, then one checked field after another."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from corelate.errors import BundleError

DESCRIPTION_FILE = "annotator.json"
KINDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


def refuse(problem: str) -> NoReturn:
    """Raise the error for a description that can't be used.

    Raises:
        BundleError: Always.
    """
    raise BundleError(f"{DESCRIPTION_FILE} can't be used: {problem}; get the bundle again or export it anew")


def parse_strictly(data: bytes) -> Any:
    """Return the value of a JSON file.

    Raises:
        BundleError: It is not UTF-8 or not JSON, is nested too deeply, or holds NaN, infinity or a key twice.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique_keys,
        )
    except (ValueError, RecursionError) as error:
        refuse(f"it is not valid JSON ({error})")


def take(fields: Mapping[str, Any], key: str, kind: type, where: str = "") -> Any:
    """Return a required field of exactly the given type; true is not a number.

    Raises:
        BundleError: The field is missing or of another type.
    """
    if key not in fields:
        refuse(f"'{where}{key}' is missing")
    value = fields[key]
    if type(value) is not kind:
        refuse(f"'{where}{key}' is {shown(value)}, expected {KINDS[kind]}")
    return value


def shown(value: Any) -> str:
    """Return a value for a message, cut short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"the number {text} is not allowed")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("an object holds the same key twice")
    return fields
