"""Recipes: everything that decides how a run goes, as dataclasses, read from TOML and written back.

Sections of the file are the fields of `Recipe`; keys of a section are the fields of its dataclass. The sections
``[head]``, ``[loss]`` and ``[rule]`` hold a ``name`` and the options of what it names (`corelate.training.choices`).
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corelate.data.dividing import METHODS, STRATIFIED
from corelate.data.preprocessing import INTERPOLATIONS, RESIZE_MODES
from corelate.data.shared_options import MAX_GENERATED_WEIGHT, generated_folders
from corelate.data.spec import DataSpec
from corelate.errors import RecipeError
from corelate.files import absolute, absolute_if_there
from corelate.options import option, read_options
from corelate.training.choices import CHOICES, Choice, default_choices, read_choices
from corelate.training.contradictions import contradictions

PROTOCOLS = ("held-out", "seed")
MONITORS = ("map", "overall.f1", "per_class.f1", "loss")
# How mixed pictures are taught (`corelate.training.mixing`).
MIX_TARGETS = ("mean", "union")


@dataclass(frozen=True)
class DataOptions:
    """Which pictures are learned from, and which decide."""

    spec: str = option("", "data set, as format:path[?key=value]", flag="--data")
    validation: float = option(0.1, "share of the training pictures held out to choose on", above=0.0, below=1.0)
    folds: int = option(0, "k-fold: choose on out-of-fold scores instead, then train on all (0: one held-out part)")
    division: str = option(STRATIFIED, "how both are drawn: each label divided alike, or at random", choices=METHODS)
    strict: bool = option(False, "stop when the data set has any problem")
    any_suffix: bool = option(False, "read pictures whose content does not fit their suffix")
    generated: str = option("", "folder of generated pictures to learn from, too; several with commas between")
    generated_weight: float | None = option(
        None,
        "how often an epoch takes each of them, on average (default: once)",
        minimum=0.0,
        maximum=MAX_GENERATED_WEIGHT,
    )

    def full_spec(self) -> str:
        """Return the spec together with the generated pictures that are named beside it."""
        return DataSpec.parse(self.spec).with_generated(self.generated, self.generated_weight).to_text()


@dataclass(frozen=True)
class ModelOptions:
    """The network and its input."""

    backbone: str = option("mobilenetv2_100", "any timm network by name")
    weights: str = option("pretrained", "safetensors FILE, 'pretrained' (timm's, downloaded) or 'none' (random start)")
    layer: str | None = option(None, "cut the backbone at this module, e.g. Mixed_7a")
    frozen: bool = option(False, "keep the backbone as it is; its features are computed once and cached")
    image_size: tuple[int, ...] = option((), "input size, one number or height and width (default: the weights')")
    resize: str = option("stretch", "how a picture is brought to that size", choices=RESIZE_MODES)
    interpolation: str = option("bilinear", "resampling filter", choices=tuple(INTERPOLATIONS))
    mean: tuple[float, ...] = option((), "normalisation: mean of each channel in [0, 1] (default: the weights')")
    std: tuple[float, ...] = option(
        (), "normalisation: standard deviation of each channel (default: the weights')", above=0.0
    )


@dataclass(frozen=True)
class AugmentationOptions:
    """What is done to training pictures; torchvision's v2 transforms."""

    horizontal_flip: float = option(0.5, "chance of a left-right flip", minimum=0.0, maximum=1.0)
    vertical_flip: float = option(0.0, "chance of an upside-down flip (the seeds: 0.5)", minimum=0.0, maximum=1.0)
    crop_scale: float = option(1.0, "least share of the area of a random crop (1: no crop)", above=0.0, maximum=1.0)
    crop_scales: tuple[float, ...] = option(
        (),
        "multi-scale crop: sides as shares of the shorter side (ML-GCN: 1, 0.875, 0.75, 0.66, 0.5)",
        above=0.0,
        maximum=1.0,
    )
    affine_degrees: float = option(0.0, "largest random rotation", minimum=0.0, maximum=180.0)
    affine_shift: float = option(0.0, "largest random shift, as a share of each side", minimum=0.0, maximum=1.0)
    affine_scale: tuple[float, ...] = option((), "random zoom: smallest and largest factor (none: 1)", above=0.0)
    rand_augment: int = option(0, "number of RandAugment operations a picture (0: none)", minimum=0)
    rand_augment_magnitude: int = option(9, "strength of RandAugment, 0 to 30", minimum=0, maximum=30)
    colour_jitter: float = option(0.0, "strength of brightness, contrast and saturation changes", minimum=0.0)
    erasing: float = option(0.0, "chance that a rectangle is blanked", minimum=0.0, maximum=1.0)
    mixup: float = option(0.0, "MixUp blends pictures of a batch: α of Beta(α, α) (0: not)", minimum=0.0, maximum=100.0)
    cutmix: float = option(
        0.0, "CutMix puts a box of one picture into another: α of Beta(α, α) (0: not)", minimum=0.0, maximum=100.0
    )
    mix_chance: float = option(1.0, "share of the batches that are mixed", minimum=0.0, maximum=1.0)
    mix_targets: str = option(
        "mean", "what mixed pictures are taught: the mean of both losses, or the labels of both", choices=MIX_TARGETS
    )


