"""Data specs: ``format:path[?key=value&…]``, the one way to name a data set on the command line and in recipes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats import FORMATS
from corelate.data.shared_options import (
    FILES,
    GENERATED,
    GENERATED_WEIGHT,
    SharedOptions,
    apply_shared_options,
    generated_folders,
)
from corelate.errors import DataError, OptionError

SHARED = tuple(option.name for option in dataclasses.fields(SharedOptions))
# Characters that mean nothing in the options of a spec.
_PLAIN = "/:;,*+()[]{}^$|\\!~@'"


@dataclass(frozen=True)
class DataSpec:
    """A parsed spec.

    Attributes:
        format: Registered name of the format.
        path: What stands between the colon and the question mark.
        options: The format's own options, still text.
        shared: Those of every format (`SharedOptions`), still text.
    """

    format: str
    path: str
    options: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)

    @property
    def split(self) -> str | None:
        """The one split that is kept, or None for all."""
        return self.shared.get("split") or None

    @classmethod
    def parse(cls, text: str) -> DataSpec:
        """Read a spec.

        Raises:
            OptionError: No format, an unknown format, no path, or an option given twice.

        Example:
            >>> DataSpec.parse("csv:labels.csv?split=test&separator=;")
            DataSpec(format='table', path='labels.csv', options={'separator': ';'}, shared={'split': 'test'})
        """
        name, colon, rest = text.partition(":")
        if not colon or not rest:
            raise OptionError(
                f"{text!r} is not a data spec; write format:path, e.g. csv:labels.csv; "
                f"formats: {', '.join(FORMATS.names)}"
            )
        path, _, query = rest.partition("?")
        # In a form of a web page a plus sign is a space; in patterns and names of files it is itself.
        pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, errors="surrogateescape")
        options = dict(pairs)
        if len(options) < len(pairs):
            raise OptionError(f"{text!r} gives an option twice")
        if not path:
            raise OptionError(f"{text!r} has no path between ':' and '?'")
        shared = {key: options.pop(key) for key in SHARED if key in options}
        return cls(FORMATS.get(name).name, path, options, shared)

    def to_text(self) -> str:
        """Return a spec that `parse` reads as this one."""
        pairs = [
            f"{key}={quote(value, safe=_PLAIN, errors='surrogateescape')}"
            for key, value in (self.options | self.shared).items()
        ]
        return f"{self.format}:{self.path}" + ("?" + "&".join(pairs) if pairs else "")

    def with_paths(self, change: Callable[[str], str]) -> DataSpec:
        """Return the spec with another path, and other names of the files that shared options name."""
        files = {key: change(value) for key, value in self.shared.items() if key in FILES and key != GENERATED}
        if folders := self.shared.get(GENERATED):
            files[GENERATED] = ",".join(map(change, generated_folders(folders)))
        return dataclasses.replace(self, path=change(self.path), shared=self.shared | files)

    def with_generated(self, folders: str, weight: float | None = None) -> DataSpec:
        """Return the spec with more folders of generated pictures, and, if one is given, another weight of them all."""
        more = {GENERATED: ",".join(filter(None, (self.shared.get(GENERATED), folders)))} if folders else {}
        weights = {} if weight is None else {GENERATED_WEIGHT: repr(float(weight))}
        return dataclasses.replace(self, shared=self.shared | more | weights)

    def without_generated(self) -> DataSpec:
        """Return the spec without the options of generated pictures."""
        kept = {key: value for key, value in self.shared.items() if key not in (GENERATED, GENERATED_WEIGHT)}
        return dataclasses.replace(self, shared=kept)

    def shared_options(self) -> SharedOptions:
        """Return the options of every format.

        Raises:
            OptionError: One has a value of the wrong type.
        """
        options: SharedOptions = _parse_options(SharedOptions, self.shared, self.format)
        return options


def load_annotations(spec: str, *, strict: bool = False) -> AnnotationSet:
    """Read the data set that a spec names.

    Args:
        spec: ``format:path[?key=value&…]``; keys are fields of `SharedOptions` or of the format's own options.
        strict: Raise when the source has any problem, instead of leaving out what is wrong and noting it.

    Raises:
        OptionError: The spec, or one of its options, is wrong.
        DataError: The source can't be read, holds no picture, or (with `strict`) has a problem.
    """
    parsed = DataSpec.parse(spec)
    reader = FORMATS.load(parsed.format)
    options = parse_format_options(reader.Options, parsed)
    shared = parsed.shared_options()
    annotations: AnnotationSet = reader.read(Path(parsed.path).expanduser(), options)
    annotations = apply_shared_options(annotations, shared)
    if strict:
        annotations.problems.raise_if_any()
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
        allowed = ", ".join([*fields, *SHARED])
        raise OptionError(f"{parsed.format} does not know the option {unknown[0]!r}; allowed: {allowed}")
    return _parse_options(options_type, parsed.options, parsed.format)


def _parse_options(options_type: type, texts: dict[str, str], subject: str) -> Any:
    types = {field.name: _type_name(field.type) for field in dataclasses.fields(options_type)}
    values: dict[str, Any] = {}
    for key, text in texts.items():
        convert, expected = _CONVERSIONS.get(types[key], (str, "text"))
        try:
            values[key] = convert(text)
        except ValueError:
            raise OptionError(f"option {key}={text!r} of {subject}: expected {expected}") from None
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
