"""Every head on the same frozen feature maps of Corel-5k, the same folds and seeds, compared with the linear head.

    python benchmarks/corel5k_heads.py --data corel5k:corel5k.zip --weights FOLDER --runs runs/heads \
        --heads linear csra --seeds 1 2 3
    python benchmarks/corel5k_heads.py --runs runs/heads --out benchmarks/results/corel5k-heads.json

The first form trains what is not there yet: one row for each recipe ``corel5k-inception-HEAD.toml``, with the same
folds for all heads of a seed; several processes may train different heads at once. The second form reads the finished
runs, compares each head with the linear one of the same seed by a paired bootstrap over the test pictures, and prints
the table.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np

from corelate.metrics.bootstrap import IntervalOptions, paired_difference
from corelate.training.finished import FinishedRun
from corelate.training.recipe import Recipe, read_recipe
from corelate.training.run import resume, train
from machine import describe

RECIPES = Path(__file__).parents[1] / "recipes"
BASE_LINE = "linear"
FILES = {BASE_LINE: "frozen"}
RULES = ("global_f", "per_label_f", "per_label_mcc")
FIGURES = (("overall", "f1"), ("per_class", "f1"))


def recipe_for(head: str, seed: int, arguments: argparse.Namespace) -> Recipe:
    values = read_recipe(RECIPES / f"corel5k-inception-{FILES.get(head, head.replace('_', '-'))}.toml")
    values["data"] |= {"spec": arguments.data, "folds": arguments.folds}
    values["model"]["weights"] = str(arguments.weights / values["model"]["weights"])
    values["run"] |= {"seed": seed, "threads": arguments.threads}
    return Recipe.from_values(values)


def train_all(arguments: argparse.Namespace) -> None:
    for seed in arguments.seeds:
        for head in arguments.heads:
            path = arguments.runs / f"{head}-{seed}"
            if (path / "recipe.toml").exists():
                metrics = resume(path)
            else:
                metrics = train(recipe_for(head, seed, arguments), path)
            print(f"{path.name}: mAP {metrics['rules']['fixed']['map']:.4f}, {metrics['seconds']}", flush=True)


def row(path: Path, base: Path) -> dict[str, Any]:
    run = FinishedRun.open(path)
    metrics, recipe = run.metrics, run.recipe
    return {
        "head": recipe.head.name,
        "options": recipe.to_values()["head"],
        "seed": recipe.run.seed,
        "folds": recipe.data.folds,
        "chosen_on": metrics["chosen_on"],
        "epochs": metrics["training"]["epochs"],
        "map": metrics["rules"]["fixed"]["map"],
        "rules": {rule: figures(metrics["rules"][rule]) for rule in RULES},
        "against_linear": {rule: against(run, FinishedRun.open(base), rule) for rule in RULES},
        "seconds": metrics["seconds"],
    }


def figures(report: dict[str, Any]) -> dict[str, Any]:
    return {key: report[key] for key in ("overall", "per_class", "n_plus")}


def against(run: FinishedRun, base: FinishedRun, rule: str) -> dict[str, Any]:
    ours, theirs = run.scores(), base.scores()
    assert ours.names == theirs.names and np.array_equal(ours.targets, theirs.targets)
    labels = ours.targets.shape[1]
    result = paired_difference(
        ours.scores,
        theirs.scores,
        ours.targets,
        run.decisions(labels)[rule],
        base.decisions(labels)[rule],
        options=IntervalOptions(resamples=1000),
    )
    kept = {f"{group}.{key}": result[group][key] for group, key in FIGURES}
    return {**kept, "n_plus": result["n_plus"], "map": result["map"]}


def spread(values: list[float], digits: int = 3) -> str:
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.{digits}f}"
    return text.replace("0.", ".")


def compared(rows: list[dict[str, Any]], rule: str, figure: str) -> str:
    """Return the mean difference in points, and in how many seeds its interval keeps clear of zero."""
    found = [row["against_linear"][rule][figure] for row in rows]
    mean = 100 * statistics.mean(item["difference"] for item in found)
    clear = sum(item["interval"][0] > 0 or item["interval"][1] < 0 for item in found)
    return f"{mean:+.1f} ({clear}/{len(found)})"


def table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| head | mAP | against linear | overall F1 (`global_f`) | per-class F1 (`per_label_mcc`) | against linear "
        "| N+ (`per_label_mcc`) | seconds a run |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for head in dict.fromkeys(row["head"] for row in rows):
        own = [row for row in rows if row["head"] == head]
        cells = [
            f"`{head}`",
            spread([row["map"] for row in own]),
            compared(own, "global_f", "map"),
            spread([row["rules"]["global_f"]["overall"]["f1"] for row in own]),
            spread([row["rules"]["per_label_mcc"]["per_class"]["f1"] for row in own]),
            compared(own, "per_label_mcc", "per_class.f1"),
            spread([row["rules"]["per_label_mcc"]["n_plus"] for row in own], 0),
            f"{statistics.mean(row['seconds']['training'] for row in own):.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--heads", nargs="+", default=[BASE_LINE])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.data:
        train_all(arguments)
    if arguments.out:
        finished = sorted(path.parent for path in arguments.runs.glob("*/metrics.json"))
        rows = [row(path, path.with_name(f"{BASE_LINE}-{path.name.rpartition('-')[2]}")) for path in finished]
        rows.sort(key=lambda row: (row["head"] != BASE_LINE, row["head"], row["seed"]))
        arguments.out.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n")
        print(table(rows))


if __name__ == "__main__":
    main()
