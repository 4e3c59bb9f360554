import io

import pytest
from PIL import Image

from corelate.data.images import read_image
from corelate.data.references import FileReference, MissingReference
from corelate.data.writers.picture_sizes import picture_size
from corelate.errors import ImageReadError


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", [None, 1, 3, 6, 8])
def test_is_that_of_the_picture_that_is_read(tmp_path, kind, orientation):
    path = tmp_path / "picture"
    exif = Image.Exif()
    if orientation and kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        exif[0x0112] = orientation
    Image.new("RGB", (9, 5)).save(path, kind, **({"exif": exif} if len(exif) else {}))
    reference = FileReference(path, "picture")
    assert picture_size(reference) == read_image(reference).size


def test_reads_no_more_than_the_beginning(tmp_path):
    file = io.BytesIO()
    Image.effect_noise((400, 300), 90).save(file, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(file.getvalue()[:2000])
    assert picture_size(FileReference(tmp_path / "cut.jpg", "cut.jpg")) == (400, 300)


def test_pictures_that_are_none(tmp_path):
    (tmp_path / "text.jpg").write_text("nothing to see")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ImageReadError, match=r"text\.jpg: holds text"):
        picture_size(FileReference(tmp_path / "text.jpg", "text.jpg"))
    with pytest.raises(ImageReadError, match=r"cut\.png: damaged"):
        picture_size(FileReference(tmp_path / "cut.png", "cut.png"))
    with pytest.raises(ImageReadError, match="not a regular file"):
        picture_size(FileReference(tmp_path, "folder"))
    with pytest.raises(ImageReadError, match="No such file"):
        picture_size(FileReference(tmp_path / "gone.png", "gone.png"))
    with pytest.raises(ImageReadError, match="no such file"):
        picture_size(MissingReference("archive.zip!gone.png", "gone.png"))
