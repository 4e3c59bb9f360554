"""Forward time of each head by the number of labels, beside its backbone's, on one thread.

    python benchmarks/head_speed.py --out benchmarks/results/head_speed.json

The heads have their default options and are in evaluation, as they are deployed; the map is that of Inception-v3 at
448 px (2,048 channels, 12 × 12 places). Times are per picture, the best of some rounds.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import build_graph
from corelate.labels.graph_options import GraphOptions
from corelate.models.annotator import build_head
from corelate.models.backbones import RANDOM, build_backbone
from corelate.models.heads import HEADS
from corelate.models.heads.base import HeadInputs
from machine import describe

BACKBONE, SIDE = "inception_v3", 448
LABELS = (80, 260, 1000, 10_000)
# Label sets of this many pictures make the graph; only how many edges a label has matters here.
PICTURES = 20_000
# Large enough to be fair to the matrix products, small enough for ten thousand labels.
BATCH = {10_000: 2}


def inputs(num_features: int, labels: int) -> HeadInputs:
    vocabulary = Vocabulary([f"label {number}" for number in range(labels)])
    generator = np.random.default_rng(0)
    present = (generator.pareto(1.0, (PICTURES, 6)) * 3).astype(np.int64).clip(max=labels - 1)
    counts = CooccurrenceCounts.from_targets(TargetMatrix.from_rows(present.tolist(), labels), vocabulary)
    vectors = generator.normal(size=(labels, 300)).astype(np.float32)
    graph = build_graph(counts, GraphOptions().settings())
    return HeadInputs(num_features, vocabulary, None, graph, LabelEmbeddings(vocabulary, vectors, "drawn"))


def seconds(module: nn.Module, batch: torch.Tensor) -> float:
    started = time.perf_counter()
    with torch.inference_mode():
        module(batch)
    return (time.perf_counter() - started) / len(batch)


def best(module: nn.Module, batch: torch.Tensor, rounds: int) -> float:
    seconds(module, batch)
    return min(seconds(module, batch) for _ in range(rounds))


def measure(rounds: int) -> dict[str, Any]:
    backbone, _, _ = build_backbone(BACKBONE, RANDOM, None, (SIDE, SIDE))
    backbone = backbone.to(memory_format=torch.channels_last)
    pixels = torch.randn(4, 3, SIDE, SIDE).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        feature_map = backbone(pixels[:1])
    times: dict[str, dict[str, float]] = {name: {} for name in HEADS.names}
    backbone_times = []
    for labels in LABELS:
        about = inputs(feature_map.shape[1], labels)
        backbone_times.append(best(backbone, pixels, 3))
        for name in HEADS.names:
            torch.manual_seed(0)
            head = build_head(name, {}, about).eval().deployed()
            batch = torch.rand(BATCH.get(labels, 8), *feature_map.shape[1:])
            times[name][str(labels)] = best(head, batch, rounds if labels < 10_000 else 2)
            print(f"{name}, {labels} labels: {1000 * times[name][str(labels)]:.2f} ms", flush=True)
    return {"map": list(feature_map.shape[1:]), "backbone_seconds": min(backbone_times), "head_seconds": times}


def table(result: dict[str, Any]) -> str:
    backbone = result["backbone_seconds"]
    lines = [
        f"| head | {' | '.join(f'{labels:,}' for labels in LABELS)} | share of the backbone at 260 |",
        "|---|---|---|---|---|---|",
    ]
    for name, times in result["head_seconds"].items():
        cells = [f"{1000 * times[str(labels)]:.1f}" for labels in LABELS]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {100 * times['260'] / backbone:.1f} % |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    result = measure(arguments.rounds)
    print(f"{BACKBONE} at {SIDE} px: {1000 * result['backbone_seconds']:.0f} ms a picture")
    print(table(result))
    arguments.out.write_text(json.dumps({"machine": describe(), **result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
