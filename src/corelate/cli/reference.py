"""The command reference, made from the help text of every command.

Run as ``python -m corelate.cli.reference docs/commands.md``.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path

from corelate.cli.main import COMMANDS, GROUPS, build_app

WIDTH = "100"
HEADING = """# Commands

Made from the commands' own help by `make reference`.
"""


def reference() -> str:
    """Return the reference as Markdown."""
    grouped = [[group, name] for group, (_, commands) in GROUPS.items() for name in commands]
    commands: list[list[str]] = [[], *([name] for name in COMMANDS), *grouped]
    return HEADING + "".join(f"\n## {_name(words)}\n\n```\n{_help(words)}\n```\n" for words in commands)


def _name(words: list[str]) -> str:
    return " ".join(["corelate", *words])


def _help(words: list[str]) -> str:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        build_app(words)(args=[*words, "--help"], prog_name="corelate")
    return "\n".join(line.rstrip() for line in text.getvalue().strip().splitlines())


def main() -> None:
    """Write the reference to the file that the command line names."""
    # The help is wrapped to the terminal; the file must not depend on it.
    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = WIDTH
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
