"""The vocabulary of a table, from the first place that gives one."""

from __future__ import annotations

from pathlib import Path

from corelate.data.formats.table_columns import Columns
from corelate.data.formats.vocabulary_files import read_vocabulary
from corelate.data.vocabulary import Vocabulary
from corelate.errors import VocabularyError

COMPRESSED = ".gz"


def find_vocabulary(
    path: Path, given: str, stored: Vocabulary | None, columns: Columns, encoding: str
) -> Vocabulary | None:
    """Return the vocabulary of a table.

    Args:
        path: The table.
        given: The file that an option names, relative to the table; or empty.
        stored: The vocabulary that the table itself holds.
        columns: Its columns.
        encoding: The text encoding of vocabulary files.

    Returns:
        The first there is of: that of the file given, that in the table, that of the file beside it, the sorted names
        of the columns that are labels. None: the labels that the rows will have.

    Raises:
        DataError: A file can't be read or is not in that encoding.
        VocabularyError: A vocabulary, or the name of a label's column, is not allowed.
    """
    if given:
        return read_vocabulary(path.parent / Path(given).expanduser(), encoding)
    if stored is not None:
        return stored
    beside = vocabulary_beside(path)
    if beside.is_file():
        return read_vocabulary(beside, encoding)
    if not columns.marks:
        return None
    try:
        return Vocabulary(sorted(columns.marks))
    except VocabularyError as error:
        raise VocabularyError(f"{path}: {error}") from error


def vocabulary_beside(path: Path) -> Path:
    """Return the file beside a table in which its vocabulary may lie: ``labels.vocabulary.txt`` of ``labels.csv``."""
    name = path.with_suffix("") if path.suffix.lower() == COMPRESSED else path
    return name.with_name(f"{name.stem}.vocabulary.txt")
