"""How often a map's hottest place lies on what the label names: the pointing game on drawn scenes.

    python benchmarks/where_heads_look.py RUN...

A run on ``scenes:``; the scenes that it was measured on are drawn again, and each thing's pixels are noted while it is
painted. For each thing: how many scenes show it, the share of them in which the hottest pixel of its map lies on it, or
within half a cell of it, and the share of the picture that this is, which a blind guess would reach.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from corelate.data.scenes import things
from corelate.explain.attention.attention_maps import attention_maps
from corelate.explain.attention.heat_maps import heat, placed
from corelate.explain.attention.picture_maps import PictureMaps, TagMap
from corelate.explain.run_material import RunMaterial

PAINTERS = {
    "boat": "paint_boat",
    "house": "paint_house",
    "car": "paint_car",
    "lighthouse": "paint_lighthouse",
    "tree": "paint_tree",
    "people": "paint_person",
    "bird": "paint_bird",
}
SIDE = 96
METHODS = ("auto", "hires-cam", "grad-cam")


@contextmanager
def noted() -> Iterator[dict[str, Image.Image]]:
    """Note which pixels each kind of thing takes, while scenes are painted."""
    masks: dict[str, Image.Image] = {}
    originals = {label: getattr(things, painter) for label, painter in PAINTERS.items()}

    def noting(label: str, paint: Callable[..., None]) -> Callable[..., None]:
        def painted(canvas: Any, *arguments: Any) -> None:
            before = canvas._image.copy()
            paint(canvas, *arguments)
            changed = ImageChops.difference(before, canvas._image).convert("L").point(lambda level: 255 * (level > 8))
            masks[label] = ImageChops.lighter(masks[label], changed) if label in masks else changed

        return painted

    try:
        for label, painter in PAINTERS.items():
            setattr(things, painter, noting(label, originals[label]))
        yield masks
    finally:
        for label, painter in PAINTERS.items():
            setattr(things, painter, originals[label])


def main(runs: list[str]) -> None:
    for path in runs:
        material = RunMaterial.open(Path(path))
        for method in METHODS:
            report(material, method)


def report(material: RunMaterial, method: str) -> None:
    """Print each thing's scenes, hits and blind hits."""
    names = material.judged().names
    found: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for start in range(0, len(names), 50):
        maps = attention_maps(material, names[start : start + 50], method=method, labels=tuple(PAINTERS))
        for picture in maps.pictures:
            with noted() as masks:
                material.pictures.open(picture.name)
            for tag in picture.tags:
                if tag.label in masks:
                    found[tag.label].append(_hit(picture, tag, masks[tag.label]))
    print(f"{material.name}, {maps.head}, {maps.method}")
    for label in (*PAINTERS, "all"):
        pairs = found[label] if label != "all" else [pair for pairs in found.values() for pair in pairs]
        if pairs:
            hits, areas = np.mean(pairs, axis=0)
            print(f"  {label:12}{len(pairs):5}{hits:8.2f}{areas:8.2f}")


def _hit(picture: PictureMaps, tag: TagMap, mask: Image.Image) -> tuple[bool, float]:
    """Return whether the hottest pixel lies on the thing, and the share of the picture that would count as that.

    A map of zeros points nowhere, which is no hit.
    """
    reach = SIDE // min(tag.values.shape) // 2 * 2 + 1
    lies_on = np.asarray(mask.resize((SIDE, SIDE)).filter(ImageFilter.MaxFilter(reach))) > 0
    fine = placed(heat(tag.values), picture.frame, (SIDE, SIDE))
    return bool(tag.values.any() and lies_on.ravel()[np.nanargmax(fine)]), float(lies_on.mean())


if __name__ == "__main__":
    main(sys.argv[1:])
