"""tags.csv: a table that spreadsheets and the csv data format read."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.tagging.pictures import TaggedPicture
from corelate.tagging.writers.line_writer import LineWriter

SEPARATOR = ";"


class CsvWriter(LineWriter):
    """Writes the columns path, labels and scores; labels and scores are joined with ``;``, best first.

    Raises:
        OptionError: A label holds the separator, so that it could not be told from two labels.
    """

    file_name: ClassVar[str] = "tags.csv"
    header: ClassVar[str] = "path,labels,scores\n"
    quoted: ClassVar[bool] = True

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        for label in vocabulary:
            if SEPARATOR in label:
                raise OptionError(
                    f"the label {label!r} holds {SEPARATOR!r}, which separates the labels in {self.file_name}; "
                    "write jsonl instead"
                )
        super().__init__(folder, vocabulary)

    def record(self, picture: TaggedPicture) -> str:
        """Return the picture's row."""
        labels = SEPARATOR.join(tag.label for tag in picture.tags)
        scores = SEPARATOR.join(str(tag.score) for tag in picture.tags)
        return csv_row([picture.name, labels, scores])

    def name_of(self, record: str) -> str:
        """Return the path in a row."""
        return csv_path(record, columns=3)


# Longer than any file system takes.
LONGEST_PATH = 1 << 16


def csv_row(values: Sequence[str]) -> str:
    r"""Return values as a CSV row that ends with ``\n``; what needs quotes gets them, carriage returns too."""
    row = io.StringIO()
    csv.writer(row, lineterminator="\r\n").writerow(values)
    return row.getvalue().removesuffix("\r\n") + "\n"


def csv_path(record: str, columns: int) -> str:
    """Return the first value of a CSV row.

    Raises:
        ValueError: The text is no CSV row, has another number of columns, or begins with what can't be a path.
    """
    try:
        values = next(csv.reader(io.StringIO(record, newline="")), [])
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if len(values) != columns:
        raise ValueError(f"the row has {len(values)} columns instead of {columns}")
    # How long a cell the csv module takes is set for the whole process, by whoever needs long ones.
    if len(values[0]) > LONGEST_PATH:
        raise ValueError(f"the path has more than {LONGEST_PATH} characters")
    return values[0]
