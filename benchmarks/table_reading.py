"""Read a table of 1,000,000 pictures and 10,000 labels in each of its forms: time and peak memory.

Makes the table once as CSV, TSV, JSON Lines and Parquet with lists of about ten labels a picture; once as Parquet of
100,000 pictures with a column a label, in which one cell in a hundred is unknown; and once as JSON Lines with 25 labels
and 3 unknown ones a picture in any order, with splits and groups. Each is read by `load_annotations` in a process of
its own, on one core, and the labels are checked against those that were written. There are no picture
files: the tables are read with `labels_only`. Linux counts what a process inherits from its parent into its peak, so
this script stays small: the files are made in another process too.

    python benchmarks/table_reading.py --out benchmarks/results/table_reading.json
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PICTURES, LABELS = 1_000_000, 10_000
MOST_LABELS = 15  # of a picture; the fewest are 5
PICTURES_OF_MARKS = 100_000
PRESENT_SHARE, UNKNOWN_SHARE = 0.001, 0.01
HEAVY_PRESENT, HEAVY_UNKNOWN = 25, 3  # labels of each picture
GROUP = 100  # pictures
BLOCK = 10_000  # rows that are made together, and a row group of Parquet
ROUNDS = 2
KIB_PER_MIB = 1024
BOUNDS = {"seconds": 30.0, "peak_mib": 2.0 * 1024}
LISTS = ("lists.csv", "lists.tsv", "lists.jsonl", "lists.parquet")
MARKS = "marks.parquet"
HEAVY = "heavy.jsonl"


def label_names() -> list[str]:
    return [f"label number {number}" for number in range(LABELS)]


def picture_name(number: int) -> str:
    return f"album {number % 1000}/IMG_{number:07}.jpg"


def make(root: Path, pictures: int) -> None:
    """Write the tables and, for the check, the number of pictures that have each label."""
    make_lists(root, pictures)
    make_marks(root, min(pictures, PICTURES_OF_MARKS))
    make_heavy(root, pictures)


def make_lists(root: Path, pictures: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    counts = np.zeros(LABELS, dtype=np.int64)
    text = pa.string()
    schema = pa.schema({"path": text, "labels": pa.list_(text), "split": text})
    with (
        (root / "lists.csv").open("w", encoding="utf-8") as commas,
        (root / "lists.tsv").open("w", encoding="utf-8") as tabs,
        (root / "lists.jsonl").open("w", encoding="utf-8") as objects,
        pq.ParquetWriter(root / "lists.parquet", schema) as parquet,
    ):
        commas.write("path,labels,split\n")
        tabs.write("path\tlabels\tsplit\n")
        for block in label_blocks(pictures, counts):
            for path, labels, split in block:
                commas.write(f"{path},{';'.join(labels)},{split}\n")
                tabs.write(f"{path}\t{';'.join(labels)}\t{split}\n")
                objects.write(json.dumps({"path": path, "labels": labels, "split": split}) + "\n")
            parquet.write_table(pa.table(dict(zip(schema.names, zip(*block, strict=True), strict=True)), schema=schema))
    (root / "lists.json").write_text(json.dumps(counts.tolist()), encoding="utf-8")


def label_blocks(pictures: int, counts: Any) -> Iterator[list[tuple[str, list[str], str]]]:
    """Give rows in blocks, and count their labels."""
    import numpy as np

    generator, names = np.random.default_rng(0), label_names()
    for start in range(0, pictures, BLOCK):
        block = []
        for number in range(start, min(start + BLOCK, pictures)):
            # Drawn with repeats, which are taken away.
            labels = np.unique(generator.integers(LABELS, size=generator.integers(5, MOST_LABELS + 1)))
            counts[labels] += 1
            block.append((picture_name(number), [names[label] for label in labels], "test" if number % 5 else "train"))
        yield block


def make_marks(root: Path, pictures: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator, counts = np.random.default_rng(1), np.zeros(LABELS, dtype=np.int64)
    schema = pa.schema([("path", pa.string()), *((name, pa.int8()) for name in label_names())])
    with pq.ParquetWriter(root / MARKS, schema) as parquet:
        for start in range(0, pictures, BLOCK):
            count = min(BLOCK, pictures - start)
            columns = [pa.array([picture_name(number) for number in range(start, start + count)])]
            for label in range(LABELS):
                draws = generator.random(count, dtype=np.float32)
                marks = draws < PRESENT_SHARE
                counts[label] += marks.sum()
                columns.append(pa.array(marks.astype(np.int8), mask=draws > 1 - UNKNOWN_SHARE))
            parquet.write_table(pa.Table.from_arrays(columns, schema=schema))
    (root / "marks.json").write_text(json.dumps(counts.tolist()), encoding="utf-8")


def make_heavy(root: Path, pictures: int) -> None:
    import numpy as np

    generator, names = np.random.default_rng(2), np.array(label_names(), dtype=object)
    counts, order = np.zeros(LABELS, dtype=np.int64), generator.permutation(LABELS)
    each = HEAVY_PRESENT + HEAVY_UNKNOWN
    with (root / HEAVY).open("w", encoding="utf-8") as objects:
        for start in range(0, pictures, BLOCK):
            count = min(BLOCK, pictures - start)
            # Steps that are too short to come round make each picture's labels different ones.
            first, step = generator.integers(LABELS, size=(count, 1)), generator.integers(1, LABELS // each, (count, 1))
            labels = order[(first + step * np.arange(each)) % LABELS]
            counts += np.bincount(labels[:, :HEAVY_PRESENT].ravel(), minlength=LABELS)
            for number, row in enumerate(names[labels].tolist(), start):
                lists = {"labels": row[:HEAVY_PRESENT], "unknown": row[HEAVY_PRESENT:]}
                divisions = {"split": "test" if number % 5 else "train", "group": f"series {number // GROUP}"}
                objects.write(json.dumps({"path": picture_name(number)} | lists | divisions) + "\n")
    (root / "heavy.json").write_text(json.dumps(counts.tolist()), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    """Read the data set as any command would."""
    from corelate.data.spec import load_annotations

    annotations = load_annotations(f"table:{path}?labels_only=true", strict=True)
    counts = dict(zip(annotations.vocabulary, annotations.targets.label_counts().tolist(), strict=True))
    written = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if any(counts.get(name, 0) != count for name, count in zip(label_names(), written, strict=True)):
        raise SystemExit("the labels that were read are not those that were written")
    cells = len(annotations.targets.values)
    return {"pictures": len(annotations), "label_marks": sum(written), "unknown_cells": cells - sum(written)}


def run(path: Path) -> dict[str, Any]:
    """Read one file in a process of its own, on one core, and return what it took."""
    process = subprocess.Popen([sys.executable, __file__, "--read", str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"reading {path.name} ended with status {status}")
    return json.loads(output) | {"peak_mib": round(usage.ru_maxrss / KIB_PER_MIB, 1)}


def read_alone(path: Path) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    start, processor = time.perf_counter(), time.process_time()
    result = read(path)
    seconds = {"seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor}
    print(json.dumps(result | {name: round(value, 2) for name, value in seconds.items()}))


def measure(pictures: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        subprocess.run([sys.executable, __file__, "--make", str(root), "--pictures", str(pictures)], check=True)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
        files = {
            name: {
                "file_mb": round((root / name).stat().st_size / 1e6, 1),
                "runs": [run(root / name) for _ in range(ROUNDS)],
            }
            for name in (*LISTS, MARKS, HEAVY)
        }
    return {"measuring_process_mib": round(own, 1), "files": files}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=PICTURES, help="rows of the tables of lists")
    parser.add_argument("--json", action="store_true", help="print the raw figures")
    parser.add_argument("--out", type=Path, help="write the raw figures there, as JSON")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make(arguments.make, arguments.pictures)
        return
    if arguments.read:
        read_alone(arguments.read)
        return
    from machine import describe  # beside this script

    report = {"machine": describe(), "bounds": BOUNDS, **measure(arguments.pictures)}
    text = json.dumps(report, indent=2) + "\n"
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    print(text if arguments.json else table(report["files"]), end="")


def table(files: dict[str, Any]) -> str:
    bounds = f"{BOUNDS['seconds']:.0f} s, {BOUNDS['peak_mib']:.0f} MiB"
    lines = [f"{LABELS:,} labels; the worst of {ROUNDS} runs (bounds: {bounds})"]
    for name, figures in files.items():
        seconds, peak = (max(run[key] for run in figures["runs"]) for key in ("seconds", "peak_mib"))
        pictures = figures["runs"][0]["pictures"]
        lines.append(f"{name:14} {figures['file_mb']:6.0f} MB {pictures:9,} pictures: {seconds:5.1f} s {peak:6.0f} MiB")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
