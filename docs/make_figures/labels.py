"""The figures of ``docs/explain/labels.md``."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from workshop import Workshop

from corelate.explain.drawing import draw, encode
from corelate.explain.label_maps import LabelMaps, label_maps, map_labels
from corelate.explain.run_material import RunMaterial


def make(folder: Path, workshop: Workshop) -> None:
    """Write the figures into a folder."""
    run = workshop.run(head={"name": "ml_gcn"})
    maps = {
        "labels-before-and-after": label_maps(RunMaterial.open(run)),
        "labels-many": many_labels(),
    }
    for name, drawn in maps.items():
        picture = Image.open(io.BytesIO(encode(draw(drawn), "png", dots_per_inch=90)))
        picture.convert("RGB").quantize(128).save(folder / f"{name}.png", optimize=True)


def many_labels(count: int = 260, topics: int = 14) -> LabelMaps:
    """Return a map of made-up labels, as many as Corel-5k has: the name of each begins with its topic's letter."""
    random = np.random.default_rng(3)
    middles = random.standard_normal((topics, 20))
    topic = random.integers(0, topics, count)
    vectors = middles[topic] + 0.9 * random.standard_normal((count, 20))
    syllables = ["ba", "do", "ki", "lu", "me", "na", "po", "ri", "su", "te", "vo", "za"]
    names = [chr(ord("a") + of) + "".join(random.choice(syllables, random.integers(1, 4))) for of in topic]
    frequencies = (1000 / np.arange(1, count + 1) ** 0.9).astype(int)
    return map_labels({"made-up vectors": vectors}, names, counts=frequencies)
