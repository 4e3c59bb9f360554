"""Divide the labels of public data sets into five folds: seconds, and how even the folds are beside random ones.

    python benchmarks/stratification.py --data iaprtc12:FOLDER espgame:FOLDER corel5k:corel5k.zip \
        --out benchmarks/results/stratification.json

Each data set is divided by five seeds, whole and its test pictures alone (a tenth of it, with many rare labels), and by
fifty random divisions. The error of a label is given in two ways: LD, the measure of the paper, and in pictures (mean
over the folds of how far its count is from a fifth of the label's pictures). Beside it stands what the most even
division has: a label with 7 pictures can't be even over 5 folds. A set of made labels shows time and memory at a
million pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from corelate.data.annotation_set import AnnotationSet
from corelate.data.division_quality import RARE, counts_in_parts, even_counts, measure_division
from corelate.data.spec import load_annotations
from corelate.data.splits import folds
from corelate.data.stratification import stratified_folds
from corelate.data.stratification.iterative import Ties, assign_iteratively
from corelate.data.stratification.units import Units
from corelate.data.targets import PRESENT, TargetMatrix
from corelate.data.vocabulary import Vocabulary
from machine import describe

K = 5
SEEDS, RANDOM_SEEDS = 5, 50
BOUND_SECONDS, BOUND_RATIO = 20.0, 5.0
MADE = {"118,000 × 80": (118_000, 80, 3), "1,000,000 × 10,000": (1_000_000, 10_000, 10)}
KIB_PER_MIB = 1024


def held_out(divisions: list[Any]) -> list[np.ndarray]:
    return [division.held_out for division in divisions]


def published(pictures: AnnotationSet, seed: int) -> list[np.ndarray]:
    """The published algorithm without the evening out after it."""
    units = Units.from_pictures(pictures)
    ties = Ties.draw(len(units), units.label_count, seed)
    part_of = assign_iteratively(units, np.ones(K, dtype=np.int64), ties)[units.unit_of]
    return [np.flatnonzero(part_of == part) for part in range(K)]


METHODS = {
    "random": (lambda pictures, seed: held_out(folds(pictures, K, seed)), RANDOM_SEEDS),
    "published": (published, SEEDS),
    "stratified": (lambda pictures, seed: held_out(stratified_folds(pictures, K, seed)), SEEDS),
}


def figures(pictures: AnnotationSet, parts: list[np.ndarray]) -> dict[str, Any]:
    """Return the measures of one division."""
    quality = measure_division(pictures.targets, parts, [1 / K] * K)
    counts = counts_in_parts(pictures.targets, parts)
    totals = counts.sum(axis=1)
    off = in_pictures(counts)
    return {
        "label_error": quality.label_error,
        "rare_label_error": quality.rare_label_error,
        "pictures_off": float(off[totals > 0].mean()),
        "rare_pictures_off": mean_or_none(off[(totals > 0) & (totals <= RARE)]),
        "examples_error": quality.examples_error,
        "pairs_without": quality.pairs_without,
    }


def in_pictures(counts: np.ndarray) -> np.ndarray:
    return np.abs(counts - counts.sum(axis=1, keepdims=True) / K).mean(axis=1)


def mean_or_none(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def at_best(pictures: AnnotationSet) -> dict[str, Any]:
    """Return the measures if each label were divided as evenly as whole pictures allow."""
    totals = pictures.targets.label_counts()
    quality = measure_division(pictures.targets, held_out(folds(pictures, K, 0)), [1 / K] * K)
    off = in_pictures(even_counts(totals, np.full(K, 1 / K)))
    return {
        "label_error": quality.least_label_error,
        "rare_label_error": quality.least_rare_label_error,
        "pictures_off": float(off[totals > 0].mean()),
        "rare_pictures_off": mean_or_none(off[(totals > 0) & (totals <= RARE)]),
        "pairs_without": quality.least_pairs_without,
    }


def mean_of(reports: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: None if reports[0][key] is None else fmean(report[key] for report in reports) for key in reports[0]}


def measure(pictures: AnnotationSet) -> dict[str, Any]:
    """Return seconds, and the measures of each method, averaged over its seeds."""
    totals = pictures.targets.label_counts()
    result: dict[str, Any] = {
        "pictures": len(pictures),
        "labels": int((totals > 0).sum()),
        "rare_labels": int(((totals > 0) & (totals <= RARE)).sum()),
        "at_best": at_best(pictures),
    }
    for name, (method, seeds) in METHODS.items():
        reports, seconds = [], []
        for seed in range(seeds):
            start = time.perf_counter()
            parts = method(pictures, seed)
            seconds.append(time.perf_counter() - start)
            reports.append(figures(pictures, parts))
        result[name] = mean_of(reports) | {"worst_seconds": max(seconds)}
    result["ratios"] = {key: ratios(result, key) for key in ("label_error", "rare_label_error")}
    return result


def ratios(result: dict[str, Any], key: str) -> dict[str, float | None] | None:
    """Return how many times the error of random divisions is that of stratified ones.

    ``all`` compares the errors themselves; ``avoidable`` what they are above the most even division (None: nothing is);
    ``possible`` is the most that ``all`` could be.
    """
    least, chance, ours = (result[name][key] for name in ("at_best", "random", "stratified"))
    if least is None:
        return None
    avoidable = ours - least
    return {
        "all": chance / ours if ours else None,
        "possible": chance / least if least else None,
        "avoidable": (chance - least) / avoidable if avoidable > 0 else None,
    }


def made_labels(count: int, labels: int, each: int) -> AnnotationSet:
    """Return pictures with labels whose frequencies fall as 1/rank."""
    generator = np.random.default_rng(0)
    chances = 1 / np.arange(1, labels + 1)
    columns = np.sort(generator.choice(labels, (count, each), p=chances / chances.sum()), axis=1)
    first = np.ones(columns.shape, dtype=bool)
    first[:, 1:] = columns[:, 1:] != columns[:, :-1]
    starts = np.concatenate([[0], np.cumsum(first.sum(axis=1))])
    cells = columns[first].astype(np.int32)
    targets = TargetMatrix(starts, cells, np.full(len(cells), PRESENT, dtype=np.int8), labels)
    return AnnotationSet(range(count), Vocabulary(map(str, range(labels))), targets)  # type: ignore[arg-type]


def work_alone(name: str) -> None:
    pictures = made_labels(*MADE[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    start = time.perf_counter()
    divisions = stratified_folds(pictures, K, 0)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    report = {"seconds": seconds, "peak_mib": peak, "before_mib": before, **figures(pictures, held_out(divisions))}
    print(json.dumps(report | {"at_best": at_best(pictures)}))


def run_made(name: str) -> dict[str, Any]:
    """Divide made labels in a process of its own, for its memory."""
    command = [sys.executable, __file__, "--work", name]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def shown(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def print_row(name: str, result: dict[str, Any]) -> None:
    ours, chance, best = result["stratified"], result["random"], result["at_best"]
    print(f"{name}: {result['pictures']} pictures, {result['labels']} labels; {ours['worst_seconds']:.2f} s")
    for key, label in (("label_error", "all labels"), ("rare_label_error", f"{result['rare_labels']} with ≤ {RARE}")):
        if result["ratios"][key] is None:
            continue
        ratio = result["ratios"][key]
        print(
            f"  LD × 1000, {label}: random {1000 * chance[key]:.3f}, published {1000 * result['published'][key]:.3f}, "
            f"ours {1000 * ours[key]:.3f}, at best {1000 * best[key]:.3f}; ratio {shown(ratio['all'])} "
            f"(possible {shown(ratio['possible'])}), of what is avoidable {shown(ratio['avoidable'])}"
        )
    print(
        f"  pairs without a picture: random {chance['pairs_without']:.1f}, published "
        f"{result['published']['pairs_without']:.1f}, ours {ours['pairs_without']:.1f}, at best {best['pairs_without']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=[], metavar="SPEC", help="data sets with splits, of any format")
    parser.add_argument("--out", type=Path, help="write the raw figures there, as JSON")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    if arguments.work:
        work_alone(arguments.work)
        return
    results = {}
    for spec in arguments.data:
        annotations = load_annotations(spec)
        name = spec.partition(":")[0]
        for part, pictures in ((name, annotations), (f"{name}, test pictures", annotations.split("test"))):
            results[part] = measure(pictures)
            print_row(part, results[part])
    made = {name: run_made(name) for name in MADE}
    for name, report in made.items():
        off, best = report["pictures_off"], report["at_best"]["pictures_off"]
        memory = f"{report['peak_mib']:.0f} MiB at most ({report['before_mib']:.0f} before)"
        print(f"{name}: {report['seconds']:.1f} s, {memory}; off by {off:.3f} pictures on average, at best {best:.3f}")
    if arguments.out:
        bounds = {"seconds": BOUND_SECONDS, "ratio": BOUND_RATIO}
        report = {"machine": describe(), "bounds": bounds, "folds": K, "data": results, "made": made}
        arguments.out.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
