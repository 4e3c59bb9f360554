"""What do losses make of labels that are missing, and does it help to say that they are?

A share of the labels of the pictures that teach and choose is hidden, in one of two ways. *silent*: the label stands
as absent, and nothing tells. *marked*: it is unknown, and so is the same share of the absent labels; that a label is
unknown then says nothing about it. A linear head learns from frozen features with each loss; the learning rate and the
threshold are chosen on the pictures that choose, with what is left of their labels. Figures are of all labels of test
pictures. docs/unknown-labels.md says what came out.

    python benchmarks/unknown_labels.py --out benchmarks/results/unknown_labels.json \
        --corel corel5k:corel5k.zip --weights inception_v3.imagenet-partial.safetensors --cache FOLDER

Scenes need no files; leave the other options out for these alone. One thread: about ten minutes for three seeds, if the
features of Corel-5k are in the cache.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from corelate.data.spec import load_annotations
from corelate.data.targets import ABSENT, UNKNOWN
from corelate.decisions.fixed import Fixed
from corelate.decisions.global_f import GlobalF
from corelate.losses.base import loss_of_logits
from corelate.losses.build import build_loss
from corelate.metrics.report import evaluate_scores
from corelate.models.annotator import Annotator, build_head
from corelate.models.backbones import build_backbone
from corelate.models.heads.base import HeadInputs
from corelate.training.batches import Order
from corelate.training.frozen import FrozenBackbone
from corelate.training.optimisers import build_optimiser, build_schedule
from corelate.training.preparation import build_network
from corelate.training.progress import Silent
from corelate.training.recipe import OptimisationOptions, Recipe, read_recipe
from hidden_scenes import SIDE, VOCABULARY, draw, sigmoid
from machine import describe

RECIPE = Path(__file__).parents[1] / "recipes" / "corel5k-inception-frozen.toml"
# Far apart, so that no scene has two roles, whatever the seed.
SERIES = {"backbone": 11_000, "train": 12_000, "validation": 13_000, "test": 14_000}
BATCH = 64
BACKBONE_RATE = 4e-3

FULL, SILENT, MARKED = "full", "silent", "marked"
Method = tuple[str, dict[str, Any]]
METHODS: dict[str, dict[str, Method]] = {
    FULL: {"bce": ("bce", {}), "asymmetric": ("asymmetric", {}), "hill": ("hill", {}), "splc": ("splc", {})},
    SILENT: {"bce": ("bce", {}), "asymmetric": ("asymmetric", {}), "hill": ("hill", {}), "splc": ("splc", {})},
    MARKED: {
        "bce, ignored": ("bce", {}),
        "bce, absent": ("bce", {"unknown": "absent"}),
        "asymmetric, ignored": ("asymmetric", {}),
        "hill, ignored": ("hill", {"unknown": "ignored"}),
        "hill, absent": ("hill", {}),
        "splc, absent, all corrected": ("splc", {}),
        "splc, absent, unknown corrected": ("splc", {"corrected": "unknown"}),
    },
}


class Part(NamedTuple):
    """Pictures with one role: features N×D×1×1 and labels N×L of 1 and 0."""

    features: torch.Tensor
    labels: np.ndarray


class Task(NamedTuple):
    """A data set for one seed."""

    name: str
    train: Part
    validation: Part
    test: Part


def hidden(labels: np.ndarray, share: float, way: str, seed: int) -> np.ndarray:
    """Return targets in which a share of the present labels is hidden, silently or not; the same ones either way."""
    chance = np.random.default_rng(seed).random(labels.shape) < share
    if way == SILENT:
        return np.where(chance, ABSENT, labels).astype(np.int8)
    return np.where(chance, UNKNOWN, labels).astype(np.int8)


def fit(
    module: nn.Module, part: Part, targets: np.ndarray, method: Method, rate: float, *, steps: int, seed: int
) -> nn.Module:
    """Train with AdamW and one cycle."""
    options = OptimisationOptions(learning_rate=rate, weight_decay=0.01)
    optimiser, loss = build_optimiser(module, options), build_loss(method[0], **method[1])
    schedule, wanted = build_schedule(optimiser, options, steps), torch.from_numpy(targets)
    order = Order(len(targets), BATCH, seed)
    torch.manual_seed(seed)
    module.train()
    batches = (rows for epoch in count() for rows in order.batches(epoch))
    for step, rows in enumerate(islice(batches, steps)):
        schedule.set(step)
        optimiser.zero_grad()
        loss_of_logits(loss, module(part.features[rows]), wanted[rows], step / steps).backward()
        optimiser.step()
    return module.eval()


def scores(module: nn.Module, features: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return sigmoid(torch.cat([module(block) for block in features.split(256)]).numpy())


def trial(
    task: Task, way: str, share: float, method: Method, *, seed: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Train with each learning rate, and return the figures of the one that is best on what validation knows."""
    teaching, choosing = (
        part.labels if way == FULL else hidden(part.labels, share, way, 10 * seed + place)
        for place, part in enumerate((task.train, task.validation))
    )
    tried = []
    for rate in arguments.rates:
        torch.manual_seed(seed)
        labels = task.train.labels.shape[1]
        module = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(task.train.features.shape[1], labels))
        fit(module, task.train, teaching, method, rate, steps=arguments.steps, seed=seed)
        known = scores(module, task.validation.features)
        fixed = Fixed().fit(known, choosing)
        tried.append((evaluate_scores(known, choosing, fixed)["map"], rate, known, scores(module, task.test.features)))
    _, rate, known, measured = max(tried, key=lambda each: each[0])
    reports = {
        name: evaluate_scores(measured, task.test.labels, rule().fit(known, choosing))
        for name, rule in (("at 0.5", Fixed), ("fitted", GlobalF))
    }
    figures = {"map": reports["fitted"]["map"], **{name: report["overall"]["f1"] for name, report in reports.items()}}
    return {"learning_rate": rate, **{name: round(value, 4) for name, value in figures.items()}}


