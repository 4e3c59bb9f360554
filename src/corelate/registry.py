"""Registries: what can be chosen by name, with one line about each.

An entry names its class as ``"module:Class"`` and imports it only when it is asked for, so that listing losses or
heads (``corelate --help``) does not import torch.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from corelate.errors import OptionError


@dataclass(frozen=True)
class Entry:
    """One thing that can be chosen by name."""

    name: str
    target: str
    summary: str
    source: str = ""
    aliases: tuple[str, ...] = ()

    def load(self) -> Any:
        """Import and return the class or function behind the entry."""
        module, _, attribute = self.target.partition(":")
        return getattr(importlib.import_module(module), attribute)


class Registry:
    """The entries of one kind, in the order in which they were listed.

    Args:
        kind: What the entries are, for messages.
        entries: The entries.
        elsewhere: Entries that a user could look for here by mistake, under what they are instead, for messages.
    """

    def __init__(
        self, kind: str, entries: tuple[Entry, ...], elsewhere: Mapping[str, tuple[Entry, ...]] | None = None
    ) -> None:
        self.kind = kind
        self._elsewhere = {
            spelling: instead
            for instead, others in (elsewhere or {}).items()
            for entry in others
            for spelling in (entry.name, *entry.aliases)
        }
        self._entries = {entry.name: entry for entry in entries}
        self._aliases = {alias: entry.name for entry in entries for alias in entry.aliases}
        spellings = [spelling for entry in entries for spelling in (entry.name, *entry.aliases)]
        repeated = sorted({spelling for spelling in spellings if spellings.count(spelling) > 1})
        if repeated:
            raise ValueError(f"{kind} registered more than once: {', '.join(repeated)}")

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._aliases

    @property
    def names(self) -> tuple[str, ...]:
        """The registered names, without aliases."""
        return tuple(self._entries)

    def get(self, name: str) -> Entry:
        """Return the entry called `name`, or known under that alias.

        Raises:
            OptionError: No such name; the message lists the names and the nearest one, or says where the name belongs.
        """
        canonical = self._aliases.get(name, name)
        if canonical in self._entries:
            return self._entries[canonical]
        if name in self._elsewhere:
            raise OptionError(f"{name!r} is {self._elsewhere[name]}; here choose one of {', '.join(self._entries)}")
        nearest = difflib.get_close_matches(name, [*self._entries, *self._aliases], n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise OptionError(f"unknown {self.kind} {name!r}: choose one of {', '.join(self._entries)}{hint}")

    def load(self, name: str) -> Any:
        """Import and return what `name` stands for."""
        return self.get(name).load()
