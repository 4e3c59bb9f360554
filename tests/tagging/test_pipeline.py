from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corelate.errors import BundleError, OptionError
from corelate.tagging import pipeline
from corelate.tagging.pictures import FoundPicture, SkippedPicture, TaggedPicture
from corelate.tagging.pipeline import PipelineOptions, tag_pictures
from corelate.tagging.tagger import Tagger
from corelate.tagging.walk import PictureWalk

Make = Callable[..., Path]


@pytest.fixture
def tagger(tiny_bundle: Make) -> Tagger:
    return Tagger.open(tiny_bundle(), threads=1)


def results(
    tagger: Tagger, *given: Path, options: PipelineOptions | None = None, rule: str | None = None
) -> list[TaggedPicture | SkippedPicture]:
    return list(tag_pictures(tagger, PictureWalk(given), tagger.rule(rule), options))


@pytest.mark.parametrize("batch_size", [1, 2, 16])
@pytest.mark.parametrize("readers", [1, 3])
def test_results_come_in_order_with_what_was_skipped(
    tagger: Tagger, photos: Make, batch_size: int, readers: int
) -> None:
    photos("a.png", "d.png", colour="red")
    top = photos("b.png", "sub/x.png", colour="blue")
    (top / "c.png").write_bytes(b"damaged")
    (top / "e.png").symlink_to("nowhere")
    found = results(tagger, top, options=PipelineOptions(batch_size=batch_size, readers=readers))
    assert [(item.name, [tag.label for tag in getattr(item, "tags", [])]) for item in found] == [
        ("a.png", ["red"]),
        ("b.png", ["blue"]),
        ("c.png", []),
        ("d.png", ["red"]),
        ("e.png", []),
        ("sub/x.png", ["blue"]),
    ]
    skipped = [item for item in found if isinstance(item, SkippedPicture)]
    assert [item.name for item in skipped] == ["c.png", "e.png"]


def test_tags_do_not_depend_on_the_batch(tagger: Tagger, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    for number in range(9):
        pixels = generator.integers(0, 256, (10 + number, 12, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    runs = [
        results(tagger, tmp_path, options=PipelineOptions(batch_size=size, keep_scores=True)) for size in (1, 4, 9, 64)
    ]
    for run in runs[1:]:
        for one, other in zip(runs[0], run, strict=True):
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-5, rtol=0)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_many_batches_do_not_mix(tagger: Tagger, tmp_path: Path, batch_size: int) -> None:
    for red in range(0, 240, 6):
        Image.new("RGB", (40 + red, 50), (red, 0, 0)).save(tmp_path / f"{red:03}.png")
        (tmp_path / f"{red + 1:03}.png").write_bytes(b"damaged" if red % 4 else b"")
    found = results(tagger, tmp_path, options=PipelineOptions(batch_size=batch_size, readers=3, keep_scores=True))
    scores = np.array([item.scores for item in found if isinstance(item, TaggedPicture)])
    expected = 1 / (1 + np.exp(-4 * (np.arange(0, 240, 6) / 127.5 - 1)))
    np.testing.assert_allclose(scores[:, 0], expected, atol=1e-5)


def test_all_scores_come_when_asked_for(tagger: Tagger, photos: Make) -> None:
    top = photos("a.png")
    (without,) = results(tagger, top)
    (picture,) = results(tagger, top, options=PipelineOptions(keep_scores=True))
    assert without.scores is None
    assert picture.scores.shape == (3,) and picture.scores.dtype == np.float32


def test_the_best_tags_are_kept(tagger: Tagger, photos: Make) -> None:
    (picture,) = results(tagger, photos("a.png", colour="white"), rule="top_k", options=PipelineOptions(max_tags=1))
    assert [tag.label for tag in picture.tags] == ["red"]


def test_nothing_found_gives_nothing(tagger: Tagger) -> None:
    assert list(tag_pictures(tagger, [], tagger.rule())) == []


def test_a_reason_does_not_repeat_the_name(tagger: Tagger, photos: Make) -> None:
    top = photos("sub/a.png")
    (top / "sub" / "b.png").write_bytes(b"")
    gone = FoundPicture(top / "sub" / "gone.png", "sub/gone.png")
    found = [*PictureWalk([top]), gone]
    reasons = {item.name: getattr(item, "reason", None) for item in tag_pictures(tagger, found, tagger.rule())}
    assert reasons["sub/a.png"] is None
    assert reasons["sub/b.png"].startswith("the file is empty")
    assert reasons["sub/gone.png"] == "No such file or directory"


@pytest.mark.parametrize("error", [MemoryError(), ZeroDivisionError("odd"), RecursionError()])
def test_no_picture_stops_the_others(
    tagger: Tagger, photos: Make, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    read = pipeline.read_image

    def fail(reference: object, **options: object) -> Image.Image:
        if reference.name == "b.png":
            raise error
        return read(reference, **options)

    monkeypatch.setattr(pipeline, "read_image", fail)
    found = results(tagger, photos("a.png", "b.png", "c.png"))
    assert [type(item).__name__ for item in found] == ["TaggedPicture", "SkippedPicture", "TaggedPicture"]
    assert found[1].reason


def test_a_network_that_fails_stops_the_run(tagger: Tagger, photos: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(pixels: np.ndarray) -> np.ndarray:
        raise BundleError("the network failed")

    monkeypatch.setattr(tagger, "score_prepared", fail)
    with pytest.raises(BundleError, match="the network failed"):
        results(tagger, photos("a.png"))


@pytest.mark.parametrize("batch_size", [1, 4])
def test_few_pictures_are_read_ahead(tagger: Tagger, photos: Make, batch_size: int) -> None:
    path = photos("a.png") / "a.png"
    taken = 0

    def many() -> Iterator[FoundPicture]:
        nonlocal taken
        while taken < 500:
            taken += 1
            yield FoundPicture(path, f"{taken}.png")

    run = tag_pictures(tagger, many(), tagger.rule(), PipelineOptions(batch_size=batch_size, readers=2))
    for _ in range(3 * batch_size):
        next(run)
    run.close()
    assert taken <= 3 * batch_size + 2 * batch_size + 2 + 1


def test_stopping_early_ends_the_threads(tagger: Tagger, photos: Make) -> None:
    run = tag_pictures(tagger, PictureWalk([photos("a.png", "b.png", "c.png")]), tagger.rule())
    next(run)
    run.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read-picture")]


@pytest.mark.parametrize("name", ["batch_size", "readers", "max_tags"])
@pytest.mark.parametrize("value", [0, -3])
def test_numbers_below_one_are_refused(name: str, value: int) -> None:
    with pytest.raises(OptionError, match=f"{name} is {value}"):
        PipelineOptions(**{name: value})


def test_batches_that_no_memory_holds_are_refused(tagger: Tagger, photos: Make) -> None:
    with pytest.raises(OptionError, match="not enough memory for batches"):
        results(tagger, photos("a.png"), options=PipelineOptions(batch_size=10**16))
