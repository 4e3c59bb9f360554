"""Training throughput of corelate beside a bare timm loop: same network, pictures, batch, precision and optimiser.

    python benchmarks/training_step.py --out benchmarks/results/training_step.json

Both read the same picture files, decode, resize, flip and normalise them, and update the same kind of network; they
take turns, a few rounds each, and the ratio of a round's two rates counts. What corelate adds in that time is its
bookkeeping: seeding every step, the schedule, progress and checkpoints.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
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
from corelate.data.vocabulary import Vocabulary
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


def bare_rate(arguments: argparse.Namespace, folder: Path, names: list[str], targets: torch.Tensor) -> float:
    torch.manual_seed(0)
    network = timm.create_model(arguments.backbone, num_classes=targets.shape[1], drop_rate=0.3).train()
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-4, total_steps=len(names))
    loss_function = torch.nn.BCEWithLogitsLoss()
    data = BareData(folder, names, targets, arguments.size)
    loader = torch.utils.data.DataLoader(data, arguments.batch, shuffle=True)
    started = time.perf_counter()
    for pixels, wanted in loader:
        pixels = pixels.contiguous(memory_format=torch.channels_last)  # noqa: PLW2901
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.precision == "bf16-mixed"):
            logits = network(pixels)
        loss = loss_function(logits.float(), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return len(names) / (time.perf_counter() - started)


def our_rate(arguments: argparse.Namespace, table: Path, run: Path) -> float:
    annotations = load_annotations(f"csv:{table}")
    torch.manual_seed(0)
    backbone, _, _ = build_backbone(arguments.backbone, "none", image_size=(arguments.size, arguments.size))
    head = build_head("linear", {}, HeadInputs(backbone.num_features, Vocabulary(annotations.vocabulary)))
    annotator = Annotator(backbone, head).to(memory_format=torch.channels_last)
    preprocessing = Preprocessing(arguments.size, arguments.size, mean=(0.5,) * 3, std=(0.5,) * 3)
    transform = TrainingTransform(preprocessing, AugmentationOptions())
    batches = PictureBatches(annotations, transform, Order(len(annotations), arguments.batch, 1))
    fabric = Fabric(accelerator="cpu", devices=1, precision=arguments.precision)
    options = OptimisationOptions(epochs=1, batch_size=arguments.batch, weight_decay=0.02)
    fit = Fit(annotator, batches, build_loss("bce"), options, 1, run, fabric, Silent())
    started = time.perf_counter()
    fit.run()
    return len(annotations) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="mobilenetv2_100")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        scenes = Path(folder) / "scenes"
        table = write_scenes(scenes, arguments.batch * arguments.steps, size=192, test_fraction=0.0)
        annotations = load_annotations(f"csv:{table}")
        targets = torch.from_numpy(annotations.targets.dense()).float()
        for number in range(-1, arguments.rounds):
            # The first round warms up and does not count; the order of the two changes from round to round.
            measures = [
                lambda: ("bare", bare_rate(arguments, scenes, annotations.names, targets)),
                lambda number=number: ("ours", our_rate(arguments, table, Path(folder) / f"run{number}")),
            ]
            rates = dict(measure() for measure in (measures if number % 2 else measures[::-1]))
            if number >= 0:
                rounds.append({**rates, "ratio": rates["ours"] / rates["bare"]})
                print(rounds[-1], flush=True)
    ratio = statistics.median(row["ratio"] for row in rounds)
    settings = {key: value for key, value in vars(arguments).items() if key != "out"}
    result = {"machine": describe(), "settings": settings, "images_per_second": rounds, "median_ratio": ratio}
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"corelate / bare timm loop: {ratio:.3f}")


if __name__ == "__main__":
    main()