def scenes(arguments: argparse.Namespace, seed: int) -> Task:
    """Return features of a small network that learned the labels of other scenes, all of them known."""
    torch.manual_seed(seed)
    backbone, _, _ = build_backbone("test_byobnet", "none", image_size=(SIDE, SIDE))
    head = build_head("linear", {"dropout": 0.0}, HeadInputs(backbone.num_features, VOCABULARY))
    annotator = Annotator(backbone, head).to(memory_format=torch.channels_last)
    drawn = draw(SERIES["backbone"] + seed, arguments.backbone_pictures)
    steps = arguments.backbone_epochs * arguments.backbone_pictures // BATCH
    part = Part(drawn.inputs, drawn.labels)
    fit(annotator, part, drawn.labels, ("bce", {}), BACKBONE_RATE, steps=steps, seed=seed)
    parts = []
    for role, number in (("train", 1500), ("validation", 500), ("test", 1500)):
        drawn = draw(SERIES[role] + seed, number)
        with torch.no_grad():
            maps = torch.cat([backbone.eval()(block).mean((2, 3), keepdim=True) for block in drawn.inputs.split(256)])
        parts.append(Part(maps, drawn.labels))
    return Task("scenes", *parts)


def corel(arguments: argparse.Namespace, seed: int) -> Task:
    """Return the features that the project's frozen recipe for Corel-5k uses; a ninth of the training set chooses."""
    values = read_recipe(RECIPE)
    values["data"]["spec"] = arguments.corel
    values["model"]["weights"] = str(arguments.weights)
    values["run"]["cache"] = "" if arguments.cache is None else str(arguments.cache)
    recipe = Recipe.from_values(values)
    annotations = load_annotations(arguments.corel)
    network = build_network(recipe, annotations, np.arange(len(annotations)))
    frozen = FrozenBackbone(network, recipe, Fabric(accelerator="cpu", devices=1), 0, Silent())
    features = frozen.features(annotations)
    splits = np.asarray(annotations.splits)
    learning, test = (np.flatnonzero(splits == name) for name in ("train", "test"))
    learning = np.random.default_rng(seed).permutation(learning)
    parts = [
        Part(features[rows].float(), annotations.targets.dense(rows)) for rows in (learning[500:], learning[:500], test)
    ]
    return Task("corel5k", *parts)


def rows(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    for seed in arguments.seeds:
        for make in (scenes, corel) if arguments.corel else (scenes,):
            task = make(arguments, seed)
            for way, methods in METHODS.items():
                for share in (0.0,) if way == FULL else arguments.shares:
                    for name, method in methods.items():
                        figures = trial(task, way, share, method, seed=seed, arguments=arguments)
                        yield {"data": task.name, "labels": way, "hidden": share, "loss": name, "seed": seed, **figures}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--shares", type=float, nargs="+", default=[0.5, 0.8], help="of labels that are hidden")
    parser.add_argument("--rates", type=float, nargs="+", default=[8e-3, 3.2e-2])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--backbone-pictures", type=int, default=2000)
    parser.add_argument("--backbone-epochs", type=int, default=6)
    parser.add_argument("--corel", help="data spec of Corel-5k")
    parser.add_argument("--weights", type=Path, help="of the frozen network for Corel-5k")
    parser.add_argument("--cache", type=Path, help="folder of its cached features")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    torch.set_num_threads(1)
    lines: list[str] = []
    for row in rows(arguments):
        lines.append(json.dumps(row))
        print(lines[-1], flush=True)
        places = ("out", "corel", "weights", "cache")
        used = {key: value for key, value in vars(arguments).items() if key not in places}
        about = {"machine": describe(), "settings": used, "processor_seconds": round(time.process_time())}
        # One line a row: a reader wants to compare rows.
        text = json.dumps(about, indent=1).removesuffix("\n}") + ',\n "rows": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
        arguments.out.write_text(text)


if __name__ == "__main__":
    main()
