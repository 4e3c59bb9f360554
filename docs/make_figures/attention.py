"""Figures of docs/explain/attention.md."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

from PIL import Image
from workshop import Workshop

from corelate.explain.attention.attention_maps import attention_maps
from corelate.explain.drawing import draw, encode
from corelate.explain.run_material import RunMaterial
from corelate.files import write_bytes

# Cut before the last stage: maps of 6×6 places in place of 3×3.
MODEL = {"layer": "layer3"}
HEADS = {
    "linear": {"name": "linear", "bias": "prior"},
    "ml-decoder": {"name": "ml_decoder", "width": 64, "heads": 4, "groups": 0, "feed_forward": 128},
    "attention-rnn": {"name": "attention_rnn", "hidden": 128, "attention_width": 64, "embedding_width": 32},
}
LOSSES = {"attention-rnn": {"name": "cross_entropy"}}
# Things that lie at one place; without these the tags with the best scores are shown.
LABELS = {"linear": ("boat", "bird", "people", "house")}
PICTURES = ("scene-001115.png", "scene-000815.png")


def run_of(workshop: Workshop, name: str) -> Path:
    """Return the run of one of the heads."""
    return workshop.run(model=MODEL, head=HEADS[name], loss=LOSSES.get(name, {"name": "asymmetric"}))


def make(folder: Path, workshop: Workshop) -> None:
    """Write the maps of a few scenes for each of some heads."""
    for name in HEADS:
        run = RunMaterial.open(run_of(workshop, name))
        maps = attention_maps(run, PICTURES, most_tags=4, labels=LABELS.get(name, ()))
        maps = dataclasses.replace(maps, source="scenes, test split", choice="two pictures")
        # In 256 colours a drawing with pictures in it takes a third of the bytes.
        with Image.open(io.BytesIO(encode(draw(maps), "png", 84))) as drawn:
            small = drawn.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        file = io.BytesIO()
        small.save(file, "PNG", optimize=True)
        write_bytes(folder / f"attention-{name}.png", file.getvalue())