@dataclass(frozen=True)
class OptimisationOptions:
    """How the weights are found."""

    epochs: int = option(20, "passes over the training pictures that the schedule is laid out for", minimum=1)
    stop_epoch: int = option(0, "stop after this many epochs of the schedule (0: run it to its end)", minimum=0)
    patience: int = option(0, "stop after this many epochs without a better validation figure (0: never)", minimum=0)
    batch_size: int = option(32, "pictures a step, over all processes", minimum=1)
    optimiser: str = option("adamw", "update rule", choices=("adam", "adamw", "sgd"))
    learning_rate: float = option(1e-4, "highest learning rate of the head", above=0.0)
    backbone_factor: float = option(1.0, "learning rate of the backbone, as a factor of the head's", minimum=0.0)
    weight_decay: float = option(0.0, "decay of weights; never of biases and normalisation", minimum=0.0)
    momentum: float = option(0.9, "momentum of sgd (the one_cycle schedule moves it itself)", minimum=0.0, below=1.0)
    nesterov: bool = option(True, "sgd looks ahead by its momentum")
    schedule: str = option(
        "one_cycle", "course of the learning rate", choices=("one_cycle", "cosine", "step", "constant")
    )
    milestones: tuple[int, ...] = option(
        (), "step schedule: epochs after which the rate falls to a tenth (default: each third of them)", minimum=1
    )
    warmup: float = option(0.2, "share of the steps in which the learning rate rises", minimum=0.0, below=1.0)
    ema: float = option(0.0, "decay of the averaged weights that are kept (0: no averaging)", minimum=0.0, below=1.0)
    clip: float = option(0.0, "largest norm of the gradient (0: no limit)", minimum=0.0)
    precision: str = option(
        "32-true", "arithmetic; the loss is always in 32 bits", choices=("32-true", "bf16-mixed", "16-mixed")
    )


@dataclass(frozen=True)
class RunOptions:
    """What is kept, and on what the run runs."""

    protocol: str = option(
        "held-out", "'held-out': choose on validation; 'seed': best epoch on test, as the originals", choices=PROTOCOLS
    )
    monitor: str = option("map", "validation figure that picks the best epoch", choices=MONITORS)
    seed: int = option(1, "seed of everything random", minimum=0)
    accelerator: str = option("auto", "auto, cpu, cuda or mps", choices=("auto", "cpu", "cuda", "gpu", "mps"))
    devices: int = option(1, "processes a machine, one device each", minimum=1)
    nodes: int = option(1, "machines", minimum=1)
    workers: int = option(
        -1, "processes that read pictures, for each device (-1: none on a CPU, else up to 8)", minimum=-1
    )
    threads: int = option(0, "CPU threads for arithmetic (0: as many as there are cores)", minimum=0)
    checkpoint_minutes: float = option(5.0, "longest time between checkpoints within an epoch", above=0.0)
    cache: str = option("", "folder of cached features (default: the user's cache folder)")
    report: bool = option(True, "write report.html at the end")


