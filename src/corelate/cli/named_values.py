"""Options given as ``NAME=VALUE``, such as those of heads, losses and rules."""

from __future__ import annotations

import tomllib
from typing import Any

from corelate.errors import OptionError


def named_values(section: str, texts: list[str]) -> dict[str, Any]:
    """Return names and values; a value is read as TOML, and as text where it is none.

    Args:
        section: What the options belong to: ``--SECTION-option`` is what the user wrote.
        texts: As given.

    Raises:
        OptionError: A text without an equals sign.
    """
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"--{section}-option {text!r}: write NAME=VALUE")
        pairs[name.strip()] = _toml_or_text(value.strip())
    return pairs


def name_with_values(text: str) -> tuple[str, dict[str, Any]]:
    """Return a name and the options behind it, of ``NAME`` or ``NAME:OPTION=VALUE,OPTION=VALUE``.

    Raises:
        OptionError: An option without an equals sign, or one that is given twice.
    """
    name, colon, rest = text.partition(":")
    pairs: dict[str, Any] = {}
    for part in rest.split(",") if colon else ():
        option, equals, value = (piece.strip() for piece in part.partition("="))
        if not (option and equals and value):
            raise OptionError(f"{text!r}: after the name write :OPTION=VALUE, more of them after commas")
        if option in pairs:
            raise OptionError(f"{text!r}: {option} is given twice")
        pairs[option] = _toml_or_text(value)
    return name.strip(), pairs


def _toml_or_text(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
