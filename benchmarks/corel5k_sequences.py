"""Sequence heads on frozen features of Corel-5k: the published rows, the order of the labels, and the beam's width.

    python benchmarks/corel5k_sequences.py --data corel5k:corel5k.zip --weights FOLDER --runs runs/sequences \
        --rows ria sr_cnn_rnn attention mla --seeds 1 2 3
    python benchmarks/corel5k_sequences.py --runs runs/sequences --out benchmarks/results/corel5k-sequences.json

The first form trains what is not there yet; several processes may train different rows at once. Then, or with a run
that is there already, it scores validation and test pictures with each width and keeps the figures beside the run. The
second form collects them and prints the tables.

For each width: the tags of the best sequence (``found``), and the labels' chances with rules fitted on the validation
pictures, which were scored with the same width.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric

from corelate.data.spec import load_annotations
from corelate.decisions.fixed import Fixed
from corelate.files import write_json
from corelate.metrics.report import evaluate_scores
from corelate.models.heads.sequence_head import SequenceHead
from corelate.models.sequences.beam_search import Found
from corelate.models.sequences.label_scores import SCORES, label_scores
from corelate.training.feature_cache import CachedFeatures
from corelate.training.finished import FinishedRun
from corelate.training.frozen import FrozenBackbone
from corelate.training.measuring import fit_rules
from corelate.training.preparation import Parts, build_network, divide
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe, read_recipe
from corelate.training.run import resume, train
from machine import describe

RECIPES = Path(__file__).parents[1] / "recipes"
WIDTHS = (1, 3, 10)
RULES = ("global_f", "per_label_f", "per_label_mcc")
BATCH = 64
# Recipe and what differs from it.
ROWS: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "linear": ("frozen", {"data": {"folds": 0, "validation": 0.1}}),
    "ria": ("ria", {}),
    "ria_frequent": ("ria", {"head": {"order": "frequent_first"}}),
    "ria_given": ("ria", {"head": {"order": "given"}}),
    "ria_mla": ("ria", {"loss": {"name": "mla"}}),
    "ria_pla": ("ria", {"loss": {"name": "pla"}}),
    "sr_cnn_rnn": ("sr-cnn-rnn", {}),
    "sr_cnn_rnn_joint": ("sr-cnn-rnn", {"head": {"pretraining": 0.0}}),
    "attention": ("attention-rnn", {}),
    "attention_frequent": ("attention-rnn", {"head": {"order": "frequent_first"}}),
    "mla": ("attention-rnn-mla", {}),
    "pla": ("attention-rnn-mla", {"loss": {"name": "pla"}}),
}


def recipe_for(row: str, seed: int, arguments: argparse.Namespace) -> Recipe:
    file, changes = ROWS[row]
    values = read_recipe(RECIPES / f"corel5k-inception-{file}.toml")
    for section, content in changes.items():
        values[section] = {**values.get(section, {}), **content}
    values["data"]["spec"] = arguments.data
    values["model"]["weights"] = str(arguments.weights / values["model"]["weights"])
    values["run"] |= {"seed": seed, "threads": arguments.threads}
    if arguments.cache:
        values["run"]["cache"] = arguments.cache
    return Recipe.from_values(values)


def train_and_score(arguments: argparse.Namespace) -> None:
    for seed in arguments.seeds:
        for row in arguments.rows:
            path = arguments.runs / f"{row}-{seed}"
            metrics = resume(path) if (path / "recipe.toml").exists() else train(recipe_for(row, seed, arguments), path)
            if not (path / "widths.json").exists():
                write_json(path / "widths.json", scored(FinishedRun.open(path)))
            print(f"{path.name}: {metrics['seconds']}", flush=True)


def scored(run: FinishedRun) -> dict[str, Any]:
    """Return the figures of a run for each width of the search; a head without a search has its own alone."""
    head = run.annotator().head
    if not isinstance(head, SequenceHead):
        rules = run.metrics["rules"]
        return {"rules": {rule: figures(rules[rule]) for rule in RULES}, "map": rules["fixed"]["map"]}
    recipe = run.recipe
    annotations = load_annotations(recipe.data.spec)
    parts = divide(annotations, recipe)
    network = build_network(recipe, annotations, parts.train)
    features = FrozenBackbone(network, recipe, Fabric(accelerator="cpu"), 0, Silent()).features(annotations)
    return {str(width): width_figures(head, features, parts, width) for width in WIDTHS}


def width_figures(head: SequenceHead, features: CachedFeatures, parts: Parts, width: int) -> dict[str, Any]:
    choosing, measured = (search(head, features, rows, width) for rows in (parts.validation, parts.test))
    known = parts.annotations.targets
    targets = known.dense(parts.test)
    kept = {kind: scores_of(measured, kind) for kind in SCORES}
    half = Fixed(0.5).for_labels(targets.shape[1])
    fitted = fit_rules(scores_of(choosing, "chance"), known.dense(parts.validation), "validation")
    lengths = np.concatenate([(each.labels[:, 0] < targets.shape[1]).sum(1).numpy() for each in measured])
    return {
        "found": figures(evaluate_scores(kept["found"], targets, half)),
        "map": {kind: evaluate_scores(kept[kind], targets, half)["map"] for kind in SCORES},
        "rules": {rule: figures(evaluate_scores(kept["chance"], targets, fitted[rule])) for rule in RULES},
        "labels_written": float(lengths.mean()),
    }


def search(head: SequenceHead, features: CachedFeatures, rows: np.ndarray, width: int) -> list[Found]:
    with torch.inference_mode():
        parts = np.array_split(rows, -(-len(rows) // BATCH))
        return [head.search(features[part].float(), width=width) for part in parts]


def scores_of(found: list[Found], kind: str) -> np.ndarray:
    scores: np.ndarray = torch.cat([label_scores(each, kind) for each in found]).numpy()
    return scores


def figures(report: dict[str, Any]) -> dict[str, Any]:
    return {key: report[key] for key in ("overall", "per_class", "n_plus")}


def collected(path: Path) -> dict[str, Any]:
    run = FinishedRun.open(path)
    metrics, values = run.metrics, run.recipe.to_values()
    return {
        "row": path.name.rpartition("-")[0],
        "seed": run.recipe.run.seed,
        "head": values["head"],
        "loss": values["loss"],
        "chosen_on": metrics["chosen_on"],
        "training": metrics["training"],
        "seconds": metrics["seconds"],
        "widths": json.loads((path / "widths.json").read_text(encoding="utf-8")),
    }


def spread(values: list[float], digits: int = 3) -> str:
    text = f"{statistics.mean(values):.{digits}f}"
    if len(values) > 1:
        text += f" ± {statistics.stdev(values):.{digits}f}"
    return text.replace("0.", ".")


def f1_cells(reports: list[dict[str, Any]]) -> list[str]:
    found = [spread([each[group]["f1"] for each in reports]) for group in ("overall", "per_class")]
    return [*found, spread([each["n_plus"] for each in reports], 0)]


def found_row(name: str, own: list[dict[str, Any]]) -> list[str]:
    """Return the tags of a greedy search, and how well chances rank with the widest beam."""
    reports = [each["1"]["found"] for each in own]
    keys = [(group, key) for group in ("overall", "per_class") for key in ("precision", "recall", "f1")]
    values = [spread([each[group][key] for each in reports]) for group, key in keys]
    ranking = spread([each[str(WIDTHS[-1])]["map"]["chance"] for each in own])
    written = spread([each["1"]["labels_written"] for each in own], 2)
    return [f"`{name}`", *values, spread([each["n_plus"] for each in reports], 0), ranking, written]


def width_row(name: str, own: list[dict[str, Any]]) -> list[str]:
    widths = [[each[str(width)] for each in own] for width in WIDTHS]
    row = [f"`{name}`"]
    for group in ("overall", "per_class"):
        row += [spread([each["found"][group]["f1"] for each in found]) for found in widths]
    for kind in ("chance", "beams"):
        row += [spread([each["map"][kind] for each in found]) for found in widths]
    return row


def rule_rows(name: str, own: list[dict[str, Any]]) -> list[list[str]]:
    scored = own if "rules" in own[0] else [each[str(WIDTHS[-1])] for each in own]
    return [[f"`{name}`", f"`{rule}`", *f1_cells([each["rules"][rule] for each in scored])] for rule in RULES]


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def tables(rows: list[dict[str, Any]]) -> str:
    by_name = {name: [row["widths"] for row in rows if row["row"] == name] for name in ROWS}
    by_name = {name: own for name, own in by_name.items() if own}
    sequences = {name: own for name, own in by_name.items() if "rules" not in own[0]}
    figures = ["overall P", "R", "F1", "per-class P", "R", "F1", "N+", "mAP", "labels written"]
    widths = [
        f"{figure}, {width}"
        for figure in ("overall F1", "per-class F1", "mAP of chance", "mAP of beams")
        for width in WIDTHS
    ]
    return "\n\n".join(
        [
            table(["row", *figures], [found_row(name, own) for name, own in sequences.items()]),
            table(["row", *widths], [width_row(name, own) for name, own in sequences.items()]),
            table(
                ["row", "rule", "overall F1", "per-class F1", "N+"],
                [row for name, own in by_name.items() for row in rule_rows(name, own)],
            ),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--cache")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.data:
        train_and_score(arguments)
    if arguments.out:
        rows = [collected(path.parent) for path in sorted(arguments.runs.glob("*/widths.json"))]
        arguments.out.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=1) + "\n")
        print(tables(rows))


if __name__ == "__main__":
    main()
