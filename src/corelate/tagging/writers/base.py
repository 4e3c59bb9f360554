"""What a writer is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from corelate.data.vocabulary import Vocabulary
from corelate.tagging.pictures import TaggedPicture


class TagWriter(ABC):
    """Writes tagged pictures into the output folder of a run.

    A run may stop at any moment. What was written until then must be found again by `open` with ``resume=True``, and
    must not look like a finished result.

    Args:
        folder: The output folder; it exists.
        vocabulary: All labels that may come.

    Attributes:
        takes_all_scores: Whether the writer writes `TaggedPicture.scores` when it holds them.
    """

    takes_all_scores: ClassVar[bool] = False

    def __init__(self, folder: Path, vocabulary: Vocabulary) -> None:
        self.folder = folder
        self.vocabulary = vocabulary

    @abstractmethod
    def existing(self) -> list[Path]:
        """Return what an earlier run of this writer left in the folder, finished or not."""

    @abstractmethod
    def open(self, *, resume: bool) -> None:
        """Begin: anew, or after what an earlier run left.

        Raises:
            RunError: What is there can't be continued.
        """

    @abstractmethod
    def __contains__(self, name: str) -> bool:
        """Tell whether an earlier run, now resumed, wrote the picture of that name."""

    @abstractmethod
    def write(self, picture: TaggedPicture) -> None:
        """Write one picture."""

    @abstractmethod
    def finish(self) -> None:
        """Turn what was written into the finished result."""

    @abstractmethod
    def close(self) -> None:
        """Stop without finishing; what was written stays to be resumed. Does nothing after `finish`."""
