from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from corelate.augment.quality.yardsticks import copies, partners_at_random, partners_by_labels
from corelate.data.targets import TargetMatrix


def test_copies_have_the_size_of_their_picture(blobs: Callable[..., Image.Image]):
    image = blobs(size=(150, 90))
    made = copies(image)
    assert {copy.size for copy in made.values()} == {(150, 90)}
    assert np.array_equal(np.asarray(made["mirrored"]), np.asarray(image)[:, ::-1])
    pixels = np.asarray(image).astype(float)
    assert 0 < np.abs(np.asarray(made["recompressed"]) - pixels).mean() < 10


def test_a_blur_leaves_less_detail():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8))
    assert np.asarray(copies(noise)["blurred"]).std() < 0.3 * np.asarray(noise).std()


def test_nobody_is_their_own_partner():
    for count in (2, 3, 50):
        partners = partners_at_random(count, seed=4)
        assert sorted(partners) == list(range(count))
        assert not (partners == np.arange(count)).any()
    assert partners_at_random(50, 1).tolist() != partners_at_random(50, 2).tolist()


def test_partners_by_labels_have_the_most_in_common():
    targets = TargetMatrix.from_rows([[0, 1], [0, 1, 2], [1, 0], [3], []], 4)
    # 0 and 2 are alike; 1 has two of three labels with both, and 2 comes next after it.
    assert partners_by_labels(targets).tolist() == [2, 2, 0, -1, -1]


def test_unknown_labels_are_nothing_in_common():
    targets = TargetMatrix.from_rows([[0], [], [0]], 2, unknown=[[1], [0, 1], []])
    assert partners_by_labels(targets).tolist() == [2, -1, 0]


def test_of_equally_alike_pictures_the_next_is_taken():
    targets = TargetMatrix.from_rows([[0]] * 4, 1)
    assert partners_by_labels(targets).tolist() == [1, 2, 3, 0]