@dataclass(frozen=True)
class Recipe:
    """One run, completely described."""

    data: DataOptions = field(default_factory=DataOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    head: Choice = field(default_factory=lambda: default_choices()["head"])
    loss: Choice = field(default_factory=lambda: default_choices()["loss"])
    rule: Choice = field(default_factory=lambda: default_choices()["rule"])
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)
    optimisation: OptimisationOptions = field(default_factory=OptimisationOptions)
    run: RunOptions = field(default_factory=RunOptions)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Recipe:
        """Build a recipe from the sections of a TOML file, all problems reported at once.

        Raises:
            RecipeError: There are problems; the message has one line for each.
        """
        problems: list[str] = []
        parts: dict[str, Any] = {}
        for section, content in values.items():
            if not isinstance(content, Mapping):
                problems.append(f"{section} = {content!r}: stands outside a section; write [section] above its keys")
            elif section not in SECTIONS and section not in CHOICES:
                problems.append(f"[{section}]: unknown section; known are {', '.join([*SECTIONS, *CHOICES])}")
            elif section in SECTIONS:
                parts[section] = read_options(SECTIONS[section], content, problems, f"[{section}] ")
        parts.update(read_choices(values, problems))
        recipe = cls(**parts)
        problems.extend(contradictions(recipe))
        if problems:
            raise RecipeError(f"the recipe has {len(problems)} problem(s):\n" + "\n".join(problems))
        return recipe

    def to_values(self) -> dict[str, dict[str, Any]]:
        """Return the sections as plain values; `from_values` of them gives an equal recipe."""
        values = {section: dataclasses.asdict(getattr(self, section)) for section in SECTIONS}
        for section in CHOICES:
            values[section] = getattr(self, section).to_values()
        return values

    def to_toml(self) -> str:
        """Return the recipe as TOML; options that are None are left out, as TOML has no word for it."""
        lines = []
        for section, content in self.to_values().items():
            lines.append(f"[{section}]")
            lines.extend(f"{key} = {_toml_value(value)}" for key, value in content.items() if value is not None)
            lines.append("")
        return "\n".join(lines)

    def with_absolute_paths(self) -> Recipe:
        """Return the recipe with the places of existing files made absolute: a run may go on in another folder."""
        spec = DataSpec.parse(self.data.spec).with_paths(absolute_if_there).to_text()
        generated = ",".join(map(absolute_if_there, generated_folders(self.data.generated)))
        weights = absolute(self.model.weights) if Path(self.model.weights).is_file() else self.model.weights
        files = {key: absolute(place) for key in HEAD_FILES if (place := getattr(self.head.options, key, ""))}
        cache = absolute(self.run.cache) if self.run.cache else ""
        return replace(
            self,
            data=replace(self.data, spec=spec, generated=generated),
            model=replace(self.model, weights=weights),
            head=replace(self.head, options=replace(self.head.options, **files)),
            run=replace(self.run, cache=cache),
        )


SECTIONS: dict[str, type] = {
    "data": DataOptions,
    "model": ModelOptions,
    "augmentation": AugmentationOptions,
    "optimisation": OptimisationOptions,
    "run": RunOptions,
}
# Options of heads that name files.
HEAD_FILES = ("graph", "embeddings")


def read_recipe(path: Path) -> dict[str, Any]:
    """Return the sections of a recipe file as plain values.

    Raises:
        RecipeError: No such file, or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"recipe {path} does not exist") from None
    except RecursionError:
        raise RecipeError(f"recipe {path} can't be read: its lists are nested too deeply") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"recipe {path} can't be read: {error}") from error


def _toml_value(value: Any) -> str:
    # JSON's spelling of texts, numbers, true and false is TOML's too, also inside lists.
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
