"""From a recipe to what a training needs: the parts of the data, the network, and frozen features if wanted."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corelate.data.annotation_set import AnnotationSet
from corelate.data.images import read_image
from corelate.data.preprocessing import Preprocessing
from corelate.data.spec import load_annotations
from corelate.data.splits import folds, holdout
from corelate.errors import DataError, ImageReadError, WeightsError
from corelate.models.annotator import Annotator, Architecture, build_head
from corelate.models.backbones import PRETRAINED, RANDOM, InputConfig, build_backbone, resolve_name
from corelate.models.heads.base import Head, HeadInputs
from corelate.models.weights import WeightsReport
from corelate.training.progress import Reporter
from corelate.training.randomness import derived_seed
from corelate.training.recipe import ModelOptions, Recipe

# What the names of given splits mean; "" is for pictures whose split is not given.
ROLES = {
    "train": "train",
    "training": "train",
    "": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class Parts:
    """How the pictures of a data set are used; row numbers into it.

    Attributes:
        annotations: All pictures.
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


def load_parts(recipe: Recipe, reporter: Reporter) -> Parts:
    """Read the data set, leave out the pictures that can't be read, and divide the rest.

    Raises:
        DataError: Nothing can be read, or (strict) something can't.
    """
    options = recipe.data
    annotations = load_annotations(options.spec, strict=options.strict)
    annotations = _readable(annotations, options.any_suffix, reporter)
    if options.strict:
        annotations.problems.raise_if_any()
    elif annotations.problems:
        reporter.message(f"the data set has problems, and goes on without:\n{annotations.problems.report()}")
    return divide(annotations, recipe)


def divide(annotations: AnnotationSet, recipe: Recipe) -> Parts:
    """Decide which pictures teach, which choose and which measure.

    Raises:
        DataError: A split has a name that says neither, or there is nothing to learn from.
        OptionError: There are too few pictures to hold some out.
    """
    learning, validation, test = (_rows_with(annotations, role) for role in ("train", "validation", "test"))
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
        divided = folds(annotations.select(learning), options.folds, recipe.run.seed)
        return Parts(annotations, learning, nothing, test, [(learning[a], learning[b]) for a, b in divided])
    if not len(validation):
        kept, held_out = holdout(annotations.select(learning), options.validation, recipe.run.seed)
        learning, validation = learning[kept], learning[held_out]
    return Parts(annotations, learning, validation, test, [])


def _rows_with(annotations: AnnotationSet, role: str) -> np.ndarray:
    names = annotations.split_names()
    unknown = [name for name in names if name.lower() not in ROLES]
    if unknown:
        raise DataError(
            f"split {unknown[0]!r} is none of train, validation and test; rename it, or choose with ?split="
        )
    if annotations.splits is None:
        return np.arange(len(annotations) if role == "train" else 0)
    return np.flatnonzero([ROLES[name.lower()] == role for name in annotations.splits])


def _readable(annotations: AnnotationSet, any_suffix: bool, reporter: Reporter) -> AnnotationSet:
    """Leave out pictures that can't be read, now rather than hours into the training."""

    def problem(row: int) -> str:
        try:
            read_image(annotations.pictures[row], any_suffix=any_suffix)
        except ImageReadError as error:
            return str(error)
        return ""

    reporter.begin("checking pictures", len(annotations), "images")
    damaged = {}
    with ThreadPoolExecutor(4) as pool:
        for row, text in enumerate(pool.map(problem, range(len(annotations)))):
            reporter.advance(1)
            if text:
                damaged[row] = text
                annotations.problems.add("damaged picture: left out", annotations.pictures[row].name, text)
    reporter.end()
    if len(damaged) == len(annotations):
        raise DataError(f"not one picture can be read\n{annotations.problems.report()}")
    rows = [row for row in range(len(annotations)) if row not in damaged]
    return annotations.select(rows) if damaged else annotations


@dataclass(frozen=True)
class Network:
    """A fresh annotator and what is known about it."""

    annotator: Annotator
    architecture: Architecture
    report: WeightsReport


def build_network(recipe: Recipe, annotations: AnnotationSet, train: np.ndarray) -> Network:
    """Build the annotator that a recipe describes; the same seed gives the same start."""
    options = recipe.model
    torch.manual_seed(derived_seed(recipe.run.seed, "backbone"))
    backbone, config, report = build_backbone(options.backbone, options.weights, options.layer, _size(options))
    preprocessing = make_preprocessing(options, config)
    values = recipe.to_values()["head"]
    name = values.pop("name")
    architecture = Architecture(options.backbone, options.layer, name, values, annotations.vocabulary, preprocessing)
    head = fresh_head(recipe, architecture, backbone.num_features, annotations, train)
    annotator = Annotator(backbone, head).to(memory_format=torch.channels_last)
    return Network(annotator, architecture, report)


def fresh_head(
    recipe: Recipe, architecture: Architecture, num_features: int, annotations: AnnotationSet, train: np.ndarray
) -> Head:
    """Build the untrained head; the same seed gives the same start."""
    torch.manual_seed(derived_seed(recipe.run.seed, "head"))
    targets = annotations.targets.select(train)
    frequencies = targets.label_counts() / max(len(targets), 1)
    inputs = HeadInputs(num_features, annotations.vocabulary, frequencies)
    return build_head(architecture.head, architecture.head_options, inputs)


def check_model(options: ModelOptions) -> None:
    """Refuse early what building the network would refuse after all pictures have been read.

    Raises:
        OptionError: Unknown backbone.
        WeightsError: No such weights file.
    """
    resolve_name(options.backbone)
    if options.weights not in (PRETRAINED, RANDOM) and not Path(options.weights).expanduser().is_file():
        raise WeightsError(f"weights file {options.weights} does not exist")


def fingerprint(annotations: AnnotationSet) -> dict[str, Any]:
    """Describe a data set so that a change of pictures, labels or splits shows."""
    digest = hashlib.sha256()
    targets = annotations.targets
    splits = [] if annotations.splits is None else annotations.splits.tolist()
    for part in (annotations.names, list(annotations.vocabulary), splits):
        digest.update(json.dumps(part).encode())
    for array in (targets.row_starts, targets.columns, targets.values):
        digest.update(np.ascontiguousarray(array).tobytes())
    return {"pictures": len(annotations), "labels": len(annotations.vocabulary), "digest": digest.hexdigest()}


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
