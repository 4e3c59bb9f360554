"""What single cells of tables say: lists of labels, also those that programs write as text, and names of divisions."""

from __future__ import annotations

import ast
import json
import re

from corelate.data.formats.collecting import shown

LIST_AS_TEXT = "labels are a list written as text: row left out"

# Text as Python prints it, with the escapes that it prints.
_ESCAPE = r"\\(?:[\\'\"abfnrtv]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"
_TEXT = rf"u?(?:'(?:[^'\\\n]++|{_ESCAPE})*+'|\"(?:[^\"\\\n]++|{_ESCAPE})*+\")"
# Python takes texts without commas between them, as arrays are printed, for one text.
_PRINTED_LIST = re.compile(rf"\[\s*+{_TEXT}(?:\s*+,\s*+{_TEXT})*+\s*+\]")
_LONGEST_PRINTED_LIST = 1 << 18

_BRACKETS = re.compile(r"[\[\]]")
_WHOLE_DECIMAL = re.compile(r"(-?[0-9]+)\.0+")


class UnusableRowError(Exception):
    """A row that is left out, and why.

    Args:
        kind: The kind of problem.
        subject: The case.
    """

    def __init__(self, kind: str, subject: str) -> None:
        super().__init__(kind, subject)
        self.kind = kind
        self.subject = subject


def split_labels(text: str, separator: str) -> list[str]:
    """Return the labels in a cell.

    Raises:
        UnusableRowError: The cell looks like a list that is written as text, and can't be read as one.
    """
    if not text:
        return []
    if "[" in text and looks_like_list(text):
        return _of_list(text.strip())
    return [label for part in text.split(separator) if (label := part.strip())]


def looks_like_list(text: str) -> bool:
    """Tell whether a cell begins as a list of quoted text, or is in one pair of brackets, as ``[b]sky[/b]`` is not."""
    text = text.strip()
    if not text.startswith("[") or not text.endswith("]"):
        return False
    if text[1:].lstrip()[:1] in ("'", '"'):
        return True
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth += 1 if bracket[0] == "[" else -1
        if not depth:
            return bracket.end() == len(text)
    return True


def _of_list(text: str) -> list[str]:
    """Return the labels in a list that is written as text, by JSON or by Python."""
    try:
        labels = json.loads(text)
    except (ValueError, RecursionError):
        labels = None
        if len(text) <= _LONGEST_PRINTED_LIST and _PRINTED_LIST.fullmatch(text):
            labels = _evaluated(text)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise UnusableRowError(LIST_AS_TEXT, shown(text))
    return [name for label in labels if (name := label.strip())]


def _evaluated(text: str) -> object:
    """Return what Python reads in the text of a list, or None."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def whole_number(text: str) -> str:
    """Return the name of a split or group, of a whole number without the ``.0`` that programs write behind it."""
    if text.endswith("0") and (match := _WHOLE_DECIMAL.fullmatch(text)):
        return match[1]
    return text
