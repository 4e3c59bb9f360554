"""Groups by the names of pictures: what must not be divided, such as a folder, a series or one burst of shots."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.originals import original_rows
from corelate.errors import OptionError

FOLDER = "folder"
NAME = "name:"
# Far more than a sane pattern takes for a million names.
MATCHING_SECONDS = 20.0
LONGEST_NAME = 200

# Read by another Python process: a pattern can take years for a name of forty characters, and a thread that matches
# can't be stopped.
_MATCHER = """
import json, re, sys
pattern, names = json.loads(sys.stdin.buffer.read())
search, groups = re.compile(pattern).search, []
for name in names:
    match = search(name)
    groups.append((match[1 if match.re.groups else 0] or "") if match else "")
sys.stdout.write(json.dumps(groups))
"""


def with_groups(annotations: AnnotationSet, rule: str) -> AnnotationSet:
    r"""Return the set with groups by a rule, in place of its own.

    Args:
        annotations: The data set.
        rule: ``"folder"``: the folder of a picture's name; a picture in none is alone. ``"name:PATTERN"``: what the
            first capture group of a regular expression finds anywhere in the name (folders included), or the whole
            match where the pattern has no capture group; pictures without a match are alone.

    Raises:
        OptionError: There is no such rule, the pattern is none, takes too long, or matches no name; or no picture is in
            a folder.

    Example:
        >>> from corelate.data.spec import load_annotations
        >>> with_groups(load_annotations("scenes:3"), r"name:(\d)\.png").groups.tolist()
        ['0', '1', '2']
    """
    all_names, homes = annotations.names, original_rows(annotations)
    # A generated picture is in the group of its original, whatever its own name.
    names = [all_names[home] if home >= 0 else name for name, home in zip(all_names, homes.tolist(), strict=True)]
    if rule == FOLDER:
        groups = [posixpath.dirname(name) for name in names]
        missing = "no picture is in a folder"
    elif rule.startswith(NAME):
        groups = _matches(rule, names)
        missing = "the pattern matches no name"
    else:
        raise OptionError(f"group={rule!r}: expected folder, or name: and a regular expression")
    if names and not any(groups):
        raise OptionError(f"group={rule}: {missing}; the first is {names[0]!r}")
    return replace(annotations, groups=np.array([_short(group) for group in groups], dtype=np.str_))


def _short(group: str) -> str:
    """Return the name of a group, or of a very long one its hash: in an array each takes as much as the longest."""
    if len(group) <= LONGEST_NAME:
        return group
    return hashlib.sha256(group.encode("utf-8", "surrogatepass")).hexdigest()


def _matches(rule: str, names: Sequence[str]) -> list[str]:
    """Return what the pattern of a rule finds in each name, empty for nothing."""
    pattern = rule.removeprefix(NAME)
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise OptionError(f"group={rule}: not a regular expression ({error})") from None
    try:
        process = subprocess.run(
            [sys.executable, "-I", "-c", _MATCHER],
            input=json.dumps([pattern, list(names)]).encode(),
            capture_output=True,
            timeout=MATCHING_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError:
        raise OptionError(f"group={rule}: the pattern can't be used on these names; write a simpler one") from None
    except subprocess.TimeoutExpired:
        raise OptionError(
            f"group={rule}: the pattern takes too long for these names; avoid repeats of repeats, such as (a+)+"
        ) from None
    groups: list[str] = json.loads(process.stdout)
    return groups
