"""The sheets of docs/explain/sheet.md."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageColor
from workshop import Workshop

from corelate.explain.drawing import INK, LINE, MISSED, RIGHT, SOFT, SURFACE, WRONG, draw, encode
from corelate.explain.run_material import RunMaterial
from corelate.explain.sheet.prediction_sheet import PredictionSheet, prediction_sheet

# At fewer dots letters of this size come out up to 6 % wider than they are.
DOTS_PER_INCH = 100
# Scenes are grainy, which PNG files of all colours are large for. Words keep their own.
COLOURS = 120
WORDS = (INK, SOFT, LINE, SURFACE, RIGHT, WRONG, MISSED)


def make(folder: Path, workshop: Workshop) -> None:
    """Draw the most confident errors of a run, those of one label, and a sheet without pictures."""
    material = RunMaterial.open(workshop.run())
    judged = replace(material.judged(), source="scenes, test split")
    _write(folder / "sheet-errors.png", prediction_sheet(judged, material.pictures, count=8))
    _write(folder / "sheet-label.png", prediction_sheet(judged, material.pictures, count=4, label="boat"))
    _write(folder / "sheet-scores.png", prediction_sheet(judged, count=4))


def _write(path: Path, sheet: PredictionSheet) -> None:
    with Image.open(io.BytesIO(encode(draw(sheet), "png", DOTS_PER_INCH))) as opened:
        image = opened.convert("RGB")
    palette = image.quantize(COLOURS)
    colours = (palette.getpalette() or [])[: 3 * COLOURS]
    palette.putpalette(colours + [part for word in WORDS for part in ImageColor.getrgb(word)])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)
