"""Time and peak memory of counting labels and building their graph, for data sets up to a million pictures.

Random targets with about 8 labels a picture whose frequencies fall as 1/rank. Each measurement is a process of its own
that reads the targets, counts pairs and builds the graph of every preset; its peak resident memory includes Python,
NumPy, SciPy and the targets. Linux counts what a process inherits from its parent into its peak, so this script stays
small. The same counts as a product of dense matrices stand beside the smaller size.

    python benchmarks/graph_speed.py --out benchmarks/results/graph_speed.json
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = ((100_000, 1_000), (1_000_000, 10_000))
DENSE_UP_TO = 1_000
LABELS_A_PICTURE = 8
KIB_PER_MIB = 1024


def make_targets(path: Path, pictures: int, labels: int) -> None:
    """Write random targets; a label drawn twice for a picture counts once."""
    import numpy as np

    generator = np.random.default_rng(0)
    shares = 1 / np.arange(1, labels + 1)
    drawn = generator.poisson(LABELS_A_PICTURE, pictures)
    columns = np.searchsorted(np.cumsum(shares) / shares.sum(), generator.random(drawn.sum()))
    cells = np.unique(np.repeat(np.arange(pictures), drawn) * labels + np.minimum(columns, labels - 1))
    lengths = np.bincount(cells // labels, minlength=pictures)
    row_starts = np.concatenate([[0], np.cumsum(lengths)])
    np.savez(path, row_starts=row_starts, columns=(cells % labels).astype(np.int32))


def measure(path: Path, labels: int) -> dict[str, Any]:
    """Count and build the graphs, in a process that does nothing else."""
    import numpy as np

    from corelate.data.targets import TargetMatrix
    from corelate.data.vocabulary import Vocabulary
    from corelate.labels.cooccurrence import CooccurrenceCounts
    from corelate.labels.graph import PRESETS, build_graph

    with np.load(path) as arrays:
        columns = arrays["columns"]
        targets = TargetMatrix(arrays["row_starts"], columns, np.ones(len(columns), np.int8), labels)
    vocabulary = Vocabulary(f"label {column}" for column in range(labels))
    before = peak_mib()
    counts_seconds, counts = timed(lambda: CooccurrenceCounts.from_targets(targets, vocabulary))
    after_counts = peak_mib()
    graphs = {}
    for name, settings in PRESETS.items():
        seconds, graph = timed(lambda settings=settings: build_graph(counts, settings))
        graphs[name] = {"seconds": seconds, "edges_and_loops": graph.edges}
    return {
        "pictures": len(targets),
        "labels": labels,
        "label_marks": len(columns),
        "pairs": counts.pairs.nnz // 2,
        "counts_seconds": counts_seconds,
        "graphs": graphs,
        "counts_and_slowest_graph_seconds": counts_seconds + max(each["seconds"] for each in graphs.values()),
        "peak_mib_before": before,
        "peak_mib_after_counts": after_counts,
        "peak_mib": peak_mib(),
    }


def measure_dense(path: Path, labels: int) -> dict[str, Any]:
    """Count pairs by the product of dense float32 matrices."""
    import numpy as np

    with np.load(path) as arrays:
        columns, row_starts = arrays["columns"], arrays["row_starts"]
    dense = np.zeros((len(row_starts) - 1, labels), np.float32)
    dense[np.repeat(np.arange(len(dense)), np.diff(row_starts)), columns] = 1
    seconds, _ = timed(lambda: dense.T @ dense)
    return {"pictures": len(dense), "labels": labels, "counts_seconds": seconds, "peak_mib": peak_mib()}


def timed(function: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function()
    return round(time.perf_counter() - start, 4), result


def peak_mib() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB, 1)


def run_all() -> dict[str, Any]:
    figures: dict[str, Any] = {"sparse": [], "dense": []}
    with tempfile.TemporaryDirectory() as folder:
        for pictures, labels in SIZES:
            path = Path(folder) / f"{pictures}.npz"
            call("make", path, pictures, labels)
            figures["sparse"].append(json.loads(call("measure", path, pictures, labels)))
            if labels <= DENSE_UP_TO:
                figures["dense"].append(json.loads(call("dense", path, pictures, labels)))
    return figures


def call(task: str, path: Path, pictures: int, labels: int) -> str:
    command = [sys.executable, __file__, "--task", task, str(path), str(pictures), str(labels)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def do(task: str, path: Path, pictures: int, labels: int) -> None:
    if task == "make":
        make_targets(path, pictures, labels)
    else:
        print(json.dumps(measure(path, labels) if task == "measure" else measure_dense(path, labels)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the raw figures there, as JSON")
    parser.add_argument("--task", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.task:
        task, path, pictures, labels = arguments.task
        do(task, Path(path), int(pictures), int(labels))
        return
    figures = run_all()
    for name, runs in figures.items():
        for run in runs:
            seconds = run.get("counts_and_slowest_graph_seconds", run["counts_seconds"])
            print(
                f"{name}: {run['pictures']:,} × {run['labels']:,}: {seconds:.2f} s, {run['peak_mib']:.0f} MiB at most"
            )
    if arguments.out:
        from machine import describe  # beside this script

        text = json.dumps({"machine": describe(), **figures}, indent=1)
        arguments.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
