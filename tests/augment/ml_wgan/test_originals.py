from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.originals import Originals
from corelate.augment.ml_wgan.settings import SEED, MLWGANSettings
from corelate.data.scenes.writing import write_scenes
from corelate.data.spec import load_annotations
from corelate.errors import DataError, ImageReadError

SPEC = "scenes:12?size=32&test=0.25"


def read(spec: str = SPEC, settings: MLWGANSettings = SEED, **options: object) -> Originals:
    return Originals.read(GenerationOptions(data=spec, **options), settings)


def test_pictures_to_learn_from_are_taken():
    annotations = load_annotations(SPEC)
    assert set(read().references) == set(annotations.split("train").names)


def test_a_split_that_is_named_is_taken():
    assert set(read(SPEC + "&split=test").references) == set(load_annotations(SPEC).split("test").names)


def test_a_set_without_pictures_to_learn_from_is_refused(tmp_path: Path):
    write_scenes(tmp_path, 3, seed=1, size=16, test_fraction=1.0)
    with pytest.raises(DataError, match="has no pictures to learn from; its splits are test"):
        read(f"csv:{tmp_path}/labels.csv")


def test_pictures_that_were_generated_are_never_originals(monkeypatch: pytest.MonkeyPatch):
    annotations = load_annotations("scenes:4?size=16&test=0")
    marked = replace(annotations, originals=np.array(["", annotations.names[0], "", ""]))
    monkeypatch.setattr("corelate.augment.ml_wgan.originals.load_annotations", lambda spec, strict: marked)
    for spec in ("scenes:4?size=16&test=0", "scenes:4?size=16&test=0&split=train"):
        assert set(read(spec).references) == set(annotations.names) - {annotations.names[1]}


def test_labels_are_those_of_the_picture_in_the_order_of_its_list(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("image,labels\na.png,sea;boat\nb.png,boat;sea\nc.png,\n")
    for name in "abc":
        (tmp_path / f"{name}.png").touch()
    originals = read(f"csv:{tmp_path}/labels.csv")
    assert originals.labels == {"a.png": ["sea", "boat"], "b.png": ["boat", "sea"], "c.png": []}


def test_unknown_labels_are_no_labels(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("image,sea,boat\na.png,1,\nb.png,0,1\n")
    for name in "ab":
        (tmp_path / f"{name}.png").touch()
    assert read(f"csv:{tmp_path}/labels.csv").labels == {"a.png": ["sea"], "b.png": ["boat"]}


def test_a_larger_limit_holds_the_smaller_one():
    originals = read("scenes:30?size=16&test=0")
    every = originals.chosen(0)
    assert len(every) == 30
    assert every != sorted(every)
    assert originals.chosen(5) == every[:5]
    assert originals.chosen(99) == every


def test_the_order_is_the_seed_s_and_stays_when_the_set_grows():
    few, many = (read(f"scenes:{count}?size=16&test=0").chosen(0) for count in (8, 12))
    assert [name for name in many if name in few] == few
    assert read("scenes:8?size=16&test=0", replace(SEED, seed=2)).chosen(0) != few


def test_the_source_is_named_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_scenes(tmp_path / "here", 3, seed=1, size=16, test_fraction=0.0)
    monkeypatch.chdir(tmp_path)
    source = read("csv:here/labels.csv").source
    assert source.spec == f"table:{tmp_path}/here/labels.csv"
    (tmp_path / "here").rename(tmp_path / "there")
    moved = read("csv:there/labels.csv").source
    assert moved.digest == source.digest
    assert moved.digest != read("scenes:4?size=16&test=0").source.digest


def test_pictures_are_loaded_as_the_networks_take_them():
    originals = read()
    names = originals.chosen(2)
    pictures, plans = originals.load(names, MLWGANSettings(height=32, width=64))
    assert pictures.shape == (2, 3, 32, 64)
    assert pictures.dtype == torch.float32
    assert len(plans) == 2
    assert not torch.equal(*pictures)


def test_pictures_that_can_t_be_used_are_found(tmp_path: Path):
    write_scenes(tmp_path, 4, seed=1, size=16, test_fraction=0.0)
    originals = read(f"csv:{tmp_path}/labels.csv")
    names = originals.chosen(0)
    files = {path.name: path for path in tmp_path.rglob("*.png")}
    files[Path(names[1]).name].write_bytes(b"no picture")
    problems = originals.unreadable(names, SEED)
    assert list(problems) == [names[1]]
    with pytest.raises(ImageReadError):
        originals.load(names, SEED)
    # With so large a border nothing is left of any.
    assert list(originals.unreadable(names, replace(SEED, border=8))) == names
