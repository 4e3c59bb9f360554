"""What the options of a recipe can't do together; each alone was checked when it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corelate.data.shared_options import GENERATED_WEIGHT
from corelate.data.spec import DataSpec
from corelate.errors import OptionError
from corelate.training.choices import looks_at_pooled, predicts_tokens

if TYPE_CHECKING:
    from corelate.training.recipe import Recipe


def contradictions(recipe: Recipe) -> list[str]:
    """Return one line for each contradiction: which options, what they are, and what would do."""
    return [
        *_data_problems(recipe),
        *_process_problems(recipe),
        *_sequence_problems(recipe),
        *_augmentation_problems(recipe),
        *_mixing_problems(recipe),
        *_optimisation_problems(recipe),
        *_model_problems(recipe),
    ]


def _data_problems(recipe: Recipe) -> list[str]:
    problems = []
    if not recipe.data.spec:
        problems.append("[data] spec: is needed; write format:path, e.g. csv:labels.csv")
    else:
        try:
            problems += _generated_problems(recipe, DataSpec.parse(recipe.data.spec))
        except OptionError as error:
            problems.append(f"[data] spec: {error}")
    if recipe.data.folds < 0 or recipe.data.folds == 1:
        problems.append(f"[data] folds = {recipe.data.folds}: must be 0 or at least 2")
    if recipe.run.protocol == "seed" and recipe.data.folds:
        problems.append("[run] protocol = 'seed' chooses on the test set and takes no [data] folds")
    return problems


def _generated_problems(recipe: Recipe, spec: DataSpec) -> list[str]:
    """Return what the recipe and the data spec say differently about generated pictures."""
    weight, own = recipe.data.generated_weight, spec.shared.get(GENERATED_WEIGHT)
    if weight is None or own is None or spec.shared_options().generated_weight == weight:
        return []
    return [f"[data] generated_weight = {weight:g}: the data spec says {GENERATED_WEIGHT}={own}; give one of the two"]


def _process_problems(recipe: Recipe) -> list[str]:
    batch_size, processes = recipe.optimisation.batch_size, _processes(recipe)
    if batch_size % processes:
        return [
            f"[optimisation] batch_size = {batch_size}: must be a multiple of the {processes} "
            "processes of [run] devices × nodes, which share each batch"
        ]
    return []


def _sequence_problems(recipe: Recipe) -> list[str]:
    """Return what a head that writes labels one by one can't do with the rest of the recipe."""
    problems: list[str] = []
    if not predicts_tokens(recipe.head):
        return problems
    name, options, optimisation = recipe.head.name, recipe.head.options, recipe.optimisation
    if recipe.run.monitor == "loss":
        monitors = type(recipe.run).__dataclass_fields__["monitor"].metadata["choices"]
        others = ", ".join(monitor for monitor in monitors if monitor != "loss")
        problems.append(
            f"[run] monitor = 'loss': head {name} is judged by what its search finds, whose figures have "
            f"no loss; choose one of {others}"
        )
    if options.standardise and looks_at_pooled(recipe.head) and optimisation.batch_size < 2 * _processes(recipe):
        problems.append(
            f"[optimisation] batch_size = {optimisation.batch_size}: head {name} standardises pooled features by a "
            "batch's own statistics, which needs two pictures for each process; take more, or standardise = false"
        )
    last = optimisation.stop_epoch or optimisation.epochs
    pretraining = getattr(options, "pretraining", 0.0)
    if pretraining < 1 and last <= pretraining * optimisation.epochs:
        problems.append(
            f"[head] pretraining = {pretraining:g} of {optimisation.epochs} epochs lasts until stop_epoch = {last} "
            "ends the training: the decoder would never be fed scores; lower it"
        )
    return problems


def _augmentation_problems(recipe: Recipe) -> list[str]:
    problems, augmentation = [], recipe.augmentation
    zoom = augmentation.affine_scale
    if len(zoom) not in (0, 2) or (zoom and zoom[0] > zoom[1]):
        problems.append(f"[augmentation] affine_scale = {list(zoom)}: the smallest and the largest factor")
    if augmentation.crop_scales and augmentation.crop_scale < 1:
        problems.append("[augmentation] crop_scales and crop_scale are two kinds of random crops; choose one")
    return problems


def _mixing_problems(recipe: Recipe) -> list[str]:
    """Return why pictures can't be mixed in this recipe."""
    augmentation = recipe.augmentation
    given = [f"{name} = {value:g}" for name in ("mixup", "cutmix") if (value := getattr(augmentation, name))]
    problems, wanted = [], f"[augmentation] {', '.join(given)}"
    if given and predicts_tokens(recipe.head):
        problems.append(
            f"{wanted}: head {recipe.head.name} learns to write the labels of one picture, and a mixed one has no "
            "such list; set it to 0, or choose a head that scores all labels at once"
        )
    if given and recipe.model.frozen:
        problems.append(
            f"{wanted}: [model] frozen = true learns from features that were computed once for each picture, "
            "and a mixed picture would be another each time; set it to 0, or frozen = false"
        )
    if given and recipe.optimisation.batch_size < 2 * _processes(recipe):
        problems.append(
            f"{wanted}: with [optimisation] batch_size = {recipe.optimisation.batch_size} a process never has two "
            "pictures to mix; take more, or set it to 0"
        )
    return problems


def _optimisation_problems(recipe: Recipe) -> list[str]:
    problems, optimisation = [], recipe.optimisation
    if optimisation.milestones and optimisation.schedule != "step":
        problems.append(f"[optimisation] milestones belong to schedule = 'step', not {optimisation.schedule!r}")
    if list(optimisation.milestones) != sorted(set(optimisation.milestones)):
        problems.append(f"[optimisation] milestones = {list(optimisation.milestones)}: must rise")
    return problems


def _model_problems(recipe: Recipe) -> list[str]:
    problems, model = [], recipe.model
    if len(model.image_size) > 2 or any(side < 1 for side in model.image_size):
        problems.append(f"[model] image_size = {list(model.image_size)}: one or two positive numbers")
    problems.extend(
        f"[model] {name} = {list(getattr(model, name))}: three numbers"
        for name in ("mean", "std")
        if len(getattr(model, name)) not in (0, 3)
    )
    return problems


def _processes(recipe: Recipe) -> int:
    return recipe.run.devices * recipe.run.nodes
