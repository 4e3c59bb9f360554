"""Drawings of maps, of made-up ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from PIL import Image

from corelate.explain.attention.heat_maps import overlay
from corelate.explain.attention.picture_maps import KINDS, AttentionMaps, PictureMaps, TagMap
from corelate.explain.drawing import draw, drawing_style


def fake_maps(pictures: int, size: tuple[int, int], labels: list[str], **changes: Any) -> AttentionMaps:
    """Maps with one tag of each kind in turn."""
    values = np.random.default_rng(0).random((3, 5))
    kinds = list(KINDS)
    tags = tuple(
        TagMap(label, kinds[number % len(kinds)], 0.5, values * (number != 1)) for number, label in enumerate(labels)
    )
    entry = PictureMaps("a/long/path/" * 9 + "picture.png", Image.new("RGB", size), size, (0.0, 0.0, 1.0, 1.0), tags)
    entry = dataclasses.replace(entry, **changes)
    return AttentionMaps((entry,) * pictures, "run", "linear", "hires-cam", "what speaks", "fixed", "some")


@pytest.mark.parametrize("size", [(60, 40), (40, 60), (1, 600), (600, 1)])
def test_drawing_keeps_proportions_and_texts_apart(size: tuple[int, int]):
    labels = ["sky", "x" * 200, "$a_b$ <b>", "line\nbreak", "空と海", "שלום"]
    figure = draw(fake_maps(3, size, labels, more=1200, frame=(0.2, 0.0, 0.8, 1.0)))
    (axes,) = figure.axes
    # The last of the images is the key's.
    for image in axes.get_images()[:-1]:
        left, right, bottom, top = image.get_extent()
        assert (right - left) / (bottom - top) == pytest.approx(size[0] / size[1], rel=0.01) or min(size) == 1
        assert right - left <= 1.76
    with drawing_style():
        renderer = figure.canvas.get_renderer()
        boxes = [text.get_window_extent(renderer) for text in axes.texts]
    assert not any(one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number])
    assert all(box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)
    assert "nothing speaks for it" in " ".join(text.get_text() for text in axes.texts)


def test_many_pictures_make_a_taller_figure():
    few, many = (draw(fake_maps(count, (30, 20), ["sky"])).get_figheight() for count in (2, 32))
    assert (many - few) / 30 == pytest.approx(1.66, abs=0.2)


def test_the_narrowest_drawing_holds_its_words():
    figure = draw(fake_maps(1, (40, 60), ["sky"], frame=(0.2, 0.0, 0.8, 1.0)))
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    assert "faded" in figure.axes[0].texts[-1].get_text()
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)


def test_the_key_shows_a_map_over_a_picture():
    key = draw(fake_maps(1, (30, 20), ["a"])).axes[0].get_images()[-1].get_array()
    assert (key[0, 0] == key[0, 0, 0]).all(), "where nothing is the picture shows as it is"
    brightest = overlay(Image.new("RGB", (1, 1), tuple(key[0, 0].tolist())), np.ones((1, 1)))
    assert np.abs(np.int64(key[0, -1]) - brightest.getpixel((0, 0))).max() <= 1


def test_signs_tell_what_colours_tell():
    figure = draw(fake_maps(1, (30, 20), ["a", "b", "c", "d", "e"]))
    texts = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
    colours = [texts[title] for title in ("✓ a", "✗ b", "– c", "? d", "○ e")]
    assert len(set(colours)) == 5
