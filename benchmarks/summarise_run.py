"""The figures of one finished run as a results file.

python benchmarks/summarise_run.py runs/NAME "MobileNetV2 224 px, fine-tuned" --out benchmarks/results/NAME.json
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

from machine import describe

RULES = ("fixed", "global_f", "per_label_f", "per_label_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("name")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    metrics = json.loads((arguments.run / "metrics.json").read_text())
    with (arguments.run / "training" / "log.csv").open(newline="") as file:
        log = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    row = {
        "name": arguments.name,
        "loss": "asymmetric",
        "protocol": metrics["protocol"],
        "chosen_on": metrics["chosen_on"],
        "training": metrics["training"],
        "map": metrics["rules"]["fixed"]["map"],
        "rules": {rule: metrics["rules"][rule] for rule in RULES},
        "seconds": metrics["seconds"],
        "epochs": log,
    }
    result = {"machine": describe(), "rows": [row]}
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
