"""Makes the pictures of the docs from drawn scenes: ``python docs/make_figures [NAME...]``, or `make docs` for all."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FIGURES = HERE.parent / "figures"
WORKSHOP = HERE.parents[1] / "build" / "docs"


def main(names: list[str]) -> None:
    """Make the figures of the named pages, or of all.

    Raises:
        SystemExit: A name is no module of this folder.
    """
    from workshop import Workshop

    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("__main__", "workshop"))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no figures are called {unknown[0]!r}: choose among {', '.join(known)}")
    FIGURES.mkdir(exist_ok=True)
    for name in names or known:
        importlib.import_module(name).make(FIGURES, Workshop(WORKSHOP))
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
