"""Markdown table from the results of `augmentation.py`.

python benchmarks/augmentation_tables.py benchmarks/results/augmentation.json
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

FIGURES = {"map": "mAP", "overall_f1": "overall F1", "per_class_f1": "per-class F1", "n_plus": "N+"}


def spread(values: list[float], digits: int = 3) -> str:
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.{digits}f}"
    return text.replace("0.", ".")


def table(results: dict[str, Any]) -> str:
    """Return a row for each arm: mean and deviation over seeds, and the differences in mAP with their intervals."""
    compared = {(each["arm"], each["against"]): each for each in results["differences"] if each["figure"] == "map"}
    bases = list(dict.fromkeys(base for _, base in compared))
    titles = ["arm", "learning rate", "steps", *FIGURES.values(), *(f"mAP against {base}, points" for base in bases)]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for arm in results["chosen_on_validation"]:
        own = [each for each in results["rows"] if each["arm"] == arm]
        cells = [arm, f"{own[0]['learning_rate']:g}", str(own[0]["steps"])]
        cells += [spread([each["figures"][name] for each in own], 0 if name == "n_plus" else 3) for name in FIGURES]
        cells += [difference(compared[arm, base]) if (arm, base) in compared else "" for base in bases]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def difference(found: dict[str, Any]) -> str:
    """Return the mean over seeds in points, its interval over the test pictures, and how many seeds are above 0."""
    low, high = (100 * end for end in found["interval"])
    each = found["of_each_seed"]
    above = sum(value > 0 for value in each)
    return f"{100 * found['difference']:+.1f} ({low:+.1f} to {high:+.1f}; {above}/{len(each)})"


def main() -> None:
    print(table(json.loads(Path(sys.argv[1]).read_text())))


if __name__ == "__main__":
    main()
