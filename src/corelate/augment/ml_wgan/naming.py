"""What generated pictures are called: after their originals, whatever those are called."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

from corelate.augment.ml_wgan.settings import MIRRORED, PLAIN, TURNED, MLWGANSettings
from corelate.data.original_names import MARK

SUFFIX = ".jpeg"
ENDINGS = {PLAIN: MARK, MIRRORED: f"{MARK}_hor_flip", TURNED: f"{MARK}_rot_90"}
# File systems take 255 bytes; endings, numbers and the marks of names that are alike need some.
MOST_BYTES = 180
# Systems take 1,024 bytes or more for a path; the folder of the pictures needs some.
MOST_PATH_BYTES = 600
# What no file system, or not every one, takes in a name.
_FORBIDDEN = frozenset('<>:"|?*')


def generated_names(
    originals: Sequence[str], settings: MLWGANSettings, others: Collection[str] = ()
) -> list[tuple[str, ...]]:
    """Return for each original the names of its generated pictures, one for each view in turn.

    ``a/1000.jpeg`` gives ``a/1000_aug.jpeg``, ``a/1000_aug_hor_flip.jpeg`` and ``a/1000_aug_rot_90.jpeg``; with more
    than one picture of a view the second is ``a/1000_aug_2.jpeg``. All names lie below the folder that they are written
    to, and no two are the same, also where a file system does not tell A from a: originals that would share a name,
    such as ``a.jpg`` and ``a.png``, or whose generated pictures would have the name of a real one, get a part of the
    hash of their own.

    Args:
        originals: The originals' names, all different.
        settings: Views, and how many pictures of each original.
        others: Names of further real pictures.
    """
    endings = _endings(settings)
    plain = [safe_stem(name) for name in originals]
    away = {_key(folder) for stem in plain for folder in _folders(stem)}
    away.update(_key(name) for names in (originals, others) for name in names)
    counts = Counter(_key(stem) for stem in plain)
    taken: set[str] = set()
    stems: list[str] = []
    alone = [counts[_key(stem)] == 1 and not _meets(stem, endings, away) for stem in plain]
    # Those that keep their names come first, so that a name that was made can't take one away.
    taken.update(_key(stem) for stem, keeps in zip(plain, alone, strict=True) if keeps)
    for name, stem, keeps in zip(originals, plain, alone, strict=True):
        stems.append(stem if keeps else _marked(name, stem, endings, taken, away))
    return [tuple(f"{stem}{ending}{SUFFIX}" for ending in endings) for stem in stems]


def views(settings: MLWGANSettings) -> list[str]:
    """Return the view of each generated picture of one original, in the order of the iterations they are from."""
    return [settings.views[number % len(settings.views)] for number in range(settings.per_image)]


def safe_stem(name: str) -> str:
    """Return a picture's name without suffix as a path below any folder: each part made harmless, and not too long."""
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(". ")]
    *folders, last = parts or ["picture"]
    stem = last.rpartition(".")[0] if last.rpartition(".")[0].strip(". ") else last
    path = "/".join(_safe_part(part) for part in (*folders, stem))
    return path if len(path.encode()) <= MOST_PATH_BYTES else _safe_part(path.replace("/", "-"))


def _safe_part(part: str) -> str:
    text = "".join("_" if _is_odd(character) else character for character in part).strip(" ")
    text = text.rstrip(".") if not text.startswith(".") else "_" + text.strip(".")
    if len(text.encode()) > MOST_BYTES:
        mark = _hash(part)[:8]
        text = text.encode()[: MOST_BYTES - 9].decode(errors="ignore") + "-" + mark
    return text or "_"


def _is_odd(character: str) -> bool:
    return character in _FORBIDDEN or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def _endings(settings: MLWGANSettings) -> list[str]:
    endings, seen = [], Counter[str]()
    for view in views(settings):
        seen[view] += 1
        endings.append(ENDINGS[view] + (f"_{seen[view]}" if seen[view] > 1 else ""))
    return endings


def _marked(name: str, stem: str, endings: Sequence[str], taken: set[str], away: set[str]) -> str:
    """Return the stem with as much of the name's hash as makes it the only one."""
    digest = _hash(name)
    for length in range(8, len(digest) + 1):
        marked = f"{stem}-{digest[:length]}"
        if _key(marked) not in taken and not _meets(marked, endings, away):
            break
    taken.add(_key(marked))
    return marked


def _meets(stem: str, endings: Sequence[str], away: set[str]) -> bool:
    """Tell whether one of the names is that of a real picture, or of a folder that others are in."""
    return any(_key(f"{stem}{ending}{SUFFIX}") in away for ending in endings)


def _folders(stem: str) -> list[str]:
    parts = stem.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _key(text: str) -> str:
    """Return what two names have in common that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
