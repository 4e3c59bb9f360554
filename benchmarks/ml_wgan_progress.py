"""How soon ML-WGAN's fakes look like their original: distances by iteration, for one picture and each preset.

    python benchmarks/ml_wgan_progress.py --data corel5k:corel5k.zip --picture 142041.jpeg --size 64 96 \
        --out benchmarks/results/ml_wgan_progress.json

At each of some iterations two fakes are made of fresh noise. Given is the root mean squared difference, of colours in
[0, 1], of the first to the original as the network saw it, and to the second.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from corelate.augment.ml_wgan.preparation import prepare
from corelate.augment.ml_wgan.settings import PRESETS, MLWGANSettings
from corelate.augment.ml_wgan.training import PictureGANs
from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from machine import describe

LOOKS = (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1001)


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Return the root mean squared difference of pictures in [-1, 1], as if in [0, 1]."""
    return float((one - other).square().mean().sqrt() / 2)


def fresh_fakes(gans: PictureGANs) -> torch.Tensor:
    """Return two fakes of the first generator, 2×3×H×W, of noise that the training does not use."""
    random = torch.Generator().manual_seed(gans.iteration)
    return gans.sample(torch.randn(1, 2, 100, generator=random))[0]


def follow(name: str, picture: torch.Tensor, settings: MLWGANSettings) -> list[dict[str, Any]]:
    gans, rows = PictureGANs(picture[None], [name], settings), []
    while not gans.finished:
        gans.step()
        if gans.iteration in LOOKS:
            one, other = fresh_fakes(gans)
            row = {"iteration": gans.iteration, "to_original": distance(one, picture), "between": distance(one, other)}
            rows.append(row)
            print(row, flush=True)
    return rows


def table(result: dict[str, Any]) -> str:
    lines = ["| preset | " + " | ".join(str(look) for look in LOOKS) + " |", "|---" * (len(LOOKS) + 1) + "|"]
    for preset, rows in result["presets"].items():
        cells = [f"{row['to_original']:.3f} / {row['between']:.3f}" for row in rows]
        lines.append(f"| `{preset}` | " + " | ".join(cells + [""] * (len(LOOKS) - len(cells))) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--picture", required=True, help="its name in the data set")
    parser.add_argument("--size", type=int, nargs=2, default=(64, 96), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=list(PRESETS))
    parser.add_argument("--iterations", type=int, default=1001)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    annotations = load_annotations(arguments.data)
    image = read_image(annotations.pictures[annotations.names.index(arguments.picture)])
    presets = {}
    for preset in arguments.presets:
        height, width = arguments.size
        settings = dataclasses.replace(
            PRESETS[preset], height=height, width=width, iterations=arguments.iterations, per_image=1
        )
        picture, _ = prepare(image, arguments.picture, settings)
        print(preset, flush=True)
        presets[preset] = follow(arguments.picture, picture, settings)
    result = {"picture": arguments.picture, "size": arguments.size, "presets": presets, "machine": describe()}
    arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(table(result))


if __name__ == "__main__":
    main()
