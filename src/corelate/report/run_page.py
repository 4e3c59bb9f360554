"""The page of a run: what it learned, how well, where it errs and what it looks at."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from corelate.errors import OptionError
from corelate.explain.run_material import RunMaterial
from corelate.files import write_text
from corelate.report.isolation import isolated
from corelate.report.page import Section, render_page
from corelate.report.page_file import check_page_file
from corelate.report.sections.summary import introduction
from corelate.report.subject import MOST_PICTURES, Subject


@dataclass(frozen=True)
class Part:
    """A part of the page that is made on its own.

    Attributes:
        identifier: Its anchor, and the name of its module in `corelate.report.sections`.
        title: Its heading.
    """

    identifier: str
    title: str

    def content(self, subject: Subject) -> str:
        """Return its HTML.

        Raises:
            CorelateError: There is nothing to be shown; the message says why.
        """
        module = importlib.import_module(f"corelate.report.sections.{self.identifier}")
        make: Callable[[Subject], str] = module.content
        return make(subject)


PARTS = (
    Part("summary", "Summary"),
    Part("training", "Training"),
    Part("labels", "Labels"),
    Part("curves", "Scores"),
    Part("pictures", "Pictures"),
    Part("attention", "Where it looked"),
    Part("label_map", "Label map"),
    Part("label_graph", "Label graph"),
    Part("loss", "Loss"),
    Part("recipe", "Recipe"),
)


def write_report(
    run: Path,
    out: Path | None = None,
    *,
    rule: str | None = None,
    most_pictures: int = MOST_PICTURES,
    strict: bool = False,
) -> Path:
    """Write the page of a finished run.

    Args:
        run: The run's folder.
        out: The file; by default ``report.html`` in the run's folder.
        rule: The decision rule whose tags are shown; by default the run's own.
        most_pictures: How many pictures are shown at most; of more, a sample.
        strict: Raise what no part of the page expects, in place of a sentence on the page.

    Returns:
        The file.

    Raises:
        RunError: There is no finished run in the folder.
        OptionError: The run has no such rule, the number of pictures is negative, or the page can't be written there.
    """
    material = RunMaterial.open(run)
    target = out or material.finished.folder.report
    check_page_file(target, "--out", material.finished.folder.report.name)
    write_text(target, run_page(material, rule=rule, most_pictures=most_pictures, strict=strict))
    return target


def run_page(
    material: RunMaterial, *, rule: str | None = None, most_pictures: int = MOST_PICTURES, strict: bool = False
) -> str:
    """Return the page of a run as HTML; arguments as for `write_report`."""
    if most_pictures < 0:
        raise OptionError(f"--pictures is {most_pictures}; give how many are shown at most, 0 for none")
    subject = Subject(material, material.judged(rule), most_pictures, strict)
    sections = [
        Section(part.identifier, part.title, isolated(partial(part.content, subject), strict)) for part in PARTS
    ]
    return render_page(material.name, introduction(subject), sections)
