"""Does it help? Flips, RandAugment, MixUp, CutMix and generated pictures, on a few pictures of Corel-5k.

    corelate augment ml-wgan --data corel5k:corel5k.zip --limit 48 --out generated
    python benchmarks/augmentation.py --data corel5k:corel5k.zip --generated generated --work runs/augmentation \
        --weights mobilenetv2_100.imagenet.safetensors --out benchmarks/results/augmentation.json

All arms learn from the same pictures: those that the folder of generated pictures was made from. The labels are those
that enough of them have. Other training pictures, drawn by chance, choose the learning rate and the epoch of each arm
and fit the decision rules; the official test pictures are looked at once, for the table. Every arm makes the same
number of steps, up to an epoch's rounding, so that more pictures are not more training. Finished runs are kept, and a
stopped one goes on.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from augmentation_comparison import FIGURES, at, differences
from augmentation_tables import table
from corelate.data.roles import rows_with_role
from corelate.data.spec import load_annotations
from corelate.data.writers.conversion import write_annotations
from corelate.errors import OptionError, RunError
from corelate.training.batches import Order
from corelate.training.finished import FinishedRun
from corelate.training.randomness import permutation
from corelate.training.recipe import Recipe
from corelate.training.run import resume, train
from corelate.training.run_folder import RunFolder
from machine import describe

# What differs from the others; only these two have generated pictures.
ARMS: dict[str, dict[str, float]] = {
    "none": {},
    "flips": {"horizontal_flip": 0.5},
    "RandAugment": {"rand_augment": 2},
    "MixUp": {"mixup": 0.4},
    "CutMix": {"cutmix": 1.0},
    "ML-WGAN": {},
    "flips + ML-WGAN": {"horizontal_flip": 0.5},
}
GENERATED = ("ML-WGAN", "flips + ML-WGAN")
# Where things lie on one machine is no result.
PLACES = ("data", "generated", "weights", "work", "out")


@dataclass(frozen=True)
class Setting:
    """What all arms share, written into the folder of the runs.

    Attributes:
        spec: The real pictures: few to learn from, those that choose, and those that measure.
        learning: How many are learned from.
        generated: How many pictures were generated from them.
    """

    spec: str
    learning: int
    generated: int

    @classmethod
    def prepare(cls, arguments: argparse.Namespace) -> Setting:
        """Choose the pictures and write them as a data set of their own.

        Raises:
            OptionError: Nothing was generated from the training pictures, or too few of these are left to choose on.
        """
        annotations = load_annotations(arguments.data)
        made_from = provenance(arguments.generated)["pictures"]
        names, training = annotations.names, rows_with_role(annotations, "train")
        learning = [row for row in training.tolist() if made_from.get(names[row])]
        rest = [row for row in training.tolist() if names[row] not in made_from]
        if not learning or len(rest) < arguments.validation:
            raise OptionError(
                f"{arguments.generated} was made from {len(learning)} training pictures of {arguments.data}, and "
                f"{len(rest)} are left: expected at least 1, and the {arguments.validation} of --validation"
            )
        drawn = permutation(len(rest), arguments.draw, "validation")[: arguments.validation]
        roles = {"train": learning, "validation": sorted(rest[place] for place in drawn)}
        roles["test"] = rows_with_role(annotations, "test").tolist()
        splits = [role for role, rows in roles.items() for _ in rows]
        chosen = replace(annotations.select([row for rows in roles.values() for row in rows]), splits=np.array(splits))
        written = write_annotations(
            chosen, f"table:{arguments.work / 'pictures' / 'pictures.csv'}", pictures="copy", overwrite=True
        )
        spec = f"{written.spec}{'&' if '?' in written.spec else '?'}minimum_count={arguments.minimum}"
        return cls(spec, len(learning), sum(len(made_from[names[row]]) for row in learning))


@dataclass(frozen=True)
class Trial:
    """One training: an arm with one learning rate and one seed."""

    arm: str
    rate: float
    seed: int
    setting: Setting
    arguments: argparse.Namespace

    @property
    def path(self) -> Path:
        """The folder of its run."""
        return self.arguments.work / f"{self.arm.replace(' + ', '-').lower()}-{self.rate:g}-{self.seed}"

    @property
    def epochs(self) -> int:
        """How many epochs make as many steps as the arms with generated pictures make, whose epochs are longer."""
        longer = self.steps_an_epoch(generated=True)
        steps = longer * max(round(self.arguments.steps / longer), 1)
        return max(round(steps / self.steps_an_epoch(generated=self.arm in GENERATED)), 1)

    def steps_an_epoch(self, *, generated: bool) -> int:
        """Return how many steps an epoch has with generated pictures, or without."""
        weights = np.ones(self.setting.learning)
        if generated:
            weights = np.append(weights, np.full(self.setting.generated, self.arguments.generated_weight))
        return Order(len(weights), self.arguments.batch_size, self.seed, weights=weights).steps()

    @cached_property
    def recipe(self) -> Recipe:
        """What is trained."""
        arguments = self.arguments
        generated = {"generated": str(arguments.generated), "generated_weight": arguments.generated_weight}
        return Recipe.from_values(
            {
                "data": {"spec": self.setting.spec, **(generated if self.arm in GENERATED else {})},
                "model": {"backbone": arguments.backbone, "weights": arguments.weights, "image_size": arguments.size},
                "loss": {"name": "bce"},
                "augmentation": {"horizontal_flip": 0.0, **ARMS[self.arm]},
                "optimisation": {
                    "epochs": self.epochs,
                    "batch_size": arguments.batch_size,
                    "learning_rate": self.rate,
                    "weight_decay": 0.01,
                },
                "run": {
                    "seed": self.seed,
                    "threads": arguments.threads,
                    "accelerator": arguments.accelerator,
                    "report": False,
                },
            }
        ).with_absolute_paths()

    def run(self) -> FinishedRun:
        """Train, or take what is there.

        Raises:
            RunError: What is there was made with other settings.
        """
        folder = RunFolder(self.path)
        if not folder.recipe.exists():
            train(self.recipe, self.path)
        elif folder.read_recipe() != self.recipe:
            raise RunError(f"{self.path} was trained with other settings; give another --work, or delete it")
        elif not folder.finished:
            resume(self.path)
        run = FinishedRun.open(self.path)
        print(f"{self.path.name}: validation mAP {validation_map(run):.4f}, {run.metrics['seconds']}", flush=True)
        return run


def provenance(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return content


def validation_map(run: FinishedRun) -> float:
    return float(run.metrics["training"]["best_figure"])


def chosen_runs(arm: str, setting: Setting, arguments: argparse.Namespace) -> tuple[list[Trial], dict[str, float]]:
    """Train an arm with each learning rate and the first seed, and with the best of them and the other seeds.

    Returns:
        One trial for each seed, and the validation mAP of each rate.
    """
    first, *others = arguments.seeds
    trials = [Trial(arm, rate, first, setting, arguments) for rate in arguments.rates]
    tried = [validation_map(trial.run()) for trial in trials]
    best = trials[int(np.argmax(tried))]
    chosen = [best, *(replace(best, seed=seed) for seed in others)]
    for trial in chosen[1:]:
        trial.run()
    return chosen, {f"{trial.rate:g}": figure for trial, figure in zip(trials, tried, strict=True)}


def row(trial: Trial) -> dict[str, Any]:
    metrics = FinishedRun.open(trial.path).metrics
    epochs = metrics["training"]["epochs"]
    return {
        "arm": trial.arm,
        "seed": trial.seed,
        "learning_rate": trial.rate,
        "epochs": epochs,
        "steps": epochs * trial.steps_an_epoch(generated=trial.arm in GENERATED),
        "best_epoch": metrics["training"]["best_epoch"],
        "validation_map": metrics["training"]["best_figure"],
        "figures": {name: at(metrics["rules"][rule], path) for name, (rule, path) in FIGURES.items()},
        "seconds": metrics["seconds"],
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="Corel-5k, or any data set with a split to measure on")
    parser.add_argument("--generated", type=Path, required=True, help="folder of generated pictures")
    parser.add_argument("--generated-weight", type=float, default=1 / 3, help="how often an epoch takes each")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--backbone", default="mobilenetv2_100")
    parser.add_argument("--size", type=int, nargs=2, default=[96, 144], help="height and width")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--minimum", type=int, default=5, help="pictures that a label needs among the few")
    parser.add_argument("--validation", type=int, default=300, help="other training pictures, which choose")
    parser.add_argument("--draw", type=int, default=1, help="seed that draws them")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--rates", type=float, nargs="+", default=[3e-4, 6e-4, 1.2e-3])
    parser.add_argument("--steps", type=int, default=96, help="of each training, as near as whole epochs come")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--accelerator", default="cpu")
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--work", type=Path, required=True, help="folder for the pictures and the runs")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    arguments = parse()
    arguments.work.mkdir(parents=True, exist_ok=True)
    setting = Setting.prepare(arguments)
    trials, tried = {}, {}
    for arm in arguments.arms:
        trials[arm], tried[arm] = chosen_runs(arm, setting, arguments)
    runs = {arm: [trial.path for trial in trials[arm]] for arm in trials}
    labels = list(FinishedRun.open(next(iter(runs.values()))[0]).architecture.vocabulary)
    results = {
        "machine": describe(),
        "settings": {key: value for key, value in vars(arguments).items() if key not in PLACES},
        "weights": Path(arguments.weights).name,
        "generation": {key: provenance(arguments.generated).get(key) for key in ("method", "settings", "corelate")},
        "pictures": {"learning": setting.learning, "generated": setting.generated, "labels": labels},
        "chosen_on_validation": tried,
        "rows": [row(trial) for arm in trials for trial in trials[arm]],
        "differences": differences(runs, arguments.resamples),
    }
    arguments.out.write_text(json.dumps(results, indent=1) + "\n")
    print(table(results))


if __name__ == "__main__":
    main()
