"""Reading label files: bytes of bounded size, text whose encoding errors name the line, JSON from strangers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corelate.errors import DataError, OptionError

# The label files of the largest public sets take half of this.
MAX_LABEL_FILE_BYTES = 1 << 30


def read_label_file(path: Path, limit: int | None = None) -> bytes:
    """Return the bytes of a label file.

    Args:
        path: The file.
        limit: The most bytes it may have; default: `MAX_LABEL_FILE_BYTES`.

    Raises:
        DataError: It can't be read, is no regular file, or is larger than that.
    """
    limit = MAX_LABEL_FILE_BYTES if limit is None else limit
    try:
        if path.exists() and not path.is_file():
            raise DataError(f"{path}: expected a file")
        if path.stat().st_size > limit:
            raise DataError(f"{path}: larger than {limit >> 20} MiB, not read")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


def decode_text(data: bytes, where: str, encoding: str = "utf-8", advice: str = "save it as UTF-8") -> str:
    """Return the text of a file; a byte order mark is not part of it.

    Args:
        data: The bytes.
        where: The file, for messages.
        encoding: Any text encoding that Python knows.
        advice: What to do when the bytes are not in that encoding.

    Raises:
        OptionError: There is no such encoding.
        DataError: The bytes are not in that encoding; the message names the line.
    """
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        position = getattr(error, "start", 0)
        line = data.count(b"\n", 0, position) + 1
        byte = f"byte 0x{data[position]:02x}" if position < len(data) else "the end of the file"
        raise DataError(f"{where}, line {line}: {byte} is not {encoding} text; {advice}") from None
    except (LookupError, ValueError):
        raise OptionError(f"unknown text encoding {encoding!r}; usual ones are utf-8, utf-16 and latin-1") from None
    return text.removeprefix("\ufeff")


def parse_json(data: bytes, where: str) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises:
        DataError: See `parse_json_value`; or the file holds no object.
    """
    parsed = parse_json_value(data, where)
    if not isinstance(parsed, dict):
        raise DataError(f"{where}: expected a JSON object, found {json_type(parsed)}")
    return parsed


def parse_json_value(data: bytes, where: str, make_object: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return what a JSON file holds.

    Args:
        data: The bytes.
        where: The file, for messages.
        make_object: Makes an object of its pairs; None: a dictionary, in which the last of equal keys counts.

    Raises:
        DataError: The bytes are not UTF-8 or not JSON (``NaN`` isn't), or are nested too deeply.
    """
    try:
        return json.loads(decode_text(data, where), parse_constant=refuse_constant, object_pairs_hook=make_object)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}, line {error.lineno}, column {error.colno}: not JSON ({error.msg})") from None
    except ValueError as error:  # from refuse_constant, or a number of thousands of digits
        raise DataError(f"{where}: not JSON ({error})") from None
    except RecursionError:
        raise DataError(f"{where}: nested too deeply to be a label file") from None


def json_type(value: object) -> str:
    """Return what JSON calls a parsed value, for messages."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    names = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)


def refuse_constant(name: str) -> float:
    """Refuse ``NaN`` and ``Infinity``, which Python's JSON reader takes for numbers; for its `parse_constant`."""
    raise ValueError(f"{name} is not allowed")
