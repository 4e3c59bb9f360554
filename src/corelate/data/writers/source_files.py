"""The files of a data set that is converted, so that none of them is replaced by the result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corelate.data.references import ArchiveReference, FileReference, FolderReferences, ImageReference, TarReference
from corelate.data.spec import DataSpec
from corelate.errors import DataError


@dataclass(frozen=True)
class SourceFiles:
    """Files that are read.

    Attributes:
        files: The files.
        folder: The folder that is the data set, if it is one.
    """

    files: tuple[Path, ...] = ()
    folder: Path | None = None

    @classmethod
    def of(cls, spec: DataSpec, pictures: Iterable[ImageReference] = ()) -> SourceFiles:
        """Return those that a spec names: its path, files in its options, and archives of the pictures."""
        path = Path(spec.path).expanduser()
        named = [path.parent / Path(value).expanduser() for value in spec.options.values()]
        named += [Path(value).expanduser() for value in spec.shared.values()]
        named += [path, path.parent / f"{path.stem}.vocabulary.txt", *_archives(pictures)]
        return cls(tuple(file for file in named if _is(file, "file")), path.resolve() if _is(path, "dir") else None)

    def refuse(self, path: Path) -> None:
        """Refuse to replace a file that is read.

        Raises:
            DataError: It is one of these, or lies in the folder that is the data set.
        """
        if not path.is_file():
            return
        if any(path.samefile(file) for file in self.files):
            raise DataError(f"{path} belongs to the data set that is read, and is never replaced; choose another place")
        if self.folder is not None and path.resolve().is_relative_to(self.folder):
            raise DataError(
                f"{path} lies in the folder of the data set that is read, where no file is replaced; "
                "choose another place, or delete it first if it does not belong there"
            )


def _archives(pictures: Iterable[ImageReference]) -> set[Path]:
    if isinstance(pictures, FolderReferences):
        return set()
    return {picture.archive for picture in pictures if isinstance(picture, (ArchiveReference, TarReference))}


def _is(path: Path, kind: str) -> bool:
    try:
        return path.is_file() if kind == "file" else path.is_dir()
    except (OSError, ValueError):  # a value that is no path
        return False


def same_file(reference: ImageReference, path: Path) -> bool:
    """Tell whether a picture is the file at a path."""
    return (
        isinstance(reference, FileReference)
        and path.exists()
        and reference.path.exists()
        and path.samefile(reference.path)
    )
