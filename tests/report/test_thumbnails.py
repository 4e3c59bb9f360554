"""Small copies of pictures."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corelate.explain.run_pictures import RunPictures
from corelate.report.thumbnails import LONGEST, NOT_AT_HAND, Thumbnail, thumbnails


def test_a_thumbnail_keeps_the_proportions_and_says_its_size():
    small = Thumbnail.of(Image.new("RGB", (400, 100), "red"))
    assert (small.width, small.height) == (LONGEST, LONGEST // 4)
    html = small.html('a "b" <c>')
    assert 'alt="a &quot;b&quot; &lt;c&gt;" width="160" height="40" decoding="async"' in html
    data = re.search(r"base64,([^\"]+)", html)
    assert data is not None
    with Image.open(io.BytesIO(b64decode(data[1]))) as decoded:
        assert decoded.size == (160, 40)
        assert decoded.format == "WEBP"


def test_a_small_picture_keeps_its_size():
    assert Thumbnail.of(Image.new("RGB", (12, 30))).height == 30


def test_a_photograph_takes_a_few_kilobytes():
    noise = np.random.default_rng(1).normal(0, 12, (240, 320, 3)).cumsum(axis=1)
    picture = Image.fromarray(np.clip(noise + 128, 0, 255).astype(np.uint8))
    assert len(Thumbnail.of(picture).webp) < 7_000


def test_each_picture_has_its_own_place_or_the_reason_why_there_is_none(tmp_path: Path):
    for number in range(12):
        Image.new("RGB", (20 + number, 20), "blue").save(tmp_path / f"{number}.png")
    (tmp_path / "3.png").write_bytes(b"broken")
    rows = "".join(f"{number}.png,sea\n" for number in range(12))
    (tmp_path / "labels.csv").write_text(f"path,labels\n{rows}")
    small = thumbnails(RunPictures(f"csv:{tmp_path / 'labels.csv'}"), [f"{number}.png" for number in range(13)])
    assert [part.width for part in small if isinstance(part, Thumbnail)] == [20, 21, 22, *range(24, 32)]
    assert isinstance(small[3], str)
    assert "3.png: holds" in small[3]
    assert isinstance(small[12], str)
    assert "not in csv:" in small[12]


def test_a_data_set_that_is_gone_is_not_explained_by_every_picture(tmp_path: Path):
    gone = RunPictures(f"csv:{tmp_path / 'labels.csv'}")
    assert thumbnails(gone, ["a.png", "b.png"]) == [NOT_AT_HAND] * 2
    assert "labels.csv" in gone.problem


def test_photographs_are_not_decoded_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Image.new("RGB", (4000, 3000), "blue").save(tmp_path / "photograph.jpg")
    (tmp_path / "labels.csv").write_text("path,labels\nphotograph.jpg,sea\n")
    decoded = []
    monkeypatch.setattr("corelate.report.thumbnails.shrunk", lambda image, longest: decoded.append(image) or image)
    assert thumbnails(RunPictures(f"csv:{tmp_path / 'labels.csv'}"), ["photograph.jpg"])
    # An eighth, and still more than twice what is shown.
    assert decoded[0].size == (500, 375)


def test_no_picture_is_no_thumbnail():
    assert thumbnails(RunPictures("scenes:4"), []) == []
