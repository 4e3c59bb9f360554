from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corelate.augment.quality.measuring import measure
from corelate.augment.quality.options import QualityOptions
from corelate.augment.quality.sheet_pictures import sheet_rows
from corelate.data.annotation_set import AnnotationSet
from corelate.explain.drawing import draw, encode

MakeSet = Callable[..., AnnotationSet]
Blobs = Callable[..., Image.Image]
HOSTILE = ["$x^2$ [b]bold[/b].png", "\u202e\x1b[2J\ud800.png", "長" * 300 + ".png", "folder/" * 40 + "a.png"]


@pytest.fixture
def many(make_set: MakeSet, blobs: Blobs) -> AnnotationSet:
    """Return 30 originals, each with a picture that is the farther from it the higher its number."""
    entries = []
    for number in range(30):
        original = np.asarray(blobs(number)).astype(float)
        made = Image.fromarray((original * (1 - number / 40)).astype(np.uint8))
        entries += [(f"{number:02}.png", blobs(number), ""), (f"{number:02}_aug.png", made, f"{number:02}.png")]
    return make_set(entries)


def words_of(figure: object) -> str:
    return "\n".join(text.get_text() for text in figure.axes[0].texts)  # type: ignore[attr-defined]


def test_rows_are_spread_from_the_nearest_to_the_farthest(many: AnnotationSet):
    found = measure(many, QualityOptions(rows=4))
    ordered = sorted(found.families, key=lambda family: family.mean("pixels"))
    assert found.spread == [ordered[place] for place in (0, 10, 19, 29)]
    rows = sheet_rows(found)
    assert [row[0].lines[0] for row in rows] == [f"original, rank {rank} of 30" for rank in (1, 11, 20, 30)]
    assert len(measure(many, QualityOptions(rows=100)).spread) == 30


def test_pictures_are_shown_upright(make_set: MakeSet, blobs: Blobs):
    portrait = blobs(1, size=(60, 90))
    found = measure(
        make_set([("a.png", portrait, ""), ("b.png", portrait.transpose(Image.Transpose.ROTATE_90), "a.png")]),
        QualityOptions(),
    )
    (original, made), *_ = sheet_rows(found)
    assert isinstance(made.image, Image.Image)
    assert np.array_equal(np.asarray(made.image), np.asarray(original.image))
    assert made.lines[1] == "was turned counter-clockwise"


def test_more_than_there_is_room_for_and_what_can_not_be_read(make_set: MakeSet, blobs: Blobs):
    entries: list[tuple[str, Image.Image | None, str]] = [("a.png", blobs(1), ""), ("x.png", None, "a.png")]
    entries += [(f"{number}.png", blobs(number), "a.png") for number in range(7)]
    (row,) = sheet_rows(measure(make_set(entries), QualityOptions()))
    assert [picture.name for picture in row] == ["a.png", "0.png", "1.png", "2.png", "3.png", "4.png"]
    assert row[0].lines[1] == "8 generated (3 more not shown)"
    (row,) = sheet_rows(measure(make_set(entries[:4]), QualityOptions()))
    assert row[-1].image == "damaged"
    assert row[-1].lines == ()


def test_a_sheet_of_strange_names_and_sizes(make_set: MakeSet, blobs: Blobs):
    entries: list[tuple[str, Image.Image | None, str]] = []
    for number, (name, size) in enumerate(zip(HOSTILE, [(300, 20), (20, 300), (1, 1), (700, 500)], strict=True)):
        entries += [(name, blobs(number, size), ""), (f"{name}_aug.png", blobs(number + 9, (64, 96)), name)]
        entries += [(f"{name}_aug_2.png", None, name)]
    figure = draw(measure(make_set(entries), QualityOptions()))
    for form, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        assert encode(figure, form).startswith(start)
    words = words_of(figure)
    assert "\x1b" not in words
    assert words.count("damaged") == 4
    assert figure.get_figwidth() < 12


def test_a_sheet_says_what_it_shows(many: AnnotationSet, tmp_path: Path):
    figure = draw(measure(many, QualityOptions(rows=3, pictures=20)))
    words = words_of(figure)
    assert "pictures: 20 generated pictures of 20 of 30 originals, drawn at random" in words
    assert "3 of them, from the nearest to the farthest by pixels" in words
    assert "pixels 0." in words
    assert len(figure.axes[0].images) == 6


def test_pictures_that_went_away_since(many: AnnotationSet):
    found = measure(many, QualityOptions(rows=2))
    for row in (*found.spread[0].rows, found.spread[1].family.original):
        object.__setattr__(many.pictures[row], "image", None)
    first, second = sheet_rows(found)
    assert first[1].image == second[0].image == "damaged"
    assert isinstance(second[1].image, Image.Image)
    draw(found)
