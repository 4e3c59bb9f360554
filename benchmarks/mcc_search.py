"""Search a threshold for each label by the MCC: ours against one scikit-learn call for each label and threshold.

The scores are random, with the size of Corel-5k's training set (4,500 images, 260 labels) and as uneven a frequency of
labels. Both searches must choose the same thresholds.
Times are of the processor, so that other load on the machine does not count.

    python benchmarks/mcc_search.py --out benchmarks/results/mcc_search.json
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import matthews_corrcoef

from corelate.decisions.mcc import MCC_GRID, mcc_exact, mcc_grid
from machine import describe

IMAGES, LABELS = 4500, 260
ROUNDS = 10


def make_scores(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return float32 scores and int8 targets of labels that are from nearly a quarter down to a thousandth frequent."""
    rng = np.random.default_rng(seed)
    frequency = 0.22 * np.arange(1, LABELS + 1) ** -0.9
    targets = (rng.random((IMAGES, LABELS)) < frequency).astype(np.int8)
    logits = rng.normal(np.log(frequency) - 0.5, 1.0, targets.shape) + targets * rng.normal(3, 1.5, targets.shape)
    return (1 / (1 + np.exp(-logits))).astype(np.float32), targets


def one_call_each(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Choose the first best threshold of each label with a scikit-learn call for each one."""
    chosen = np.empty(scores.shape[1])
    for label in range(scores.shape[1]):
        truth, column = targets[:, label], scores[:, label]
        coefficients = [matthews_corrcoef(truth, column >= np.float32(threshold)) for threshold in MCC_GRID]
        chosen[label] = MCC_GRID[int(np.argmax(coefficients))]
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    arguments = parser.parse_args()
    scores, targets = make_scores()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        expected = one_call_each(scores, targets)
        peer = time.process_time() - start
    ours, exact = [], []
    for _ in range(ROUNDS):
        start = time.process_time()
        thresholds = mcc_grid(scores, targets)
        ours.append(time.process_time() - start)
        start = time.process_time()
        mcc_exact(scores, targets)
        exact.append(time.process_time() - start)
    np.testing.assert_array_equal(thresholds, expected)
    report = {
        "machine": describe(),
        "images": IMAGES,
        "labels": LABELS,
        "thresholds": len(MCC_GRID),
        "labels_without_positives": int(np.count_nonzero(targets.sum(axis=0) == 0)),
        "equal_thresholds": True,
        "scikit_learn_seconds": peer,
        "ours_seconds": ours,
        "ours_exact_search_seconds": exact,
        "ratio_to_best": peer / min(ours),
        "ratio_to_median": peer / float(np.median(ours)),
    }
    print(f"one scikit-learn call for each label and threshold: {peer:.2f} s")
    print(f"ours: {1e3 * min(ours):.1f} ms, {report['ratio_to_best']:.0f} times as fast, same thresholds")
    print(f"ours over all thresholds that differ: {1e3 * min(exact):.1f} ms")
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
