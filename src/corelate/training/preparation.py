"""From a recipe to what a training needs: the parts of the data, the network, and frozen features if wanted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corelate.data.annotation_set import AnnotationSet
from corelate.data.dividing import divide_into_folds, hold_out
from corelate.data.originals import without_generated
from corelate.data.preprocessing import Preprocessing
from corelate.data.roles import rows_with_role
from corelate.data.splits import cut_groups
from corelate.data.targets import TargetMatrix
from corelate.errors import DataError, OptionError, WeightsError
from corelate.models.annotator import Annotator, Architecture, build_head
from corelate.models.backbones import PRETRAINED, RANDOM, InputConfig, build_backbone, resolve_name
from corelate.models.heads.base import Head, HeadInputs
from corelate.models.weights import WeightsReport
from corelate.training.label_knowledge import NO_FILES, LabelFiles, describe_embeddings, describe_graph
from corelate.training.randomness import derived_seed
from corelate.training.recipe import HEAD_FILES, DataOptions, ModelOptions, Recipe
from corelate.training.variants import real_first, variants_digest


@dataclass(frozen=True)
class Parts:
    """How the pictures of a data set are used; row numbers into it.

    Attributes:
        annotations: All real pictures, and behind them the generated ones that are learned from where their originals
            are; the rows below are of real pictures only.
        train: Rows that the kept weights are trained on.
        validation: Rows that choose, or empty.
        test: Rows that the figures are measured on, or empty.
        folds: Pairs of training and validation rows, or empty.
    """

    annotations: AnnotationSet
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]


def divide(annotations: AnnotationSet, recipe: Recipe) -> Parts:
    """Decide which pictures teach, which choose and which measure.

    Raises:
        DataError: A split has a name that says neither, or there is nothing to learn from.
        OptionError: There are too few pictures to hold some out, or folds are asked for in another number than the
            data set comes with.
    """
    real = without_generated(annotations)
    parts = _divide_real(real, recipe)
    return parts if real is annotations else replace(parts, annotations=real_first(annotations, parts.train))


def _divide_real(annotations: AnnotationSet, recipe: Recipe) -> Parts:
    learning, validation, test = (rows_with_role(annotations, role) for role in ("train", "validation", "test"))
    nothing = learning[:0]
    options = recipe.data
    if recipe.run.protocol == "seed" and not len(test):
        raise DataError("[run] protocol = 'seed' chooses on the test split, and the data set has none")
    if recipe.run.protocol == "seed" or options.folds:
        learning, validation = np.union1d(learning, validation), nothing
    if not len(learning):
        raise DataError(
            f"{options.spec} has no training pictures; its splits are {', '.join(annotations.split_names())}"
        )
    if recipe.run.protocol == "seed":
        return Parts(annotations, learning, nothing, test, [])
    if options.folds:
        return Parts(annotations, learning, nothing, test, _folds(annotations, learning, recipe))
    if not len(validation):
        pictures = annotations.select(learning)
        kept, held_out = hold_out(pictures, options.validation, options.division, recipe.run.seed)
        learning, validation = learning[kept], learning[held_out]
    return Parts(annotations, learning, validation, test, [])


def unused_folds_note(parts: Parts, options: DataOptions) -> str:
    """Return that the data set comes with folds which the recipe does not ask for, or nothing."""
    given = parts.annotations.folds
    if given is None or options.folds:
        return ""
    learnable = given[np.concatenate([parts.train, parts.validation])]
    count = len(np.unique(learnable[learnable > 0]))
    if count < 2:
        return ""
    return f"the data set comes with {count} folds, which are not used; ask for them by [data] folds = {count}"


def cut_groups_note(parts: Parts) -> str:
    """Return that given splits have parts of one group on several sides, or nothing."""
    side_of = np.zeros(len(parts.annotations), dtype=np.int8)
    for side, rows in enumerate((parts.validation, parts.test), start=1):
        side_of[rows] = side
    cut = cut_groups(parts.annotations, side_of)
    if not cut:
        return ""
    return (
        f"{len(cut)} groups, the first {cut[0]!r}, have pictures in more than one of train, validation and test, as "
        "the data set gives them: figures are too good; divide anew with corelate data split"
    )


def _folds(annotations: AnnotationSet, learning: np.ndarray, recipe: Recipe) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the folds that the data set comes with, else folds drawn as the recipe says."""
    options = recipe.data
    if annotations.folds is None:
        divided = divide_into_folds(annotations.select(learning), options.folds, options.division, recipe.run.seed)
        return [(learning[kept], learning[held_out]) for kept, held_out in divided]
    given = annotations.folds[learning]
    numbers = np.unique(given[given > 0])
    if len(numbers) != options.folds:
        advice = f"write folds = {len(numbers)}, or " if len(numbers) > 1 else ""
        raise OptionError(
            f"[data] folds = {options.folds}, but the training pictures of the data set come in {len(numbers)} folds; "
            f"{advice}leave the file of folds (splits=) away"
        )
    # A picture of no fold is learned from in all of them: it is a side of its own.
    cut = cut_groups(annotations.select(learning), given)
    if cut:
        raise OptionError(
            f"the folds that the data set comes with cut {len(cut)} groups, the first {cut[0]!r}: what is learned from "
            "one part would be judged on the other; divide anew with corelate data split, with the same group="
        )
    return [(learning[given != number], learning[given == number]) for number in numbers]


