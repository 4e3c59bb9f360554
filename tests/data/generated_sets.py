"""Sets of a few pictures, and folders of pictures that were generated from them, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

TABLE = """path,labels,split,group
a.png,sky;sea,train,x
b.png,sky,train,x
c.png,boat,test,y
d.png,boat;sky,train,
"""


def write_table(root: Path, text: str = TABLE, names: Sequence[str] = "abcd") -> str:
    """Write a table and its pictures, and return the spec that reads it."""
    root.mkdir(parents=True, exist_ok=True)
    for name in names:
        save_picture(root / f"{name}.png")
    (root / "labels.csv").write_text(text)
    return f"table:{root}/labels.csv"


def save_picture(path: Path, colour: str = "blue", size: int = 32) -> None:
    """Save a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size, size), colour).save(path)


def write_generated(
    folder: Path,
    listed: Mapping[str, Sequence[str]],
    pictures: Mapping[str, Sequence[str]] | None = None,
    *,
    missing: Sequence[str] = (),
    **provenance: Any,
) -> Path:
    """Write a folder of generated pictures.

    Args:
        folder: The folder.
        listed: Generated pictures and their labels, as the list has them.
        pictures: Originals and what was generated from them, for provenance.json; None: no such file.
        missing: Listed pictures that are not there.
        provenance: Other entries of provenance.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in listed:
        if name not in missing:
            save_picture(folder / "images" / name, "red")
    samples = [{"image_name": name, "image_labels": list(labels)} for name, labels in listed.items()]
    (folder / "train_aug.json").write_text(json.dumps({"samples": samples}))
    if pictures is not None:
        content = {"format": "corelate-generated", "version": 1, "method": "ml-wgan", "pictures": pictures}
        (folder / "provenance.json").write_text(json.dumps(content | provenance))
    return folder


USUAL = {"a_aug.jpeg": ["sea", "sky"], "a_aug_rot_90.jpeg": ["sky", "sea"], "c_aug.jpeg": ["boat"]}


def write_usual(root: Path, **provenance: Any) -> tuple[str, Path]:
    """Write the table and a folder with two pictures of a.png and one of c.png; return the spec and the folder."""
    record = {"a.png": ["a_aug.jpeg", "a_aug_rot_90.jpeg"], "c.png": ["c_aug.jpeg"]}
    return write_table(root / "set"), write_generated(root / "fakes", USUAL, record, **provenance)


def write_scene_variants(folder: Path, names: Sequence[str], labels: Sequence[Sequence[str]], count: int = 3) -> Path:
    """Write so many pictures of one colour for each of some pictures."""
    variants = {name: [f"{Path(name).stem}_aug_{number}.png" for number in range(count)] for name in names}
    own = dict(zip(names, labels, strict=True))
    return write_generated(folder, {each: own[name] for name in names for each in variants[name]}, variants)
