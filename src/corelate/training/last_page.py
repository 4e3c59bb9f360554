"""The page that a run ends with."""

from __future__ import annotations

from corelate.training.progress import Reporter
from corelate.training.recipe import Recipe
from corelate.training.run_folder import RunFolder


def write_last_page(folder: RunFolder, recipe: Recipe, reporter: Reporter) -> None:
    """Write the page of a finished run if it is wanted and not there; what goes wrong is said, and harms nothing.

    Args:
        folder: The run's folder.
        recipe: Says whether a page is wanted.
        reporter: Is told.
    """
    if not recipe.run.report or folder.report.exists():
        return
    # The page knows all that a run may be made of; training must not wait for it to be imported, nor need it.
    try:
        from corelate.report.run_page import write_report

        reporter.message("writing the report")
        write_report(folder.path)
    except Exception as error:  # Hours of training must not end as a failure for want of a page.
        reason = str(error) or type(error).__name__
        reporter.message(f"report not written: {reason}; try again with: corelate report {folder.path}")
