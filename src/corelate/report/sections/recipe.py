"""How to do it again: the recipe, what it ran with, and how long it took."""

from __future__ import annotations

import shlex
from typing import Any

from corelate.report.html import Column, definitions, element, escape, paragraph, table
from corelate.report.subject import Subject


def content(subject: Subject) -> str:
    """Return the recipe, the environment and the seconds of each stage."""
    folder = subject.material.finished.folder
    parts = [
        paragraph(
            f"Every option of the run, with the defaults filled in. Saved as a file, corelate train takes it again; "
            f"the run's folder holds it as {folder.recipe.name}."
        ),
        element("pre", element("code", escape(folder.recipe.read_text(encoding="utf-8"))), tabindex=0),
    ]
    if folder.environment.exists():
        parts += [element("h3", "Environment"), _environment(folder.read_json(folder.environment))]
    seconds = subject.metrics.get("seconds")
    if seconds:
        rows = [[stage, float(value)] for stage, value in seconds.items()]
        parts += [
            element("h3", "Time"),
            table("seconds", [Column("stage"), Column("seconds", True, places=1)], rows),
        ]
    return "\n".join(parts)


def _environment(environment: dict[str, Any]) -> str:
    packages = environment.get("packages", {})
    pairs: list[tuple[str, object]] = [
        ("corelate", environment.get("corelate", "–")),
        ("Python", environment.get("python", "–")),
        ("packages", ", ".join(f"{name} {version}" for name, version in packages.items())),
        ("system", environment.get("platform", "–")),
        ("processor cores", environment.get("cores", "–")),
        ("graphics processors", ", ".join(environment.get("devices") or []) or "none"),
        ("seed", environment.get("seed", "–")),
    ]
    arguments = environment.get("arguments") or []
    command = element("pre", element("code", escape(shlex.join(map(str, arguments)))), class_="wrapped")
    return definitions(pairs) + (element("h3", "Command") + command if arguments else "")
