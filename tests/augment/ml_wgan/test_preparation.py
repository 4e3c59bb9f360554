from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from corelate.augment.ml_wgan.preparation import Plan, finish, make_plan, prepare
from corelate.augment.ml_wgan.settings import MIRRORED, PLAIN, TURNED, MLWGANSettings
from corelate.errors import ImageReadError

SEED = MLWGANSettings()


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    """Return a picture of coarse blots: what is left of it when it is resized is known."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float64)


def original_way(image: Image.Image) -> torch.Tensor:
    """Prepare a picture of Corel's size step by step as the plain CNN system does."""
    if image.height == 192:
        image = image.rotate(90, expand=True)
    left, top = (image.width - 186) // 2, (image.height - 122) // 2
    image = image.crop((left, top, left + 186, top + 122)).resize((192, 128), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255 * 2 - 1


@pytest.mark.parametrize("size", [(192, 128), (128, 192)], ids=["landscape", "portrait"])
def test_pictures_of_corel_s_size_are_prepared_as_in_the_original(size: tuple[int, int]):
    values, plan = prepare(picture(*size), "x", SEED)
    assert values.shape == (3, 128, 192)
    assert values.dtype == torch.float32
    torch.testing.assert_close(values, original_way(picture(*size)), atol=1e-6, rtol=0)
    assert plan == Plan(size == (128, 192), *size)


def test_the_dark_frame_is_cut_off_and_only_that():
    framed = Image.new("RGB", (192, 128))
    framed.paste((200, 100, 50), (3, 3, 189, 125))
    values, _ = prepare(framed, "x", SEED)
    expected = torch.tensor([200, 100, 50])[:, None, None].expand(3, 128, 192) / 127.5 - 1
    torch.testing.assert_close(values, expected, atol=1e-6, rtol=0)
    assert prepare(framed, "x", MLWGANSettings(border=2))[0].min() < -0.9


def test_values_reach_from_minus_one_to_one():
    assert prepare(Image.new("RGB", (192, 128)), "x", SEED)[0].unique().tolist() == [-1]
    assert prepare(Image.new("RGB", (192, 128), "white"), "x", SEED)[0].unique().tolist() == [1]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((192, 128), Plan(False, 192, 128)),
        ((3000, 2000), Plan(False, 192, 128)),
        ((128, 192), Plan(True, 128, 192)),
        ((2000, 3000), Plan(True, 128, 192)),
        ((187, 126), Plan(False, 192, 128)),  # a pixel off: not worth the blur
        ((100, 100), Plan(False, 157, 157)),
        ((400, 100), Plan(False, 314, 78)),
        ((100, 400), Plan(True, 78, 314)),
        ((10_000, 7), Plan(False, 5925, 4)),
        ((1_000_000, 1), Plan(False, 65_500, 1)),  # JPEG takes no longer side
    ],
)
def test_what_is_made_has_the_original_s_proportions_at_the_frame_s_area(size: tuple[int, int], expected: Plan):
    assert make_plan(*size, SEED) == expected


@pytest.mark.parametrize(
    ("height", "width", "size", "turned"),
    [
        (192, 128, (192, 128), True),
        (192, 128, (128, 192), False),
        (64, 64, (192, 128), False),
        (64, 64, (128, 192), False),
        (192, 128, (100, 100), False),
    ],
)
def test_frames_may_stand_or_be_square(height: int, width: int, size: tuple[int, int], turned: bool):
    settings = MLWGANSettings(height=height, width=width)
    values, plan = prepare(picture(*size), "x", settings)
    assert values.shape == (3, height, width)
    assert plan.turned == turned


@pytest.mark.parametrize("size", [(192, 128), (128, 192), (160, 160), (300, 100), (90, 300)])
def test_an_original_put_through_stands_as_it_stood(size: tuple[int, int]):
    original = picture(*size)
    values, plan = prepare(original, "x", MLWGANSettings(border=0))
    shown = finish(values, PLAIN, plan)
    assert shown.size == (plan.width, plan.height)
    assert np.abs(pixels(shown) - pixels(original.resize(shown.size))).mean() < 4
    turned_round = pixels(original.resize(shown.size).transpose(Image.Transpose.ROTATE_180))
    assert np.abs(pixels(shown) - turned_round).mean() > 20


@pytest.mark.parametrize("size", [(192, 128), (128, 192)], ids=["landscape", "portrait"])
def test_the_mirrored_view_is_the_upright_picture_mirrored(size: tuple[int, int]):
    values, plan = prepare(picture(*size), "x", SEED)
    plain, mirrored = finish(values, PLAIN, plan), finish(values, MIRRORED, plan)
    assert np.array_equal(pixels(mirrored), pixels(plain)[:, ::-1])


def test_the_turned_view_of_a_portrait_picture_is_upright_and_that_of_others_lies_on_its_side():
    values, plan = prepare(picture(128, 192), "x", SEED)
    assert np.array_equal(pixels(finish(values, TURNED, plan)), pixels(finish(values, PLAIN, plan)))
    values, plan = prepare(picture(192, 128), "x", SEED)
    turned = finish(values, TURNED, plan)
    assert turned.size == (128, 192)
    assert np.array_equal(pixels(turned), np.rot90(pixels(finish(values, PLAIN, plan)), -1))


def test_values_are_rounded_and_cut():
    fake = torch.tensor([-1.5, -1.0, 0.0, 0.0079, 1.0, 7.0, float("nan"), float("inf")])
    shown = finish(fake.expand(3, 4, 8), PLAIN, Plan(False, 8, 4))
    assert pixels(shown)[0, :, 0].tolist() == [0, 0, 128, 129, 255, 255, 0, 255]


def test_a_picture_of_which_nothing_is_left_is_named():
    with pytest.raises(ImageReadError, match=r"^small\.png: 40×6 pixels, of which nothing is left when 3 are cut off"):
        prepare(picture(40, 6), "small.png", SEED)
    assert prepare(picture(40, 7), "small.png", SEED)[0].shape == (3, 128, 192)