@dataclass(frozen=True)
class Network:
    """A fresh annotator and what is known about it."""

    annotator: Annotator
    architecture: Architecture
    report: WeightsReport


def build_network(
    recipe: Recipe, annotations: AnnotationSet, train: np.ndarray, label_files: LabelFiles = NO_FILES
) -> Network:
    """Build the annotator that a recipe describes; the same seed gives the same start.

    Raises:
        CorelateError: Unknown backbone or layer, weights that do not fit, or a head that can't be built.
    """
    options = recipe.model
    torch.manual_seed(derived_seed(recipe.run.seed, "backbone"))
    backbone, config, report = build_backbone(options.backbone, options.weights, options.layer, _size(options))
    inputs = label_files.inputs(
        recipe.head, backbone.num_features, annotations.vocabulary, _targets(annotations, train)
    )
    architecture = Architecture(
        options.backbone,
        options.layer,
        recipe.head.name,
        _without_places(dataclasses.asdict(recipe.head.options)),
        annotations.vocabulary,
        make_preprocessing(options, config),
        describe_graph(inputs.graph),
        describe_embeddings(inputs.embeddings),
    )
    annotator = Annotator(backbone, _seeded_head(recipe, inputs)).to(memory_format=torch.channels_last)
    return Network(annotator, architecture, report)


def fresh_head(
    recipe: Recipe,
    num_features: int,
    annotations: AnnotationSet,
    train: np.ndarray,
    label_files: LabelFiles = NO_FILES,
) -> Head:
    """Build the untrained head; the same seed gives the same start."""
    targets = _targets(annotations, train)
    return _seeded_head(recipe, label_files.inputs(recipe.head, num_features, annotations.vocabulary, targets))


def _seeded_head(recipe: Recipe, inputs: HeadInputs) -> Head:
    torch.manual_seed(derived_seed(recipe.run.seed, "head"))
    return build_head(recipe.head.name, dataclasses.asdict(recipe.head.options), inputs)


def _targets(annotations: AnnotationSet, train: np.ndarray) -> TargetMatrix:
    return annotations.targets.select(train)


def _without_places(options: dict[str, Any]) -> dict[str, Any]:
    """Return head options in which files have no folders: annotators are given away, and never read the files again."""
    return {
        key: Path(value).name if key in HEAD_FILES and isinstance(value, str) else value
        for key, value in options.items()
    }


def check_model(options: ModelOptions) -> None:
    """Refuse early what building the network would refuse after all pictures have been read.

    Raises:
        OptionError: Unknown backbone.
        WeightsError: No such weights file.
    """
    resolve_name(options.backbone)
    if options.weights not in (PRETRAINED, RANDOM) and not Path(options.weights).expanduser().is_file():
        raise WeightsError(f"weights file {options.weights} does not exist")


def fingerprint(annotations: AnnotationSet, *, places: bool = False) -> dict[str, Any]:
    """Describe a data set so that a change of pictures, labels or splits shows.

    Args:
        annotations: The data set.
        places: Whether the order of each picture's labels counts.
    """
    digest = hashlib.sha256()
    targets = annotations.targets
    curation = [] if annotations.curation is None else [annotations.curation.to_json()]
    splits = [] if annotations.splits is None else annotations.splits.tolist()
    for part in (annotations.names, list(annotations.vocabulary), splits, *curation):
        digest.update(json.dumps(part).encode())
    arrays = [targets.row_starts, targets.columns, targets.values]
    if annotations.folds is not None:
        arrays.append(annotations.folds)
    if places and targets.places is not None and not targets.in_column_order():
        arrays.append(targets.places)
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    groups = None if annotations.groups is None else hashlib.sha256(json.dumps(annotations.groups.tolist()).encode())
    variants = variants_digest(annotations)
    generated = {} if variants is None else {"generated": hashlib.sha256(json.dumps(variants).encode()).hexdigest()}
    return {
        "pictures": len(annotations),
        "labels": len(annotations.vocabulary),
        "digest": digest.hexdigest(),
        # Apart from the digest: runs that began without it go on.
        "groups": groups and groups.hexdigest(),
        **generated,
    }


def make_preprocessing(options: ModelOptions, config: InputConfig) -> Preprocessing:
    """Return the preprocessing of a recipe; what it leaves open is as the weights expect."""
    height, width = _size(options) or config.image_size
    mean = options.mean or config.mean
    std = options.std or config.std
    return Preprocessing(
        height,
        width,
        options.resize,
        options.interpolation,
        (mean[0], mean[1], mean[2]),
        (std[0], std[1], std[2]),
    )


def _size(options: ModelOptions) -> tuple[int, int] | None:
    if not options.image_size:
        return None
    return options.image_size[0], options.image_size[-1]
