"""Where a data set goes: ``writer:path[?key=value&…]``, or a path whose suffix says what it is to be."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.data.spec import DataSpec, parse_format_options
from corelate.data.writers import DATA_WRITERS
from corelate.data.writers.base import DataWriter
from corelate.errors import OptionError

# What tables may be called; any other path needs a writer's name before it.
TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")

# A name before a colon; one letter is the drive of a Windows path.
_NAMED = re.compile(r"([A-Za-z0-9_-]{2,}):")


@dataclass(frozen=True)
class Destination:
    """A parsed destination.

    Attributes:
        name: Registered name of the writer, and of the format that reads the result.
        path: Where to write.
        options: The writer's own options.
        text: The path as it was given.
    """

    name: str
    path: Path
    options: Any
    text: str

    @classmethod
    def parse(cls, text: str) -> Destination:
        """Read a destination.

        Raises:
            OptionError: No writer of that name, no path, or an option that is unknown or wrong.

        Example:
            >>> Destination.parse("out.parquet").name
            'table'
        """
        named = _NAMED.match(text)
        name = DATA_WRITERS.get(named[1]).name if named else _by_suffix(text)
        spec = DataSpec.parse(f"{name}:{text[named.end() :] if named else text}")
        writer: DataWriter = DATA_WRITERS.load(name)
        fields = [field.name for field in dataclasses.fields(writer.Options)]
        unknown = [key for key in (spec.options | spec.shared) if key not in fields]
        if unknown:
            advice = "; choose pictures and labels by options of what is read" if unknown[0] in spec.shared else ""
            raise OptionError(
                f"writing {name} does not know the option {unknown[0]!r}; "
                f"allowed: {', '.join(fields) or 'none'}{advice}"
            )
        options = parse_format_options(writer.Options, spec)
        return cls(name, Path(spec.path).expanduser(), options, spec.path)

    @property
    def writer(self) -> DataWriter:
        """The writer."""
        writer: DataWriter = DATA_WRITERS.load(self.name)
        return writer

    def spec(self, reading: dict[str, str]) -> str:
        """Return the data spec that reads the result with such options."""
        return DataSpec(self.name, self.text, reading).to_text()


def _by_suffix(text: str) -> str:
    path = text.partition("?")[0]
    if Path(path).suffix.lower() not in TABLE_SUFFIXES:
        raise OptionError(
            f"{text!r} does not say what is to be written: give a path that ends in {', '.join(TABLE_SUFFIXES)}, "
            f"or writer:path with one of the writers {', '.join(DATA_WRITERS.names)}"
        )
    return "table"
