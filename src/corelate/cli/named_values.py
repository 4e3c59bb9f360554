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


def _toml_or_text(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
