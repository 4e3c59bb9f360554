"""How long the report of a large run takes, and how large its page is.

Makes a data set of many small pictures (hard links to a few drawn scenes) with made-up labels, trains a tiny network on
few of them, measures on all others, and then times `corelate report` as a user would run it:

    python benchmarks/report_speed.py --pictures 40000 --labels 80 FOLDER
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from corelate.data.scenes.writing import write_scenes
from machine import describe

TAUGHT = 300
DRAWN = 200


def write_data(folder: Path, pictures: int, labels: int) -> Path:
    """Write pictures and their table; a label's frequency falls with its number."""
    write_scenes(folder / "drawn", DRAWN, seed=1, size=96)
    drawn = sorted((folder / "drawn").rglob("*.png"))
    (folder / "pictures").mkdir()
    random = np.random.default_rng(1)
    chance = 0.3 / np.arange(1, labels + 1) ** 0.7
    lines = ["path\tsplit\tlabels"]
    for number in range(TAUGHT + pictures):
        place = folder / "pictures" / f"{number:06d}.png"
        place.hardlink_to(drawn[number % DRAWN])
        present = np.flatnonzero(random.random(labels) < chance)
        names = ";".join(f"label {column}" for column in present)
        lines.append(f"pictures/{place.name}\t{'train' if number < TAUGHT else 'test'}\t{names}")
    table = folder / "labels.tsv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


def train(table: Path, out: Path) -> None:
    """Train one epoch of a tiny network, and score all other pictures with it."""
    options = ["--backbone", "test_resnet", "--weights", "none", "--image-size", "32", "--epochs", "1", "--no-report"]
    normal = ["--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5", "--out", str(out)]
    command = [sys.executable, "-m", "corelate", "train", "--data", f"table:{table}"]
    subprocess.run([*command, *options, *normal], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where all that is made is kept; a run found there is used again")
    parser.add_argument("--pictures", type=int, default=40_000)
    parser.add_argument("--labels", type=int, default=80)
    options = parser.parse_args()
    run = options.folder / "run"
    if not (run / "metrics.json").exists():
        options.folder.mkdir(parents=True, exist_ok=True)
        train(write_data(options.folder, options.pictures, options.labels), run)
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "corelate", "report", str(run)], check=True)
    seconds = time.monotonic() - started
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found = {
        "pictures": options.pictures,
        "labels": options.labels,
        "seconds": round(seconds, 1),
        "page_megabytes": round((run / "report.html").stat().st_size / 1e6, 2),
        "peak_megabytes": round(memory / 1024),
        "machine": describe(),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
