"""Base of the writers that make one text file with a record for each picture."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from corelate.data.vocabulary import Vocabulary
from corelate.tagging.pictures import TaggedPicture
from corelate.tagging.writers.base import TagWriter
from corelate.tagging.writers.line_file import LineFile


class LineWriter(TagWriter):
    """Says what a record looks like; files, resuming and finishing are taken care of.

    Attributes:
        file_name: Name of the finished file in the output folder.
        header: A first line that is no record, with its line end.
        quoted: Text between double quotes may hold line ends, as in CSV.
    """

    file_name: ClassVar[str]
    header: ClassVar[str] = ""
    quoted: ClassVar[bool] = False

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        super().__init__(folder, vocabulary)
        self._file = LineFile(folder / self.file_name, self.name_of, header=self.header, quoted=self.quoted)

    @abstractmethod
    def record(self, picture: TaggedPicture) -> str:
        """Return the record of a picture, with its line end."""

    @abstractmethod
    def name_of(self, record: str) -> str:
        """Return the name of the picture that `record` belongs to.

        Raises:
            ValueError: The text is not a record of this writer.
        """

    def existing(self) -> list[Path]:
        """Return the finished and the partial file, where they exist."""
        return self._file.existing()

    def open(self, *, resume: bool) -> None:
        """Begin the file, or continue the one that is there."""
        self._file.open(resume=resume)

    def __contains__(self, name: str) -> bool:
        return name in self._file.names

    def write(self, picture: TaggedPicture) -> None:
        """Add the record of a picture."""
        self._file.write(self.record(picture))

    def finish(self) -> None:
        """Give the file its final name."""
        self._file.finish()

    def close(self) -> None:
        """Leave the file to be resumed."""
        self._file.close()
