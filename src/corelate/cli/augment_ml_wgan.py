"""``corelate augment ml-wgan``: paint variants of each picture, by a small GAN of its own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corelate.cli.generation_options import read_values, with_generation_options

if TYPE_CHECKING:
    from corelate.augment.ml_wgan.running import Summary

NAMED_PROBLEMS = 5


@with_generation_options
def run(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the generated pictures; begun here, or gone on with.")],
    preset: Annotated[str, typer.Option(help="seed: as the original; wgan-gp: the paper's own settings.")] = "seed",
    values: dict[str, Any],
) -> None:
    """Paint variants of each picture, by a small GAN of its own.

    The same command goes on where it was stopped, and finds what is finished. Ends with code 1 when pictures were left
    out.
    """
    options, settings = read_values(values, preset)

    from corelate.augment.ml_wgan.running import generate
    from corelate.cli.console import error_console, print_lines
    from corelate.cli.exit_codes import INTERRUPTED
    from corelate.training.progress import ConsoleReporter

    reporter = ConsoleReporter(error_console)
    try:
        summary = generate(options, settings, out.expanduser(), reporter)
    except KeyboardInterrupt:
        reporter.end()
        print_lines(["stopped; the same command goes on"], error_console)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        reporter.end()
    print_lines(_problem_lines(summary), error_console)
    print_lines(_lines(summary, options.data))
    if summary.stopped:
        print_lines(["stopped; the same command goes on"], error_console)
        raise typer.Exit(INTERRUPTED)
    if summary.left_out or summary.failures:
        raise typer.Exit(1)


def _lines(summary: Summary, data: str) -> list[str]:
    from corelate.augment.ml_wgan.pace import rate_text

    wanted = f"{summary.finished:,} of {summary.wanted:,} pictures"
    if summary.made:
        lines = [f"{wanted} are finished, {summary.made:,} of them now: {rate_text(summary.pictures_per_hour)} an hour"]
    elif summary.finished == summary.wanted:
        lines = [f"all {summary.wanted:,} pictures were finished already"]
    else:
        lines = [f"{wanted} are finished"]
    if not summary.generated:
        return lines
    places = f"--data {shlex.quote(data)} --generated {shlex.quote(str(summary.folder))}"
    return [
        *lines,
        f"{summary.generated:,} generated pictures: {summary.folder}",
        f"learn from them: corelate train {places} --out RUN",
    ]


def _problem_lines(summary: Summary) -> list[str]:
    reasons = list(summary.left_out.values())
    lines = [*reasons[:NAMED_PROBLEMS]]
    if len(reasons) > NAMED_PROBLEMS:
        lines.append(f"… and {len(reasons) - NAMED_PROBLEMS:,} more")
    if lines:
        lines.insert(0, f"{len(reasons):,} pictures are left out:")
    return [*lines, *summary.failures]
