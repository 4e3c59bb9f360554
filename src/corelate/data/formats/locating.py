"""Finding a data set at the path that a user gives, and its pictures in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

from corelate.data.formats.archive_members import is_archive, refuse_compressed
from corelate.data.formats.containers import Archive, Container, Folder, Layers
from corelate.errors import DataError


def open_container(path: Path, archives: Iterable[str] = ()) -> Container:
    """Return the container that a path names.

    Args:
        path: A folder, or a zip or tar archive.
        archives: Patterns of file names; such archives in the folder are read as if they were unpacked there.

    Raises:
        DataError: There is nothing at the path, or neither a folder nor an archive that can be read.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if path.is_dir():
        files = sorted({file for pattern in archives for file in path.glob(pattern) if file.is_file()})
        return Layers([Folder(path), *map(_open_archive, files)]) if files else Folder(path)
    return _open_archive(path)


def open_data_set(path: Path, archives: Iterable[str], holds: Callable[[Container], bool]) -> Container:
    """Return the container that a path names, or the folder in an archive that holds the data set.

    Args:
        path: A folder, or a zip or tar archive.
        archives: See `open_container`.
        holds: Tells whether a container holds the data set.

    Returns:
        Of an archive the first folder that holds the data set, going inwards while there is one folder only; when none
        does, or the path is a folder, its root.

    Raises:
        DataError: See `open_container`.
    """
    container = open_container(path, archives)
    return next(filter(holds, _inwards(container)), container)


def _inwards(container: Container) -> Iterator[Container]:
    """Yield a container, and of an archive the folder around all others, and the one in that, as far as they go."""
    yield container
    while isinstance(container, Archive) and len(container.folders()) == 1:
        container = container.inside(container.folders()[0])
        yield container


def nearest_folder(archive: Archive, wanted: Iterable[str]) -> Archive:
    """Return the folder of an archive that holds any of the wanted files: the root, or the one nearest to it.

    Raises:
        DataError: There is none, or there are several equally near.
    """
    wanted = list(wanted)
    folders = {
        location.rpartition("/")[0]
        for location in archive.locations
        if PurePosixPath(location).name in wanted and not location.startswith("__MACOSX/")
    }
    if not folders:
        raise DataError(f"{archive.path}: holds none of {', '.join(wanted)}")
    depths = {folder: len(PurePosixPath(folder).parts) for folder in folders}
    nearest = sorted(folder for folder in folders if depths[folder] == min(depths.values()))
    if len(nearest) > 1:
        raise DataError(
            f"{archive.path}: holds several data sets ({', '.join(nearest)}); unpack it and name one folder"
        )
    return archive.inside(nearest[0])


def picture_folder(container: Container, candidates: Iterable[str], locations: Iterable[str]) -> str | None:
    """Return the folder in which the pictures lie.

    Args:
        container: Where to look.
        candidates: Folders in it, the likeliest first; ``""`` is the container itself.
        locations: Some of the pictures, below that folder.

    Returns:
        The first candidate that has one of the pictures, else the first that is there and not the container itself
        (which always is), else None.
    """
    locations = list(locations)
    there = [folder for folder in candidates if container.inside(folder).exists()]
    having = (folder for folder in there if any(map(container.inside(folder).has, locations)))
    return next(having, next(filter(None, there), None))


def _open_archive(path: Path) -> Archive:
    refuse_compressed(path)
    if not is_archive(path):
        raise DataError(f"{path}: expected a folder, or a zip or tar archive")
    return Archive(path)
