"""The keywords of one picture, as its metadata give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from corelate.data.vocabulary import is_label

# Far beyond what people write; metadata of a stranger could have a million.
MOST_KEYWORDS = 2000
LONGEST_KEYWORD = 250
# Composing accents can take the square of the length.
LONGEST_TEXT = 4 * LONGEST_KEYWORD

Path = tuple[str, ...]


@dataclass
class FoundKeywords:
    """What was found so far; each keyword once, in the order in which it was found.

    Attributes:
        words: Keywords that stand for themselves.
        paths: Keywords with those above them, the topmost first, as ``("Places", "Italy", "Rome")``.
        unusable: Keywords that can't be labels, as they were given.
        damages: What could not be read, in words; there may have been keywords in it.
        separator: What stands between several keywords that were written as one; empty when that is not so.
    """

    words: dict[str, None] = field(default_factory=dict)
    paths: dict[Path, None] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)
    separator: str = ""

    def add(self, text: str) -> None:
        """Take an entry of a flat list: a word, or a path with ``|`` between its levels, as some programs write it."""
        for keyword in text.split(self.separator) if self.separator else (text,):
            if "|" in keyword:
                self.add_path(keyword.split("|"))
            else:
                self._add_word(keyword)

    def add_path(self, levels: Iterable[str]) -> None:
        """Take a keyword with those above it; levels without a name are passed over."""
        levels = list(levels)
        cleaned = [usable_keyword(level) for level in levels]
        path = tuple(level for level in cleaned if level)
        if None in cleaned:
            self.unusable.append("|".join(levels))
        elif path and self._has_room():
            self.paths[path] = None

    def _add_word(self, text: str) -> None:
        word = usable_keyword(text)
        if word is None:
            self.unusable.append(text)
        elif word and self._has_room():
            self.words[word] = None

    def _has_room(self) -> bool:
        if len(self.words) + len(self.paths) < MOST_KEYWORDS:
            return True
        damage = f"more than {MOST_KEYWORDS} keywords"
        if damage not in self.damages:
            self.damages.append(damage)
        return False


def clean_keyword(text: str) -> str:
    """Return a keyword in one spelling: accents composed, one space for any white space, none around it.

    Null characters, with which some programs fill up, are dropped.
    """
    return " ".join(unicodedata.normalize("NFC", text.replace("\0", "")).split())


def usable_keyword(text: str) -> str | None:
    """Return a keyword in one spelling, or None when it can't be a label."""
    return _usable(text) if len(text) <= LONGEST_TEXT else None


@lru_cache(maxsize=1 << 16)
def _usable(text: str) -> str | None:
    # Kept, since the same words come with many pictures.
    keyword = clean_keyword(text)
    return keyword if not keyword or (is_label(keyword) and len(keyword) <= LONGEST_KEYWORD) else None
