"""Markdown tables from the results of `corel5k_frozen.py` and of a fine-tuned run.

python benchmarks/corel5k_tables.py benchmarks/results/corel5k-frozen.json [METRICS.json …]
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAMES = {"mobilenetv2_100": "MobileNetV2, frozen", "inception_v3": "Inception-v3 Mixed_7a, frozen"}


def spread(rows: list[dict[str, Any]], value: Callable[[dict[str, Any]], float], digits: int) -> str:
    values = [value(row) for row in rows]
    mean = f"{statistics.mean(values):.{digits}f}".removeprefix("0")
    if len(values) == 1:
        return mean
    return f"{mean} ± {statistics.stdev(values):.{digits}f}".replace(" 0.", " .")


def figures(rows: list[dict[str, Any]], rule: str) -> list[str]:
    def of(kind: str, key: str) -> str:
        return spread(rows, lambda row: row["rules"][rule][kind][key], 3)

    cells = [of(kind, key) for kind in ("overall", "per_class") for key in ("precision", "recall", "f1")]
    return [*cells, spread(rows, lambda row: row["rules"][rule]["n_plus"], 0)]


def table(groups: dict[tuple[str, str], list[dict[str, Any]]]) -> str:
    lines = [
        "| network | loss | rule | overall P | R | F1 | per-class P | R | F1 | N+ | mAP |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (network, loss), rows in groups.items():
        for rule in rows[0]["rules"]:
            cells = [network, loss, f"`{rule}`", *figures(rows, rule), spread(rows, lambda row: row["map"], 3)]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for path in map(Path, sys.argv[1:]):
        content = json.loads(path.read_text())
        for row in content["rows"]:
            groups[
                NAMES.get(row["backbone"], row["backbone"]) if "name" not in row else row["name"], row["loss"]
            ].append(row)
    print(table(groups))


if __name__ == "__main__":
    main()
