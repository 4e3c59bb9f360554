import numpy as np

from corelate.doctor.likeness import Likeness, flat_pairs

GENERATOR = np.random.default_rng(3)
STRUCTURE = np.kron(GENERATOR.integers(20, 230, (4, 4)), np.ones((4, 4)))


def coloured(red=0, green=0, blue=0, structure=STRUCTURE):
    pixels = structure[..., None] + np.array([red, green, blue])
    return np.clip(pixels, 0, 255).astype(np.uint8)


def alike(*thumbnails):
    return len(Likeness(np.stack(thumbnails)).alike(np.array([[0, 1]]))) == 1


def test_the_same_picture_is_alike_brighter_and_in_grey():
    assert alike(coloured(), coloured(12, 12, 12))
    assert alike(coloured(25, 0, -25), coloured())
    dim = (coloured() * 0.6).astype(np.uint8)
    assert alike(coloured(), dim)


def test_another_colour_is_not_a_copy():
    assert not alike(coloured(35, 0, -35), coloured(-35, 0, 35))


def test_other_structure_is_not_a_copy():
    assert not alike(coloured(), coloured(structure=STRUCTURE.T))


def test_one_object_more_is_not_a_copy():
    more = coloured()
    more[5:9, 5:9] = 255 - more[5:9, 5:9]
    assert not alike(coloured(), more)


def test_faint_pictures_must_agree_in_their_pixels():
    faint = np.linspace(100, 130, 16)[:, None] + np.zeros((16, 16))
    assert not alike(coloured(structure=faint), coloured(structure=faint + 40))
    assert alike(coloured(structure=faint), coloured(structure=faint + 3))


def test_flat_pictures_are_those_without_structure():
    flat = np.full((16, 16, 3), 90, np.uint8)
    noisy = (flat + GENERATOR.integers(-2, 3, flat.shape)).astype(np.uint8)
    assert Likeness(np.stack([flat, noisy, coloured()])).flat.tolist() == [True, True, False]


def test_flat_pictures_are_joined_by_colour_alone():
    colours = [(0, 0, 0), (200, 0, 0), (0, 0, 0), (2, 1, 2), (0, 200, 0)]
    thumbnails = np.stack([np.full((16, 16, 3), colour, np.uint8) for colour in colours])
    assert {tuple(pair) for pair in flat_pairs(thumbnails).tolist()} == {(0, 2), (0, 3)}


def test_thousands_of_black_frames_are_few_pairs():
    assert len(flat_pairs(np.zeros((3000, 16, 16, 3), np.uint8))) == 2999
