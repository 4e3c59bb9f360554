from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from corelate.augment.quality import measuring
from corelate.augment.quality.generated_quality import GeneratedQuality
from corelate.augment.quality.measuring import measure
from corelate.augment.quality.options import QualityOptions
from corelate.augment.quality.words import sentences, summary_lines
from corelate.data.annotation_set import AnnotationSet
from corelate.errors import DataError, OptionError, WeightsError

MakeSet = Callable[..., AnnotationSet]
Blobs = Callable[..., Image.Image]
NETWORK = {"backbone": "test_resnet", "weights": "none", "image_size": (32,), "accelerator": "cpu"}


def noisy(image: Image.Image, seed: int, strength: float) -> Image.Image:
    """Return a picture with grey noise of a standard deviation in grey levels."""
    noise = np.random.default_rng(seed).normal(0, strength, (image.height, image.width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


@pytest.fixture
def some(make_set: MakeSet, blobs: Blobs) -> AnnotationSet:
    """Return five originals with two generated pictures each, of which the last is mirrored; two without any."""
    entries: list[tuple[str, Image.Image | None, str]] = []
    for number in range(7):
        original = blobs(number)
        entries.append((f"{number}.png", original, ""))
        if number < 5:
            made = [noisy(original, 10 * number + place, 4 + 6 * number) for place in range(2)]
            entries.append((f"{number}_aug.png", made[0], f"{number}.png"))
            entries.append((f"{number}_aug_hor_flip.png", ImageOps.mirror(made[1]), f"{number}.png"))
    return make_set(entries)


def measured(annotations: AnnotationSet, **options: object) -> GeneratedQuality:
    return measure(annotations, QualityOptions(**options))  # type: ignore[arg-type]


def test_what_is_compared(some: AnnotationSet):
    found = measured(some)
    assert found.available == len(found.families) == 5
    assert [some.names[family.family.original] for family in found.families] == [f"{n}.png" for n in range(5)]
    assert {family.views for family in found.families} == {("plain", "mirrored")}
    distances = [family.mean("pixels") for family in found.families]
    assert distances == sorted(distances)
    # Enlarging to the common size takes some of the noise away.
    assert 0.6 * 4 / 255 < distances[0] < 4 / 255
    assert found.measures == ("pixels", "structure")
    assert found.own_nearest is None


def test_means_are_over_originals(some: AnnotationSet):
    found = measured(some)
    means = [family.distances["pixels"].mean() for family in found.families]
    estimate = found.to_original["pixels"]
    assert estimate.mean == pytest.approx(np.mean(means))
    assert estimate.low < estimate.mean < estimate.high
    assert estimate.count == 5


def test_noise_differs_more_from_other_noise_than_from_the_original(some: AnnotationSet):
    found = measured(some)
    # Of two independent errors of one size the difference is √2 times as large.
    share = found.to_each_other["pixels"].mean / found.to_original["pixels"].mean
    assert share == pytest.approx(np.sqrt(2), rel=0.1)


def test_yardsticks_are_in_the_order_that_everyone_expects(some: AnnotationSet):
    marks = {name: each["pixels"].mean for name, each in measured(some).yardsticks.items()}
    assert 0 < marks["recompressed"] < marks["blurred"] < marks["another"]
    assert marks["mirrored"] > marks["blurred"], "it is not mirrored back"
    assert marks["alike"] == pytest.approx(marks["another"], rel=0.5)


def test_features(some: AnnotationSet):
    found = measured(some, **NETWORK)
    assert found.measures == ("pixels", "structure", "features")
    assert "test_resnet at 32×32, random weights" in found.features
    assert found.own_nearest is not None
    for estimates in (found.to_original, found.to_each_other, *found.yardsticks.values()):
        assert estimates["features"].mean > 0
    for family in found.families:
        assert family.nearest is not None
        assert len(family.nearest) == 2


def test_features_are_those_of_the_upright_picture(make_set: MakeSet, blobs: Blobs):
    original, other = blobs(1), blobs(2)
    turned = original.transpose(Image.Transpose.ROTATE_90)
    found = measured(
        make_set(
            [("a.png", original, ""), ("a1.png", turned, "a.png"), ("b.png", other, ""), ("b1.png", other, "b.png")]
        ),
        **NETWORK,
    )
    assert found.families[0].views == ("turned counter-clockwise",)
    assert found.to_original["features"].mean == pytest.approx(0, abs=1e-6)
    assert found.own_nearest is not None
    assert found.own_nearest.mean == 1
    lines = sentences(found)
    assert "Judged by features they are memorised copies: recompressing the original changes it more." in lines
    assert "Each original has one generated picture: how much several would differ can't be said." in lines
    assert any(line.startswith("By features 100 % of them are nearer to their own original") for line in lines)


def test_portraits_that_lie_on_their_side(make_set: MakeSet, blobs: Blobs):
    portrait = blobs(3, size=(64, 96))
    found = measured(
        make_set([("p.png", portrait, ""), ("q.png", portrait.transpose(Image.Transpose.ROTATE_90), "p.png")])
    )
    assert found.families[0].views == ("turned counter-clockwise",)
    assert found.families[0].mean("pixels") < 0.01


def test_a_border_that_was_not_learned_from(make_set: MakeSet, blobs: Blobs):
    inner = blobs(5, size=(90, 58))
    framed = ImageOps.expand(inner, 3, (0, 0, 0))
    annotations = make_set([("f.png", framed, ""), ("g.png", inner.resize((96, 64)), "f.png")])
    assert measured(annotations, border=3).families[0].mean("pixels") < 0.01
    assert measured(annotations).families[0].mean("pixels") > 0.1
    with pytest.raises(DataError, match="nothing is left of 96×64 pixels without a border of 32"):
        measured(annotations, border=32)


def test_pictures_of_someone_else(make_set: MakeSet, blobs: Blobs):
    entries: list[tuple[str, Image.Image | None, str]] = []
    for number in range(6):
        entries += [(f"{number}.png", blobs(number), ""), (f"{number}x.png", blobs(100 + number), f"{number}.png")]
    assert any(
        line.startswith("Judged by pixels they do not show their originals")
        for line in sentences(measured(make_set(entries)))
    )


def test_the_same_picture_over_and_over(make_set: MakeSet, blobs: Blobs):
    entries: list[tuple[str, Image.Image | None, str]] = []
    for number in range(4):
        made = noisy(blobs(number), number, 25)
        entries += [(f"{number}.png", blobs(number), "")]
        entries += [(f"{number}_{place}.png", made, f"{number}.png") for place in range(2)]
    found = measured(make_set(entries))
    assert found.to_each_other["pixels"].mean == 0
    assert "The generated pictures of one original are all but the same: several show no more than one." in sentences(
        found
    )


def test_one_original(make_set: MakeSet, blobs: Blobs):
    found = measured(make_set([("a.png", blobs(1), ""), ("b.png", noisy(blobs(1), 1, 40), "a.png")]), **NETWORK)
    assert found.yardsticks["another"]["pixels"].count == 0
    assert np.isnan(found.to_original["pixels"].low)
    assert "With one original there is no other to compare them with." in sentences(found)
    assert not any("nearer to their own" in line for line in summary_lines(found))
    json.loads(found.table().to_json())
    assert found.heading == "1 generated picture of 1 original"


def test_exact_copies_have_no_noise_ratio(make_set: MakeSet, blobs: Blobs):
    table = measured(make_set([("a.png", blobs(1), ""), ("b.png", blobs(1), "a.png")])).table()
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["pixels"] == 0
    assert row["psnr"] is None


def test_unreadable_pictures_are_left_out_and_named(make_set: MakeSet, blobs: Blobs):
    entries = [
        *(("a.png", None, ""), ("a1.png", blobs(1), "a.png")),
        *(("b.png", blobs(2), ""), ("b1.png", None, "b.png"), ("b2.png", blobs(2), "b.png")),
        *(("c.png", blobs(3), ""), ("c1.png", None, "c.png")),
    ]
    found = measured(make_set(entries), **NETWORK)
    assert [family.rows for family in found.families] == [(4,)]
    assert sorted(found.failures) == ["a.png: damaged", "b1.png: damaged", "c1.png: damaged"]
    with pytest.raises(
        DataError, match=r"not one generated picture of pictures can be compared.*the first: a\.png: dam"
    ):
        measured(make_set(entries[:2]))


def test_originals_are_drawn_by_the_seed(some: AnnotationSet):
    def chosen(count: int, seed: int) -> list[int]:
        return [family.family.original for family in measured(some, pictures=count, seed=seed).families]

    assert set(chosen(2, 1)) < set(chosen(4, 1))
    assert {tuple(chosen(2, seed)) for seed in range(8)} > {tuple(chosen(2, 1))}
    found = measured(some, pictures=2)
    assert found.heading == "4 generated pictures of 2 of 5 originals, drawn at random"
    assert measured(some, pictures=0).heading == "10 generated pictures of 5 originals"


def test_yardsticks_of_some_originals_are_said_to_be(some: AnnotationSet, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(measuring, "YARDSTICK_ORIGINALS", 3)
    monkeypatch.setattr(measuring, "FAMILIES_PER_BLOCK", 2)
    found = measured(some, **NETWORK)
    assert {estimate.count for each in found.yardsticks.values() for estimate in each.values()} == {3}
    assert "Yardsticks are means over 3 of the originals." in summary_lines(found)


def test_blocks_change_nothing(some: AnnotationSet, monkeypatch: pytest.MonkeyPatch):
    whole = measured(some, **NETWORK).table()
    monkeypatch.setattr(measuring, "FAMILIES_PER_BLOCK", 1)
    parts = measured(some, **NETWORK).table()
    assert [row[0] for row in parts.rows] == [row[0] for row in whole.rows]
    for one, other in zip(parts.rows, whole.rows, strict=True):
        assert one[1:10] == pytest.approx(other[1:10], rel=1e-4, abs=1e-6)


def test_the_table(some: AnnotationSet):
    table = measured(some, **NETWORK).table()
    row = dict(zip(table.columns, table.rows[1], strict=True))
    assert row["original"] == "1.png"
    assert row["generated"] == 2
    assert row["pictures"] == ["1_aug.png", "1_aug_hor_flip.png"]
    assert row["pixels"] == pytest.approx(np.mean(row["each_pixels"]))
    assert row["psnr"] == pytest.approx(-20 * np.log10(row["pixels"]))
    about = json.loads(table.to_json())["about"]
    assert about["to_original"]["features"]["originals"] == 5
    assert about["own_nearest_by_chance"] == pytest.approx(1 / 5)
    assert set(about["yardsticks"]) == {"recompressed", "blurred", "mirrored", "alike", "another"}


def test_no_generated_pictures(make_set: MakeSet, blobs: Blobs):
    with pytest.raises(
        DataError, match=r"pictures has no generated pictures to measure: it has none; name .*\?generated=DIR"
    ):
        measured(make_set([("a.png", blobs(1), "")]))
    with pytest.raises(DataError, match="the originals of its 1 are not in it"):
        measured(make_set([("a.png", blobs(1), ""), ("b.png", blobs(1), "gone.png")]))


def test_wrong_options(some: AnnotationSet):
    with pytest.raises(OptionError, match="pictures = -1: must be at least 0; rows = 0: must be at least 1"):
        QualityOptions(pictures=-1, rows=0)
    with pytest.raises(OptionError, match="image_size"):
        QualityOptions(image_size=(1, 2, 3))
    with pytest.raises(OptionError, match="unknown backbone 'resnt'"):
        measured(some, backbone="resnt")
    with pytest.raises(WeightsError, match="does not exist"):
        measured(some, backbone="test_resnet", weights="no/such/file")
