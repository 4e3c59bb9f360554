"""``corelate data doctor``: find what is likely to be wrong in a data set; nothing is changed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corelate.errors import DataError, OptionError

if TYPE_CHECKING:
    from corelate.doctor.checks import Diagnosis


def run(
    spec: Annotated[str, typer.Argument(help="Data set, as format:path, e.g. table:labels.csv.", metavar="SPEC")],
    *,
    scores: Annotated[
        Path | None,
        typer.Option(
            help="Out-of-fold scores of its pictures, or a run (corelate train --folds 5), to find wrong labels.",
            metavar="FILE.npz|RUN",
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Make these checks alone, divided by commas.", metavar="CHECKS")
    ] = None,
    skip: Annotated[
        str | None, typer.Option(help="Leave these checks out, divided by commas.", metavar="CHECKS")
    ] = None,
    top: Annotated[int, typer.Option(help="Cases of each kind to print; JSON has the first 1,000.", min=0)] = 5,
    distance: Annotated[
        int | None, typer.Option(help="Bits of 64 in which hashes of copies may differ; default 8.", metavar="BITS")
    ] = None,
    minimum_pictures: Annotated[
        int | None, typer.Option(help="Labels of fewer training pictures are rare; default 5.", metavar="COUNT")
    ] = None,
    minimum_together: Annotated[
        int | None, typer.Option(help="Pictures of labels that always come together; default 10.", metavar="COUNT")
    ] = None,
    any_suffix: Annotated[
        bool, typer.Option("--any-suffix", help="Read pictures whose content does not fit their suffix.")
    ] = False,
    merge_file: Annotated[
        Path | None,
        typer.Option(help="Write labels spelled in several ways as a file for ?merge=FILE.", metavar="OUT.csv"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a merge file that is there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Find what is likely to be wrong in a data set; nothing is changed.

    Exit code: 0 nothing worse than hints, 1 errors or warnings, 2 the set can't be read.
    """
    from corelate.cli.console import console, error_console
    from corelate.cli.doctor_output import print_report
    from corelate.cli.generated_note import without_generated_noted
    from corelate.cli.picture_progress import PictureProgress
    from corelate.data.spec import load_annotations
    from corelate.doctor.case import Case, DoctorOptions
    from corelate.doctor.checks import examine
    from corelate.doctor.findings import Severity, counted
    from corelate.doctor.matched_scores import read_held_out_scores
    from corelate.doctor.spelling import find, write_merge_file

    checks = _checks(only, skip, scores, merge_file)
    if merge_file is not None:
        merge_file = merge_file.expanduser()
        _check_target(merge_file, spec, overwrite=overwrite)
    elif overwrite:
        raise OptionError("--overwrite is for --merge-file, which is not given")
    given = {"distance": distance, "minimum_pictures": minimum_pictures, "minimum_together": minimum_together}
    options = DoctorOptions(any_suffix=any_suffix, **{key: value for key, value in given.items() if value is not None})
    annotations = without_generated_noted(load_annotations(spec), "examined")
    held_out = None if scores is None else read_held_out_scores(scores.expanduser(), annotations)
    with PictureProgress(error_console, "read") as progress:
        case = Case(annotations, held_out, options, progress.picture)
        diagnosis = examine(case, checks, progress.begin)
    if as_json:
        typer.echo(_as_json_text(diagnosis))
    else:
        print_report(console, diagnosis, top)
    if merge_file is not None:
        count = write_merge_file(merge_file, find(case))
        error_console.print(
            f"{merge_file}: {counted(count, 'label')} to merge; read it before you use it", markup=False
        )
    if (diagnosis.worst or Severity.HINT) > Severity.HINT:
        raise typer.Exit(1)


def _checks(only: str | None, skip: str | None, scores: Path | None, merge_file: Path | None) -> tuple[str, ...]:
    """Return the checks to make, and refuse options that belong to others."""
    from corelate.doctor.checks import OF_SCORES, chosen_checks

    wanted = _names(only)
    checks = chosen_checks(wanted, _names(skip))
    if merge_file is not None and "spelling" not in checks:
        raise OptionError("--merge-file holds what the check spelling finds: don't leave that check out")
    if scores is not None and not set(OF_SCORES) & set(checks):
        raise OptionError("--scores are for the check label_errors: don't leave that check out")
    if scores is None and set(OF_SCORES) & set(wanted):
        raise OptionError("the check label_errors needs scores: give --scores FILE.npz or a run folder")
    return checks


def _check_target(out: Path, spec: str, *, overwrite: bool) -> None:
    """Refuse early what can't be written, or what should not: the data set itself, and a file that is there."""
    if out.is_dir() or (out.exists() and not out.is_file()):
        raise OptionError(f"--merge-file {out} is no file; give the name of a file that ends in .csv")
    # The option merge reads .json as something else.
    if out.suffix.lower() != ".csv":
        raise OptionError(f"--merge-file {out} does not end in .csv; the file is a table that ?merge= reads")
    if _is_of_the_set(out, spec):
        raise OptionError(f"--merge-file {out} is a file of the data set; give another")
    if out.exists() and not overwrite:
        raise DataError(f"{out} is there already; give another --merge-file, or pass --overwrite")
    if not out.parent.is_dir():
        raise DataError(f"{out.parent} is no folder; make it first, or give another --merge-file")
    if not os.access(out.parent, os.W_OK):
        raise DataError(f"{out.parent} can't be written to; give another --merge-file")


def _is_of_the_set(out: Path, spec: str) -> bool:
    """Tell whether a spec names a file, as its path or in an option, or its folder holds it and it is no merge file."""
    from corelate.data.curation.merge_files import HEADER
    from corelate.data.spec import DataSpec

    parsed = DataSpec.parse(spec)
    path = Path(os.path.expanduser(parsed.path))  # noqa: PTH111 (a name that is no user's is left as it is)
    named = {path}
    for value in (parsed.options | parsed.shared).values():
        # Formats look for their own files beside the path or in it.
        named |= {Path(os.path.expanduser(value)), path / value, path.parent / value}  # noqa: PTH111
    # A NUL is in no file's name.
    if out.resolve() in {file.resolve() for file in named if "\0" not in str(file)}:
        return True
    if not (out.exists() and path.is_dir() and out.resolve().is_relative_to(path.resolve())):
        return False
    with out.open(encoding="utf-8-sig", errors="replace") as file:
        # Semicolons are what a spreadsheet may have saved an edited file with.
        return file.readline(100).strip().replace(";", ",") != ",".join(HEADER)


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _as_json_text(diagnosis: Diagnosis) -> str:
    text = json.dumps(diagnosis.to_json(), indent=2, ensure_ascii=False)
    # Names of files may hold bytes that are no text; so written they are escapes of JSON.
    return text.encode("utf-8", "backslashreplace").decode()
