import io

import numpy as np
import pytest
from PIL import Image

from corelate.data.images import decode_image
from corelate.data.references import FileReference, MissingReference
from corelate.data.scenes.drawing import draw_scene
from corelate.data.scenes.grammar import compose
from corelate.doctor.looked_at import _decode, look_at
from corelate.errors import ImageReadError


def jpeg(size=(200, 140), **options):
    file = io.BytesIO()
    draw_scene(compose(1, 3), 1, 3, 256).resize(size).save(file, "JPEG", **options)
    return file.getvalue()


def save(folder, name, data):
    (folder / name).write_bytes(data)
    return FileReference(folder / name, name)


def test_every_picture_is_counted_read_or_named(tmp_path):
    pictures = [
        save(tmp_path, "good.jpg", jpeg()),
        save(tmp_path, "empty.jpg", b""),
        MissingReference("nowhere", "missing.jpg"),
        FileReference(tmp_path / "gone.jpg", "gone.jpg"),
        FileReference(tmp_path / ("x" * 300 + ".jpg"), "long.jpg"),
        save(tmp_path, "mixed-up.png", jpeg()),
    ]
    seen = []
    looked_at = look_at(pictures, progress=lambda: seen.append(1))
    assert looked_at.readable.tolist() == [0]
    assert sorted(looked_at.failures) == [1, 4, 5]
    assert looked_at.failures[1] == "the file is empty (0 bytes)"
    assert looked_at.absent.tolist() == [False, False, True, True, False, False]
    assert looked_at.sizes[0].tolist() == [200, 140]
    assert len(seen) == 6
    assert look_at(pictures, any_suffix=True).readable.tolist() == [0, 5]


def test_a_jpeg_unpacked_small_looks_like_the_whole(tmp_path):
    picture = save(tmp_path, "large.jpg", jpeg((1200, 900), quality=95))
    thumbnail = look_at([picture]).thumbnails[0]
    whole = decode_image(picture.read(), "large.jpg").resize((16, 16), Image.Resampling.BOX)
    assert np.abs(thumbnail.astype(float) - np.asarray(whole)).mean() < 1.5
    small, size = _decode(picture.read(), "large.jpg", False)
    assert size == (1200, 900)
    assert small.width < 300


def test_pictures_are_turned_as_their_metadata_say(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = decode_image(jpeg(exif=exif), "a.jpg").resize((16, 16), Image.Resampling.BOX)
    thumbnail = look_at([save(tmp_path, "a.jpg", jpeg(exif=exif))]).thumbnails[0]
    assert np.abs(thumbnail.astype(float) - np.asarray(upright)).mean() < 2


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_damaged_jpegs_are_refused_as_by_the_whole_decoder(options):
    whole = jpeg((300, 200), **options)
    generator = np.random.default_rng(0)
    refused = 0
    for cut in [2, 30, 200, *generator.integers(300, len(whole) - 2, 20).tolist()]:
        data, outcomes = whole[:cut], []
        for decode in (lambda: decode_image(data, "a.jpg"), lambda: _decode(data, "a.jpg", False)):  # noqa: B023
            try:
                decode()
                outcomes.append("")
            except ImageReadError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]
        refused += bool(outcomes[0])
    assert refused > 10


def test_nothing_to_read_is_nothing():
    assert len(look_at([]).readable) == 0
