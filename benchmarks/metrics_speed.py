"""Time all figures of 40,000 images and 80 labels (the size of MS-COCO's validation set) on one core.

scikit-learn's time for the mean average precision and the three F1 alone stands beside it; the figures must agree.
Times are of the processor, so that other load on the machine does not count.

    python benchmarks/metrics_speed.py --out benchmarks/results/metrics_speed.json
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, f1_score

from corelate.decisions.fixed import Fixed
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_scores
from machine import describe

IMAGES, LABELS = 40_000, 80
POSITIVE_SHARE = 2.9 / 80  # MS-COCO: 2.9 labels an image
ROUNDS = 5


def make_scores(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 scores and int8 targets."""
    rng = np.random.default_rng(seed)
    targets = (rng.random((IMAGES, LABELS)) < POSITIVE_SHARE).astype(np.int8)
    logits = rng.normal(-3, 1.5, targets.shape) + 4 * targets
    return (1 / (1 + np.exp(-logits))).astype(np.float32), targets


def seconds(function: Callable[[], Any], rounds: int = ROUNDS) -> tuple[list[float], Any]:
    """Return the processor time of each call, and the last result."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return times, result


def scikit_learn_f1(scores: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    predictions = scores >= 0.5
    averages = ("macro", "micro", "samples")
    return {f"{name}_f1": f1_score(targets, predictions, average=name, zero_division=0) for name in averages}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    parser.add_argument("--intervals", action="store_true", help="also time 1,000 resamples (about 20 seconds)")
    arguments = parser.parse_args()
    machine = describe()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    scores, targets = make_scores()
    decision = Fixed().for_labels(LABELS)
    ours, figures = seconds(lambda: evaluate_scores(scores, targets, decision))
    forced, _ = seconds(lambda: evaluate_scores(scores, targets, decision, (3, 5)))
    peer_map, expected_map = seconds(lambda: average_precision_score(targets, scores), 2)
    peer_f1, expected_f1 = seconds(lambda: scikit_learn_f1(scores, targets), 2)
    np.testing.assert_allclose(figures["map"], expected_map, rtol=0, atol=1e-12)
    for name, value in expected_f1.items():
        np.testing.assert_allclose(figures[name], value, rtol=0, atol=1e-12)
    report = {
        "machine": machine,
        "images": IMAGES,
        "labels": LABELS,
        "cores_used": 1,
        "all_figures_seconds": ours,
        "all_figures_with_top_3_and_5_seconds": forced,
        "scikit_learn_map_seconds": peer_map,
        "scikit_learn_three_f1_seconds": peer_f1,
        "ratio_of_map_and_f1_to_all_figures": (min(peer_map) + min(peer_f1)) / min(ours),
    }
    if arguments.intervals:
        options = IntervalOptions()
        report["intervals_seconds"], _ = seconds(lambda: evaluate_scores(scores, targets, decision, (), options), 1)
    print(f"all figures: {min(ours):.3f} s; with exactly 3 and 5 tags as well: {min(forced):.3f} s")
    print(f"scikit-learn: mAP alone {min(peer_map):.3f} s, the three F1 alone {min(peer_f1):.3f} s; same values")
    if arguments.intervals:
        print(f"all figures with 1,000 resamples: {report['intervals_seconds'][0]:.1f} s")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
