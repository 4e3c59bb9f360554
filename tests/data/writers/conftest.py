"""Sources to convert: pictures in a folder, in a zip and in a tar archive, with a table of their labels."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

TABLE = "path,labels,split\na.png,sea;sky,train\nb/c.png,sky,test\nb/d.png,,train\n"
PICTURES = ("a.png", "b/c.png", "b/d.png")


def picture(number: int, size: tuple[int, int] = (4, 3)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (number, 0, 0)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def bytes_of() -> dict[str, bytes]:
    """The bytes of each picture."""
    return {name: picture(number) for number, name in enumerate(PICTURES)}


@pytest.fixture
def source(tmp_path: Path, bytes_of: dict[str, bytes]) -> Path:
    """A folder with three pictures and labels.csv."""
    folder = tmp_path / "source"
    for name, data in bytes_of.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "labels.csv").write_text(TABLE)
    return folder


@pytest.fixture
def zipped(source: Path, bytes_of: dict[str, bytes]) -> Path:
    """The pictures in a zip archive beside the table, and no longer in the folder."""
    with zipfile.ZipFile(source / "photos.zip", "w") as archive:
        for name, data in bytes_of.items():
            archive.writestr(name, data)
            (source / name).unlink()
    return source


@pytest.fixture
def tarred(source: Path, bytes_of: dict[str, bytes]) -> Path:
    """The pictures in a tar archive beside the table, and no longer in the folder."""
    with tarfile.open(source / "photos.tar", "w") as archive:
        for name in bytes_of:
            archive.add(source / name, name)
            (source / name).unlink()
    return source
