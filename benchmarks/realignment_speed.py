"""Time of the re-ordering of labels by MLA and PLA for one batch, on one thread.

    python benchmarks/realignment_speed.py --out benchmarks/results/realignment_speed.json

`arrange` alone is timed: picking the costs out of the decoder's log-probabilities, the assignment, and putting the
labels into their new order. Label sets are as long as those of Corel-5k; half of the decoder's guesses are labels of
the picture, so that PLA has both to place and to assign.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from corelate.losses.build import build_sequence_loss
from corelate.losses.sequence_loss import SequenceLoss
from machine import describe

PICTURES, LABELS, STEPS = 32, 260, 8
# How many of Corel-5k's training pictures have 0, 1, … 5 labels.
LENGTHS = np.array([7, 68, 485, 1587, 2341, 12])
LOSSES: dict[str, tuple[str, dict[str, Any]]] = {
    "mla": ("mla", {}),
    "pla": ("pla", {}),
    'pla, late_hits="keep"': ("pla", {"late_hits": "keep"}),
}


def batch(seed: int) -> tuple[Tensor, Tensor]:
    generator = np.random.default_rng(seed)
    sequences = np.full((PICTURES, STEPS), LABELS)
    logits = generator.normal(size=(PICTURES, STEPS, LABELS + 1)).astype(np.float32)
    for row, count in enumerate(generator.choice(len(LENGTHS), PICTURES, p=LENGTHS / LENGTHS.sum())):
        sequences[row, :count] = generator.choice(LABELS, count, replace=False)
        for step in np.flatnonzero(generator.random(STEPS) < 0.5):
            logits[row, step, generator.choice(sequences[row])] += 8
    return torch.from_numpy(logits).log_softmax(2), torch.from_numpy(sequences)


def milliseconds(loss: SequenceLoss, batches: list[tuple[Tensor, Tensor]]) -> list[float]:
    times = []
    for log_probabilities, sequences in batches:
        started = time.perf_counter()
        loss.arrange(log_probabilities, sequences)
        times.append((time.perf_counter() - started) * 1e3)
    return times


def measure(rounds: int) -> dict[str, dict[str, float]]:
    batches = [batch(seed) for seed in range(rounds)]
    results = {}
    for name, (registered, options) in LOSSES.items():
        loss = build_sequence_loss(registered, **options)
        milliseconds(loss, batches[:10])
        times = milliseconds(loss, batches)
        results[name] = {
            "median_ms": statistics.median(times),
            "best_ms": min(times),
            "95th_percentile_ms": float(np.percentile(times, 95)),
        }
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300, help="batches, all different")
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = measure(arguments.rounds)
    for name, figures in results.items():
        print(
            "{:22} {median_ms:.3f} ms a batch, best {best_ms:.3f}, 95 % {95th_percentile_ms:.3f}".format(
                name, **figures
            )
        )
    if arguments.out:
        shape = {"pictures": PICTURES, "labels": LABELS, "steps": STEPS, "rounds": arguments.rounds}
        report = {"machine": describe(), **shape, "arrange": results}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
