"""Data specs: ``format:path[?key=value&…]``, the one way to name a data set on the command line and in recipes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats import FORMATS
from corelate.errors import DataError, OptionError


@dataclass(frozen=True)
class DataSpec:
    """A parsed spec.

    Attributes:
        format: Registered name of the format.
        path: What stands between the colon and the question mark.
        split: Keep only this given split, or None for all.
        options: The format's own options, still text.
    """

    format: str
    path: str
    split: str | None
    options: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> DataSpec:
        """Read a spec.

        Raises:
            OptionError: No format, an unknown format, no path, or an option given twice.

        Example:
            >>> DataSpec.parse("csv:labels.csv?split=test&separator=;")
            DataSpec(format='csv', path='labels.csv', split='test', options={'separator': ';'})
        """
        name, colon, rest = text.partition(":")
        if not colon or not rest:
            raise OptionError(
                f"{text!r} is not a data spec; write format:path, e.g. csv:labels.csv; "
                f"formats: {', '.join(FORMATS.names)}"
            )
        path, _, query = rest.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True, separator="&")
        options = dict(pairs)
        if len(options) < len(pairs):
            raise OptionError(f"{text!r} gives an option twice")
        if not path:
            raise OptionError(f"{text!r} has no path between ':' and '?'")
        return cls(FORMATS.get(name).name, path, options.pop("split", None), options)


def load_annotations(spec: str, *, strict: bool = False) -> AnnotationSet:
    """Read the data set that a spec names.

    Args:
        spec: ``format:path[?key=value&…]``; ``split=NAME`` keeps one given split, other keys belong to the format.
        strict: Raise when the source has any problem, instead of leaving out what is wrong and noting it.

    Raises:
        OptionError: The spec, or one of its options, is wrong.
        DataError: The source can't be read, holds no picture, or (with `strict`) has a problem.
    """
    parsed = DataSpec.parse(spec)
    reader = FORMATS.load(parsed.format)
    options = parse_format_options(reader.Options, parsed)
    annotations: AnnotationSet = reader.read(Path(parsed.path).expanduser(), options)
    if strict:
        annotations.problems.raise_if_any()
    if parsed.split is not None:
        annotations = annotations.split(parsed.split)
    if not len(annotations):
        raise DataError(f"{spec} holds no picture that can be used\n{annotations.problems.report()}".strip())
    return annotations


def parse_format_options(options_type: type, parsed: DataSpec) -> Any:
    """Turn the text options of a spec into the format's own options dataclass.

    Raises:
        OptionError: An option the format does not know, or a value of the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(options_type)}
    unknown = [key for key in parsed.options if key not in fields]
    if unknown:
        allowed = ", ".join(["split", *fields])
        raise OptionError(f"{parsed.format} does not know the option {unknown[0]!r}; allowed: {allowed}")
    values: dict[str, Any] = {}
    for key, text in parsed.options.items():
        convert, expected = _CONVERSIONS.get(_type_name(fields[key].type), (str, "text"))
        try:
            values[key] = convert(text)
        except ValueError:
            raise OptionError(f"option {key}={text!r} of {parsed.format}: expected {expected}") from None
    return options_type(**values)


def _type_name(annotation: Any) -> str:
    """Return the name of a field's type, of ``int | None`` the first; annotations may be text or types."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return str(text).split(" ")[0]


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_CONVERSIONS: dict[str, tuple[Callable[[str], Any], str]] = {
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "bool": (_truth, "true or false"),
}
