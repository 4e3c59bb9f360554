"""The sheet of docs/generated-quality.md: pictures that small GANs painted after scenes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

from PIL import Image
from workshop import Workshop

from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.running import generate
from corelate.augment.ml_wgan.settings import WGAN_GP
from corelate.augment.quality.measuring import measure
from corelate.augment.quality.options import QualityOptions
from corelate.data.spec import DataSpec, load_annotations
from corelate.explain.drawing import draw, encode

SCENES = "scenes:6?size=64&seed=4"
# A seventh of the usual iterations at a sixth of the usual size, in larger steps: two minutes on one core.
SETTINGS = replace(WGAN_GP, height=64, width=64, border=0, iterations=150, critic_steps=2, learning_rate=5e-4)
PICTURES = 3
DOTS_PER_INCH = 100
COLOURS = 128


def make(folder: Path, workshop: Workshop) -> None:
    """Generate three pictures of each of a few scenes, and draw them beside their originals."""
    digest = hashlib.sha256(f"{SCENES} {PICTURES} {SETTINGS}".encode()).hexdigest()[:12]
    generated = workshop.folder / f"ml-wgan-{digest}"
    options = GenerationOptions(data=SCENES, limit=PICTURES, accelerator="cpu", precision="32-true")
    generate(options, SETTINGS, generated)
    annotations = load_annotations(DataSpec.parse(SCENES).with_generated(str(generated)).to_text())
    quality = replace(measure(annotations, QualityOptions(rows=PICTURES)), source="scenes")
    with Image.open(io.BytesIO(encode(draw(quality), "png", DOTS_PER_INCH))) as opened:
        picture = opened.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    picture.save(folder / "ml-wgan.png", optimize=True)
