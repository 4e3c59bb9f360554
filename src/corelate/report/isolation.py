"""Parts of a page that fail alone: one that can't be made is a sentence, and no reason to lose the rest."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from corelate.errors import CorelateError
from corelate.report.html import paragraph


def isolated(make: Callable[[], str], strict: bool) -> str:
    """Return what `make` makes, or in a sentence why it can't be shown.

    Args:
        make: Returns HTML.
        strict: Raise what nobody expects, in place of the sentence and a traceback on standard error.
    """
    try:
        return make()
    except CorelateError as error:
        return not_shown(str(error))
    except Exception as error:
        package = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
        if package and package != "corelate":
            return not_shown(f"this needs {package}; install it with: pip install 'corelate[explain]'")
        if strict:
            raise
        traceback.print_exc(file=sys.stderr)
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return not_shown(f"an unexpected error stopped this part ({reason})")


def not_shown(reason: str) -> str:
    """Return the sentence that stands in place of a part."""
    return paragraph(f"Not shown: {reason}", class_="soft")
