from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from corelate.augment.quality.looking import MOST_PAIRS, Frame, chosen_pairs, distances_undone, look
from corelate.data.references import FileReference


@pytest.mark.parametrize(("count", "pairs"), [(0, 0), (1, 0), (2, 1), (3, 3), (10, 45)])
def test_all_pairs_of_a_few_pictures(count: int, pairs: int):
    assert len(set(chosen_pairs(count))) == pairs


def test_some_pairs_of_many_pictures():
    for count in (11, 40, 200):
        chosen = chosen_pairs(count)
        assert MOST_PAIRS / 2 <= len(chosen) <= MOST_PAIRS
        assert all(0 <= first < second < count for first, second in chosen)


def test_a_frame_is_a_square_of_any_picture():
    for size in ((1, 1), (3, 2000), (2000, 3), (500, 400)):
        frame = Frame.of(Image.new("RGB", size, (255, 128, 0)))
        assert frame.pixels.shape == (128, 128, 3)
        assert frame.values().max() == 1
        assert frame.size == size


def test_another_picture_is_laid_as_near_as_it_may_be(blobs: Callable[..., Image.Image]):
    wide = blobs(1)
    same = {"pixels": 0, "structure": 0}
    for step in (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90):
        found = distances_undone(Frame.of(wide.transpose(step)), Frame.of(wide))
        assert found == pytest.approx(same, abs=0.02)


def test_a_missing_file_is_named_without_its_place(tmp_path: object):
    seen = look(FileReference(tmp_path / "gone.png", "gone.png"), [])  # type: ignore[operator]
    assert seen.original is None
    assert len(seen.failures) == 1
    assert seen.failures[0].startswith("gone.png: ")


def test_what_a_network_takes_is_in_order(blobs: Callable[..., Image.Image]):
    class Held:
        def __init__(self, name: str, image: Image.Image) -> None:
            self.name, self.image = name, image

        def read(self) -> bytes:
            import io

            file = io.BytesIO()
            self.image.save(file, "PNG")
            return file.getvalue()

    taken = []

    def prepare(image: Image.Image) -> np.ndarray:
        taken.append(np.asarray(image))
        return np.zeros(3)

    original, other = blobs(1), blobs(2)
    seen = look(Held("a.png", original), [Held("b.png", other)], prepare=prepare, with_copies=True)
    assert len(seen.inputs) == len(taken) == 5
    assert np.array_equal(taken[0], np.asarray(original))
    assert np.array_equal(taken[4], np.asarray(original)[:, ::-1]), "the mirror image is the last of the copies"
    assert list(seen.own) == ["recompressed", "blurred", "mirrored"]
