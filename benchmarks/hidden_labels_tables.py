"""Markdown tables from the results of `hidden_labels.py`.

python benchmarks/hidden_labels_tables.py benchmarks/results/hidden_labels.json [ap|auc|near|inside|map]
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

Values = dict[tuple[int, int], list[float]]


def short(value: float) -> str:
    # Adding zero turns a rounded -0.0 into 0.0.
    return f"{round(value, 2) + 0:.2f}".replace("0.", ".")


def spread(values: list[float]) -> str:
    return short(statistics.mean(values)) + (f" ± {short(statistics.stdev(values))}" if len(values) > 1 else "")


def line(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def gathered(rows: list[dict[str, Any]], figure: str) -> dict[str, Values]:
    """Return the figure of each seed by head and setting; differences stand under a name of their own."""
    values: dict[str, Values] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        setting = (row["pictures"], row["tagged"])
        if "against" not in row:
            values[row["head"]][setting].append(row["figures"][figure])
        elif figure == "ap":
            values[f"{row['head']} − {row['against']}"][setting].append(row["difference"])
    return values


def table(values: dict[str, Values], settings: list[tuple[int, int]], first: str) -> str:
    heads = [head for head in values if any(setting in values[head] for setting in settings)]
    lines = [line(first, [str(tagged) for _, tagged in settings]), "|---" * (len(settings) + 1) + "|"]
    for head in heads:
        lines.append(line(head, [spread(values[head][each]) if each in values[head] else "" for each in settings]))
    return "\n".join(lines)


def certain(rows: list[dict[str, Any]]) -> str:
    """Say in how many seeds the interval over the test pictures lies above and below zero."""
    intervals: dict[tuple[str, int, int], list[list[float]]] = defaultdict(list)
    for row in rows:
        if "against" in row:
            intervals[row["against"], row["pictures"], row["tagged"]].append(row["interval"])
    lines = []
    for (rival, pictures, tagged), ends in intervals.items():
        above, below = sum(low > 0 for low, _ in ends), sum(high < 0 for _, high in ends)
        lines.append(
            f"against {rival}, {tagged} of {pictures}: {above} above zero, {below} below, of {len(ends)} seeds"
        )
    return "\n".join(lines)


def main() -> None:
    rows = json.loads(Path(sys.argv[1]).read_text())["rows"]
    figure = sys.argv[2] if len(sys.argv) > 2 else "ap"
    values = gathered(rows, figure)
    settings = sorted({(row["pictures"], row["tagged"]) for row in rows})
    most = max(pictures for pictures, tagged in settings if tagged < pictures)
    print(table(values, [each for each in settings if each[0] == most], f"tagged of {most} pictures") + "\n")
    print(table(values, [each for each in settings if each[0] == each[1]], "pictures, all tagged") + "\n")
    if figure == "ap":
        print(certain(rows))


if __name__ == "__main__":
    main()
