"""Annotator bundles: what is shared and deployed, a folder or a ``.zip``.

A bundle holds ``annotator.json``, ``model.onnx``, ``model.safetensors`` and what else the network needs. Nothing in it
is pickled, nothing is executed when it is opened, and every file is compared with the checksum in the description.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from corelate.errors import BundleError
from corelate.tagging.bundle_sources import MAX_FILE_BYTES, BundleSource, FolderSource, ZipSource, check_size
from corelate.tagging.checked_json import DESCRIPTION_FILE, shown
from corelate.tagging.description import MAX_DESCRIPTION_BYTES, AnnotatorDescription, FileRecord, check_file_name

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Bundle:
    """An opened bundle.

    Attributes:
        path: The folder or archive.
        description: What ``annotator.json`` says, checked.
        fingerprint: SHA-256 of ``annotator.json``; as that holds the other files' checksums, it stands for the whole.
    """

    path: Path
    description: AnnotatorDescription
    fingerprint: str
    source: BundleSource = dataclasses.field(repr=False)

    def read_file(self, name: str) -> bytes:
        """Return the content of one of the files that the description lists.

        Raises:
            BundleError: The description doesn't list it, it is missing, or its content is not what was listed.
        """
        try:
            record = self.description.files[name]
        except KeyError:
            known = ", ".join(self.description.files) or "none"
            raise BundleError(f"{self.path} has no file {shown(name)}; its files are: {known}") from None
        content = self.source.read(name, min(record.bytes, MAX_FILE_BYTES))
        if len(content) != record.bytes or hashlib.sha256(content).hexdigest() != record.sha256:
            raise BundleError(
                f"{self.path}: {name} is not the file that was packed (its checksum differs); it was damaged or "
                "changed, get the bundle again"
            )
        return content

    def verify(self) -> None:
        """Read every file once and compare it with its checksum.

        Raises:
            BundleError: A file is missing or not what was packed.
        """
        for name in self.description.files:
            self.read_file(name)


def read_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Open a bundle: its description is read and checked, its files must be there in their listed size.

    Args:
        path: A bundle folder, or a zip archive that holds the files at its root or in one folder.

    Raises:
        BundleError: There is no bundle, it is damaged, or it is not safe to read.
    """
    path = Path(path)
    if not path.is_dir() and not path.is_file():
        raise BundleError(f"{path} is no folder and no file; give the folder or .zip of an annotator bundle")
    source: BundleSource = FolderSource(path) if path.is_dir() else ZipSource(path)
    content = source.read(DESCRIPTION_FILE, MAX_DESCRIPTION_BYTES)
    try:
        description = AnnotatorDescription.from_bytes(content)
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from error
    for name, record in description.files.items():
        check_size(path, name, record.bytes, MAX_FILE_BYTES)
        if (size := source.size(name)) != record.bytes:
            raise BundleError(
                f"{path}: {name} holds {size} bytes instead of {record.bytes}; it was cut short or changed, "
                "get the bundle again"
            )
    return Bundle(path, description, hashlib.sha256(content).hexdigest(), source)


def write_bundle(
    path: str | os.PathLike[str],
    description: AnnotatorDescription,
    files: Mapping[str, Path | bytes],
    *,
    overwrite: bool = False,
) -> Bundle:
    """Write a bundle: all of it appears at `path`, or nothing.

    Args:
        path: Where to; a ``.zip`` archive when the name ends so, else a folder. Missing parents are made.
        description: What goes into ``annotator.json``; its ``files`` are replaced by those written.
        files: Content, or the path of a file to copy, by name inside the bundle.
        overwrite: Replace a bundle that is already there. Only a bundle is replaced, never another file or folder.

    Returns:
        The bundle, read back.

    Raises:
        BundleError: Something is already there, a name is not allowed, or the disk refuses.
    """
    path = Path(path).resolve()
    for name in files:
        check_file_name(name)
        if name == DESCRIPTION_FILE:
            raise BundleError(f"{DESCRIPTION_FILE} is written from the description; leave it out of the files")
    check_target(path, overwrite)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    write = _write_archive if path.suffix.lower() == ".zip" else _write_folder
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary, description, files)
        _move_into_place(temporary, path)
    except OSError as error:
        raise BundleError(f"the bundle {path} can't be written: {error}") from error
    finally:
        _remove(temporary)
    return read_bundle(path)


def check_target(path: Path, overwrite: bool) -> None:
    """Refuse to write over what is there, unless it is a bundle and overwriting was asked for."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not overwrite:
        raise BundleError(f"{path} already exists; choose another name, or ask to overwrite it (--overwrite)")
    try:
        listed = {DESCRIPTION_FILE, *read_bundle(path).description.files}
    except BundleError as error:
        raise BundleError(f"{path} is not a bundle, so it is not overwritten ({error}); remove it first") from error
    present = {item.relative_to(path).as_posix() for item in path.rglob("*") if not item.is_dir()}
    if path.is_dir() and (foreign := sorted(present - listed)):
        raise BundleError(f"{path} also holds {shown(foreign[0])}, which is no part of the bundle; move it away first")


def _write_folder(folder: Path, description: AnnotatorDescription, files: Mapping[str, Path | bytes]) -> None:
    def create(name: str) -> BinaryIO:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.open("xb")

    folder.mkdir()
    _write_files(create, description, files)


def _write_archive(path: Path, description: AnnotatorDescription, files: Mapping[str, Path | bytes]) -> None:
    with zipfile.ZipFile(path, "x") as archive:

        def create(name: str) -> BinaryIO:
            # Always the same date, so that the same content gives the same archive. Weights hardly shrink: stored.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
            return archive.open(entry, "w", force_zip64=True)  # type: ignore[return-value]

        _write_files(create, description, files)


def _write_files(
    create: Callable[[str], BinaryIO], description: AnnotatorDescription, files: Mapping[str, Path | bytes]
) -> None:
    """Copy the files one after the other, then write the description with their checksums."""
    records = {}
    for name, content in files.items():
        digest, size = hashlib.sha256(), 0
        with create(name) as target:
            for chunk in _chunks(content):
                size += len(chunk)
                check_size(Path(name), "the file", size, MAX_FILE_BYTES)
                digest.update(chunk)
                target.write(chunk)
        records[name] = FileRecord(digest.hexdigest(), size)
    with create(DESCRIPTION_FILE) as target:
        target.write(dataclasses.replace(description, files=records).to_bytes())


def _chunks(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with Path(content).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _move_into_place(temporary: Path, path: Path) -> None:
    """Rename; a folder can't be renamed over another, so the old one steps aside and comes back if that fails."""
    if not path.is_dir():
        temporary.replace(path)
        return
    aside = temporary.with_suffix(".old")
    path.rename(aside)
    try:
        temporary.rename(path)
    except OSError:
        aside.rename(path)
        raise
    shutil.rmtree(aside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
