"""When two labels are one word: rules of writing, of English plurals, and of British and American spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

# Own list; regular plurals and those in -ves are left to the rules.
IRREGULAR_PLURALS = {
    "bacteria": "bacterium",
    "cacti": "cactus",
    "children": "child",
    "dice": "die",
    "feet": "foot",
    "firemen": "fireman",
    "fishermen": "fisherman",
    "fungi": "fungus",
    "geese": "goose",
    "hippopotami": "hippopotamus",
    "men": "man",
    "mice": "mouse",
    "octopi": "octopus",
    "oxen": "ox",
    "people": "person",
    "persons": "person",
    "policemen": "policeman",
    "snowmen": "snowman",
    "teeth": "tooth",
    "women": "woman",
}

# Parts of words, British and American; applied anywhere in a label.
BRITISH_AMERICAN = (
    *((f"{stem}our", f"{stem}or") for stem in ("arm", "behavi", "col", "fav", "flav", "harb", "hon", "hum", "lab")),
    *((f"{stem}our", f"{stem}or") for stem in ("neighb", "od", "parl", "rum", "splend", "vap", "vig")),
    *((f"{stem}re", f"{stem}er") for stem in ("cent", "fib", "lit", "met", "sab", "scept", "theat")),
    *((f"{stem}ogue", f"{stem}og") for stem in ("anal", "catal", "dial", "mon")),
    ("aeroplane", "airplane"),
    ("aluminium", "aluminum"),
    ("cosy", "cozy"),
    ("defence", "defense"),
    ("doughnut", "donut"),
    ("grey", "gray"),
    ("jewellery", "jewelry"),
    ("licence", "license"),
    ("mould", "mold"),
    ("moustache", "mustache"),
    ("plough", "plow"),
    ("pyjama", "pajama"),
    ("traveller", "traveler"),
    ("tyre", "tire"),
    ("yoghurt", "yogurt"),
)
_BRITISH = re.compile("|".join(british for british, _ in BRITISH_AMERICAN))
_AMERICAN = dict(BRITISH_AMERICAN)

# Separators, dashes and connectors such as the underscore join or part words without changing them.
_JOINING = ("Zs", "Pd", "Pc")
_DROPPED = frozenset("'’.·")
_MARKS = re.compile("[\u0300-\u036f]")
_SIBILANTS = ("s", "x", "z", "ch", "sh", "o")
_NOT_PLURAL = ("ss", "us", "is")


def written_alike(label: str) -> str:
    """Return the label without what only looks different: case, width, accents of Latin letters, spaces, hyphens.

    Example:
        >>> written_alike("Sea-Gull") == written_alike("sea gull") == written_alike("SEAGULL")
        True
    """
    kept: list[str] = []
    for character in unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", label).casefold()):
        # An accent on another letter may make another letter of it, as in Cyrillic.
        accent = bool(_MARKS.match(character)) and bool(kept) and kept[-1].isascii()
        if not accent and character not in _DROPPED and unicodedata.category(character) not in _JOINING:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept)) or label


def american(word: str) -> str:
    """Return a word of `written_alike` in American spelling."""
    return _BRITISH.sub(lambda match: _AMERICAN[match.group()], word)


def singulars(word: str) -> Iterator[str]:
    """Yield what a word of `written_alike` may be the plural of.

    Example:
        >>> list(singulars("wolves"))
        ['wolf', 'wolfe', 'wolve']
    """
    for plural, singular in IRREGULAR_PLURALS.items():
        if word.endswith(plural):
            yield word[: -len(plural)] + singular
    if len(word) < 4 or not word.endswith("s") or word.endswith(_NOT_PLURAL):
        return
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield from (word[:-3] + "f", word[:-3] + "fe")
    if word.endswith("es") and word[:-2].endswith(_SIBILANTS):
        yield word[:-2]
    yield word[:-1]


def one_edit_apart(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each pair of words that one letter divides: another, one more, one less, or two that are swapped.

    Words that one edit divides are equal after a letter is taken out of one of them or of both, so that only words that
    share such a rest are compared. This is the restricted Damerau-Levenshtein distance of 1.

    Source:
        F. J. Damerau, "A technique for computer detection and correction of spelling errors", Comm. ACM 7(3), 1964.
    """
    by_rest: dict[str, list[str]] = {}
    for word in dict.fromkeys(words):
        for rest in {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}:
            by_rest.setdefault(rest, []).append(word)
    seen = set()
    for sharing in by_rest.values():
        for place, first in enumerate(sharing):
            for second in sharing[place + 1 :]:
                if (first, second) not in seen and _is_one_edit(first, second):
                    seen.add((first, second))
                    yield first, second


def _is_one_edit(first: str, second: str) -> bool:
    """Tell whether two different words are one edit apart; what they begin and end with alike is left out."""
    start = 0
    shorter = min(len(first), len(second))
    while start < shorter and first[start] == second[start]:
        start += 1
    end = 0
    while end < shorter - start and first[-1 - end] == second[-1 - end]:
        end += 1
    one, other = first[start : len(first) - end], second[start : len(second) - end]
    return max(len(one), len(other)) == 1 or (len(one) == 2 and one == other[::-1])
