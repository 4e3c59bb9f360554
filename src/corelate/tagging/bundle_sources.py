"""Where the files of a bundle lie: in a folder or in a zip archive. Nothing is unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from corelate.errors import BundleError
from corelate.tagging.checked_json import DESCRIPTION_FILE, shown
from corelate.tagging.description import check_file_name

# ONNX files can't be larger than this either: the limit of protocol buffers.
MAX_FILE_BYTES = 2 << 30
MAX_ENTRIES = 10_000
# Weights hardly shrink; a large member that unpacks to hundreds of times its size is made to fill the memory.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 16 << 20
ZIP_ERRORS = (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)


class BundleSource(Protocol):
    """Reads the files of a bundle by name."""

    def size(self, name: str) -> int:
        """Return the size of a file in bytes.

        Raises:
            BundleError: There is no such file, or it is not a plain file.
        """

    def read(self, name: str, limit: int) -> bytes:
        """Return the content of a file.

        Raises:
            BundleError: There is no such file, it is larger than `limit` bytes, or it is damaged.
        """


class FolderSource:
    """A bundle in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def size(self, name: str) -> int:
        """Return the size of a file in bytes."""
        return self._find(name).stat().st_size

    def read(self, name: str, limit: int) -> bytes:
        """Return the content of a file."""
        check_size(self.folder, name, self.size(name), limit)
        try:
            return self._find(name).read_bytes()
        except OSError as error:
            raise BundleError(f"{self.folder / name} can't be read: {error.strerror or error}") from error

    def _find(self, name: str) -> Path:
        """Return the path of a plain file inside the folder; links may not lead out of it."""
        path = self.folder / name
        try:
            resolved = path.resolve(strict=True)
            plain = stat.S_ISREG(resolved.stat().st_mode)
        except (OSError, RuntimeError) as error:
            raise missing_file(self.folder, name) from error
        if not resolved.is_relative_to(self.folder.resolve()):
            raise BundleError(f"{path} is a link that leads out of the bundle; put the file itself there")
        if not plain:
            raise BundleError(f"{path} is not a plain file; get the bundle again")
        return resolved


class ZipSource:
    """A bundle in a zip archive, at its root or in the one folder that the archive holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
        except ZIP_ERRORS as error:
            raise BundleError(f"{path} is neither a bundle folder nor a readable zip archive ({error})") from error
        self._members = _checked_members(path, entries)
        self._prefix = self._root_folder()

    def size(self, name: str) -> int:
        """Return the unpacked size of a member in bytes, as the archive states it."""
        return self._find(name).file_size

    def read(self, name: str, limit: int) -> bytes:
        """Return the unpacked content of a member."""
        member = self._find(name)
        check_size(self.path, name, member.file_size, limit)
        suspicious = member.file_size > RATIO_MATTERS_FROM_BYTES
        if suspicious and member.file_size > MAX_RATIO * max(1, member.compress_size):
            raise BundleError(f"{self.path}: {name} unpacks to over {MAX_RATIO} times its size; not a bundle to trust")
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(member)
        except ZIP_ERRORS as error:
            raise BundleError(f"{self.path}: {name} is damaged ({error}); get the bundle again") from error

    def _find(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._members[self._prefix + name]
        except KeyError:
            raise missing_file(self.path, name) from None

    def _root_folder(self) -> str:
        """Return ``"folder/"`` when the description lies in the archive's only folder, else the empty text."""
        if DESCRIPTION_FILE in self._members:
            return ""
        # The archiver of macOS adds a folder of its own beside what it packs.
        folders = {name.partition("/")[0] for name in self._members if not name.startswith("__MACOSX/")}
        only = f"{folders.pop()}/" if len(folders) == 1 else ""
        return only if f"{only}{DESCRIPTION_FILE}" in self._members else ""


def missing_file(bundle: Path, name: str) -> BundleError:
    """Return the error for a file that a bundle should hold."""
    if name == DESCRIPTION_FILE:
        return BundleError(
            f"{bundle} is not an annotator bundle: it holds no {DESCRIPTION_FILE}; give what `corelate export` made"
        )
    return BundleError(f"{bundle} holds no {name}, which its {DESCRIPTION_FILE} lists; get the bundle again")


def check_size(bundle: Path, name: str, size: int, limit: int) -> None:
    """Refuse a file that is larger than `limit` bytes.

    Raises:
        BundleError: It is.
    """
    if size > limit:
        raise BundleError(f"{bundle}: {name} holds {size} bytes, more than the {limit} that are allowed")


def _checked_members(path: Path, entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(entries) > MAX_ENTRIES:
        raise BundleError(f"{path} holds {len(entries)} entries; a bundle holds a handful")
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename
        check_file_name(name.removesuffix("/"))
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise BundleError(f"{path}: {shown(name)} is a link; bundles hold plain files only")
        if entry.flag_bits & 0x1:
            raise BundleError(f"{path}: {shown(name)} is encrypted; bundles are not")
        if name in members:
            raise BundleError(f"{path} holds {shown(name)} twice; get the bundle again")
        if not entry.is_dir():
            members[name] = entry
    return members
