"""Frozen backbones on Corel-5k: two networks, four losses, some seeds.

    python benchmarks/corel5k_frozen.py --data corel5k:corel5k.zip --weights FOLDER --runs runs/frozen \
        --out benchmarks/results/corel5k-frozen.json

FOLDER holds the two weights files that the recipes name. A run that is finished is not run again, so the script can be
stopped and started. Features are computed once and cached; delete the cache to time them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from corelate.training.finished import FinishedRun
from corelate.training.recipe import Recipe, read_recipe
from corelate.training.run import resume, train
from machine import describe

RECIPES = Path(__file__).parents[1] / "recipes"
NETWORKS = ("mobilenetv2", "inception")
LOSSES = ("bce", "focal", "asymmetric", "lsep")
RULES = ("fixed", "global_f", "per_label_f", "per_label_mcc")


def recipe_for(network: str, loss: str, seed: int, arguments: argparse.Namespace) -> Recipe:
    values = read_recipe(RECIPES / f"corel5k-{network}-frozen.toml")
    values["data"]["spec"] = arguments.data
    values["model"]["weights"] = str(arguments.weights / values["model"]["weights"])
    values["loss"] = {"name": loss}
    values["run"]["seed"] = seed
    values["run"]["threads"] = arguments.threads
    return Recipe.from_values(values)


def summary(path: Path) -> dict[str, Any]:
    run = FinishedRun.open(path)
    metrics, recipe = run.metrics, run.recipe
    figures = {}
    for rule in RULES:
        report = metrics["rules"][rule]
        figures[rule] = {
            "overall": report["overall"],
            "per_class": report["per_class"],
            "n_plus": report["n_plus"],
        }
    # One of the trainings only: the last one, on all pictures.
    log = (path / "training" / "log.csv").read_text().splitlines()
    return {
        "run": path.name,
        "backbone": recipe.model.backbone,
        "layer": recipe.model.layer,
        "loss": recipe.loss.name,
        "seed": recipe.run.seed,
        "protocol": metrics["protocol"],
        "chosen_on": metrics["chosen_on"],
        "epochs": len(log) - 1,
        "map": metrics["rules"]["fixed"]["map"],
        "rules": figures,
        "seconds": metrics["seconds"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = []
    for seed in arguments.seeds:
        for network in NETWORKS:
            for loss in LOSSES:
                path = arguments.runs / f"{network}-{loss}-{seed}"
                if (path / "recipe.toml").exists():
                    resume(path)
                else:
                    train(recipe_for(network, loss, seed, arguments), path)
                rows.append(summary(path))
                figures = rows[-1]["rules"]["per_label_f"]
                print(
                    f"{path.name}: per_label_f overall F1 {figures['overall']['f1']:.3f}, N+ {figures['n_plus']}, "
                    f"mAP {rows[-1]['map']:.3f}, {rows[-1]['seconds']}",
                    flush=True,
                )
                arguments.out.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
