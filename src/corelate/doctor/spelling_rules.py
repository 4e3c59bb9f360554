"""When two labels are one word: rules of writing, of English plurals, and of British and American spelling."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

# Own list; regular plurals and those in -ves are left to the rules.
IRREGULAR_PLURALS = {
    "axes": "axis",
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
    "oases": "oasis",
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
# The letters before it leave out rise and prise.
_ISE = re.compile("(?<=[a-z]{3})is(?=e|ing|ation)")

# Separators, dashes and connectors such as the underscore join or part words without changing them.
_JOINING = ("Zs", "Pd", "Pc")
_POINTS = frozenset(".·")
_DROPPED = frozenset("'’")
_MARKS = re.compile("[\u0300-\u036f]")
# What Unicode says to show as nothing (Default_Ignorable_Code_Point), anchors of annotations, and the blank of Braille.
# Tags after a black flag are the flag of a country.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f"
    "\U000e0080-\U000e0fff]|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]+"
)
_SIBILANTS = ("s", "x", "z", "ch", "sh", "o")
# Own lists: words in -s that are no plurals, and the few in -ics that are.
_NO_PLURAL = re.compile(
    "(?:ss|us|is|ics|alias|atlas|bias|biceps|canvas|chaos|christmas|corps|cosmos|cyclops|diabetes|forceps|goods|(?<!l)lens"
    "|(?<!si)news|pancreas|rhinoceros|(?<!nur)(?<!mi)series|shorts|species|texas|triceps)$"
)
_PLURALS_IN_ICS = ("ceramics", "clinics", "comics", "fabrics", "mosaics", "picnics", "relics", "topics", "tunics")


def written_alike(label: str) -> str:
    """Return the label without what only looks different: case, width, accents of Latin letters, spaces, hyphens.

    What can't be seen goes as well. Between digits a point stays, and what parts them is a hyphen: 1.5 is not 15, and
    10-1 is not 101. Before the first digit, they may be a sign.

    Example:
        >>> written_alike("Sea-Gull") == written_alike("sea gull") == written_alike("SEAGULL")
        True
    """
    kept: list[str] = []
    parted = ""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", label)).strip()
    for character in unicodedata.normalize("NFKD", visible.casefold()):
        if character in _POINTS or unicodedata.category(character) in _JOINING:
            parted = "." if character in _POINTS else "-"
            continue
        # An accent on another letter may make another letter of it, as in Cyrillic.
        accent = bool(_MARKS.match(character)) and bool(kept) and kept[-1].isascii()
        if accent or character in _DROPPED:
            continue
        if parted and character.isdecimal() and (not kept or kept[-1].isdecimal()):
            kept.append(parted)
        kept.append(character)
        parted = ""
    return unicodedata.normalize("NFC", "".join(kept)) or label


def shown_apart(labels: Sequence[str]) -> list[str]:
    r"""Return labels as they are, or where some of them look the same, what can't be seen as its code.

    Example:
        >>> shown_apart(["sky", "s\u200bky"])
        ['sky', 's\\u200bky']
    """
    if len({_INVISIBLE.sub("", label) for label in labels}) == len(labels):
        return list(labels)
    return [_INVISIBLE.sub(lambda match: ascii(match.group())[1:-1], label) for label in labels]


def american(word: str) -> str:
    """Return a word of `written_alike` in American spelling."""
    return _ISE.sub("iz", _BRITISH.sub(lambda match: _AMERICAN[match.group()], word))


def singulars(word: str) -> Iterator[str]:
    """Yield what a word of `written_alike` may be the plural of, the likeliest first.

    Example:
        >>> list(singulars("wolves"))
        ['wolf', 'wolve']
    """
    if len(word) >= 4 and word.endswith("s") and (not _NO_PLURAL.search(word) or word.endswith(_PLURALS_IN_ICS)):
        yield from _regular_singulars(word)
    for plural, singular in IRREGULAR_PLURALS.items():
        # Taxes are no axes.
        if word.endswith(plural) and not word.endswith("taxes"):
            yield word[: -len(plural)] + singular


def _regular_singulars(word: str) -> Iterator[str]:
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        # Caves are no cafés.
        yield word[:-3] + ("fe" if word.endswith("ives") else "f")
    if word.endswith("zzes"):
        yield word[:-3]
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
