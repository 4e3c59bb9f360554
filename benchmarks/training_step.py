"""Training step of corelate beside a bare timm loop: same network, pictures, batch, precision and optimiser.

    python benchmarks/training_step.py --out benchmarks/results/training_step.json

A step is: read, decode, resize, flip and normalise a batch of picture files, forward, backward, update, schedule. The
two loops take turns step by step, in an order that changes from pair to pair, so that both meet the same state of the
machine; the ratio of the medians counts. What corelate adds to a step is its bookkeeping: seeding every picture and the
step, the schedule by number, the safe reading of pictures.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import timm
import torch
from lightning_fabric import Fabric
from PIL import Image
from torchvision.transforms import v2

from corelate.data.preprocessing import Preprocessing
from corelate.data.scenes.writing import write_scenes
from corelate.data.spec import load_annotations
from corelate.losses.build import build_loss
from corelate.models.annotator import Annotator, build_head
from corelate.models.backbones import build_backbone
from corelate.models.heads.base import HeadInputs
from corelate.training.batches import Order, PictureBatches
from corelate.training.loop import Fit
from corelate.training.progress import Silent
from corelate.training.recipe import AugmentationOptions, OptimisationOptions
from corelate.training.transforms import TrainingTransform
from machine import describe


class BareData(torch.utils.data.Dataset[Any]):
    """What a timm user would write: Pillow, torchvision, a dense target."""

    def __init__(self, folder: Path, names: list[str], targets: torch.Tensor, size: int) -> None:
        self.folder, self.names, self.targets = folder, names, targets
        self.transform = v2.Compose(
            [
                v2.Resize((size, size)),
                v2.RandomHorizontalFlip(),
                v2.PILToTensor(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.5] * 3, [0.5] * 3),
            ]
        )

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, row: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.transform(Image.open(self.folder / self.names[row]).convert("RGB")), self.targets[row]


def bare_steps(arguments: argparse.Namespace, folder: Path, names: list[str], targets: torch.Tensor) -> Iterator[None]:
    """Make one step of a plain loop each time it is asked."""
    torch.manual_seed(0)
    network = timm.create_model(arguments.backbone, num_classes=targets.shape[1], drop_rate=0.3).train()
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-4, total_steps=1 + len(names) // arguments.batch)
    loss_function = torch.nn.BCEWithLogitsLoss()
    data = BareData(folder, names, targets, arguments.size)
    for pixels, wanted in torch.utils.data.DataLoader(data, arguments.batch, shuffle=True):
        batch = pixels.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16-mixed"):
            logits = network(batch)
        loss = loss_function(logits.float(), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        yield


def our_steps(arguments: argparse.Namespace, table: Path, run: Path) -> Iterator[None]:
    """Make one step of corelate's loop each time it is asked."""
    annotations = load_annotations(f"csv:{table}")
    torch.manual_seed(0)
    backbone, _, _ = build_backbone(arguments.backbone, "none", image_size=(arguments.size, arguments.size))
    head = build_head("linear", {}, HeadInputs(backbone.num_features, annotations.vocabulary))
    annotator = Annotator(backbone, head).to(memory_format=torch.channels_last)
    preprocessing = Preprocessing(arguments.size, arguments.size, mean=(0.5,) * 3, std=(0.5,) * 3)
    transform = TrainingTransform(preprocessing, AugmentationOptions())
    batches = PictureBatches(annotations, transform, Order(len(annotations), arguments.batch, 1))
    fabric = Fabric(accelerator="cpu", devices=1, precision=arguments.precision)
    options = OptimisationOptions(epochs=1, batch_size=arguments.batch, weight_decay=0.02)
    fit = Fit(annotator, batches, build_loss("bce"), options, 1, run, fabric, Silent())
    fit._set_up()
    annotator.train()
    for update, (inputs, targets) in enumerate(batches.epoch(0)):
        fit._train_step(inputs, targets, update)
        yield


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="mobilenetv2_100")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=24)
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        scenes = Path(folder) / "scenes"
        table = write_scenes(scenes, arguments.batch * (arguments.steps + 2), size=192, test_fraction=0.0)
        annotations = load_annotations(f"csv:{table}")
        targets = torch.from_numpy(annotations.targets.dense()).float()
        loops = {
            "ours": our_steps(arguments, table, Path(folder) / "run"),
            "bare": bare_steps(arguments, scenes, annotations.names, targets),
        }
        for pair in range(arguments.steps + 2):
            for name in sorted(loops, reverse=bool(pair % 2)):
                started = time.perf_counter()
                next(loops[name])
                # The first two steps build caches and do not count.
                if pair >= 2:
                    seconds[name].append(time.perf_counter() - started)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = medians["bare"] / medians["ours"]
    settings = {key: value for key, value in vars(arguments).items() if key != "out"}
    result = {
        "machine": describe(),
        "settings": settings,
        "seconds_a_step": seconds,
        "median_seconds_a_step": medians,
        "throughput_ratio": ratio,
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{medians}, throughput of corelate / bare timm loop: {ratio:.3f}")


if __name__ == "__main__":
    main()
