"""Which words of a file stand for a label: the label itself, its parts, or the words that it is joined from.

Files list words by frequency, so the number of a word's line is its rank: the smaller, the more usual the word.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

MOST_JOINED = 3
SHORTEST_JOINED = 2
LONGEST_SPLIT = 40
"""Letters of a word that is searched for joined words; the search grows with the square of the length."""


def find_words(label: str, lines: Mapping[str, int]) -> tuple[str, ...]:
    """Return the words of a file whose mean stands for a label, or nothing.

    In this order: the label in one of its `spellings`; what spaces part, each in one of its spellings; what punctuation
    parts, in small letters or in the other number; the words that a part is joined from, as few and as usual as can be.

    Args:
        label: The label.
        lines: The number of the line of each word of the file; only `candidates` of the label are looked up.

    Example:
        >>> find_words("diningtable", {"table": 1, "dining": 2, "din": 3})
        ('dining', 'table')
        >>> find_words("Polar Bears", {"bear": 1, "polar": 2})
        ('polar', 'bear')
    """
    whole = _first_of(spellings(label), lines)
    return (whole,) if whole else _all_words(_words_of_chunk(chunk, lines) for chunk in _chunks(label))


def candidates(label: str) -> set[str]:
    """Return every word that `find_words` may look up for a label."""
    words = set(spellings(label)).union(*map(spellings, _chunks(label)))
    for part in (part for chunk in _chunks(label) for part in _parts(chunk)):
        forms = _forms(part)
        words.update(forms, *map(_forms, _pieces(part)))
        for form in forms:
            if len(form) <= LONGEST_SPLIT:
                words.update(
                    form[start:end]
                    for start in range(len(form))
                    for end in range(start + SHORTEST_JOINED, len(form) + 1)
                )
    return words


def spellings(label: str) -> list[str]:
    """Return the ways in which files write the whole label, the best first.

    The label as it is, in lower case, its words tied by ``_`` or ``-`` or joined, and last with capitals: files that
    keep capitals have ``New_York`` for ``new york``.
    """
    composed = unicodedata.normalize("NFC", label)
    names = [label, composed, composed.lower()]
    words = [word for word in re.split(r"[\s_-]+", composed) if word]
    for tie in ("_", "-", ""):
        names += [tie.join(words), tie.join(words).lower()]
    capitals = [word[0].upper() + word[1:].lower() for word in words]
    names += [tie.join(capitals) for tie in ("_", "-", " ")]
    # Some files hold letters and their accents apart.
    names += [unicodedata.normalize("NFD", name) for name in names]
    return [name for name in dict.fromkeys(names) if name]


def visible_parts(label: str) -> tuple[str, ...]:
    """Return the parts of a label that stand apart by spaces or punctuation, in lower case."""
    return tuple(part.lower() for part in _parts(label))


def _chunks(label: str) -> list[str]:
    return [chunk for chunk in re.split(r"[\s_/]+", label) if chunk]


def _parts(label: str) -> list[str]:
    """Split at spaces and all punctuation; an English possessive ending is dropped: men's shoes → men, shoes."""
    text = re.sub(r"['’][sS]\b", "", unicodedata.normalize("NFC", label))
    return "".join(" " if unicodedata.category(sign)[0] in "PSZ" else sign for sign in text).split()


def _pieces(part: str) -> list[str]:
    """Split where small letters meet capitals, and letters meet digits: TVMonitor2 → TV, Monitor, 2."""
    cuts = [0]
    for position, (before, sign) in enumerate(pairwise(part), start=1):
        begins_word = sign.isupper() and (before.islower() or part[position + 1 : position + 2].islower())
        if begins_word or before.isdigit() != sign.isdigit():
            cuts.append(position)
    return [part[start:end] for start, end in pairwise([*cuts, len(part)])]


def _words_of_chunk(chunk: str, lines: Mapping[str, int]) -> tuple[str, ...]:
    whole = _first_of(spellings(chunk), lines)
    return (whole,) if whole else _all_words(_words_of_part(part, lines) for part in _parts(chunk))


def _words_of_part(part: str, lines: Mapping[str, int]) -> tuple[str, ...]:
    if word := _first_of(_forms(part), lines):
        return (word,)
    pieces = tuple(_first_of(_forms(piece), lines) for piece in _pieces(part))
    if all(pieces):
        return pieces
    return next(filter(None, (_joined_words(form, lines) for form in _forms(part))), ())


def _first_of(words: Iterable[str], lines: Mapping[str, int]) -> str:
    return next((word for word in words if word in lines), "")


def _all_words(found: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the words of all parts; nothing when a part has none."""
    parts = list(found)
    return tuple(itertools.chain.from_iterable(parts)) if all(parts) else ()


def _forms(word: str) -> list[str]:
    """Return the lower case, the word as it is, its singular and its plural, as far as simple English rules go."""
    lower = word.lower()
    return list(dict.fromkeys([lower, word, *_singulars(lower), _plural(lower)]))


def _singulars(word: str) -> Iterator[str]:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return
    if word.endswith("ies"):
        yield f"{word[:-3]}y"
    if word.endswith("ves"):
        yield from (f"{word[:-3]}f", f"{word[:-3]}fe")
    if word.endswith(("ches", "shes", "xes", "ses", "zes", "oes")):
        yield word[:-2]
    yield word[:-1]


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"


def _joined_words(word: str, lines: Mapping[str, int]) -> tuple[str, ...]:
    """Return the fewest words that give `word` when joined; of several ways the one whose rarest word is most usual."""
    if len(word) > LONGEST_SPLIT:
        return ()
    for count in range(2, MOST_JOINED + 1):
        ways = list(_ways(word, count, lines))
        if ways:
            # The rarest word decides, not the product of frequencies: one very usual scrap ("in") would outweigh a
            # scrap that is hardly a word.
            return min(ways, key=lambda way: sorted((lines[part] for part in way), reverse=True))
    return ()


def _ways(word: str, count: int, lines: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    if count == 1:
        if word in lines:
            yield (word,)
        return
    for end in range(SHORTEST_JOINED, len(word) - SHORTEST_JOINED * (count - 1) + 1):
        if word[:end] in lines:
            for rest in _ways(word[end:], count - 1, lines):
                yield (word[:end], *rest)
