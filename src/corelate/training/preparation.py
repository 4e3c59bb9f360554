"""From a recipe to what a training needs: the parts of the data, the network, and frozen features if wanted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from corelate.data.annotation_set import AnnotationSet
from corelate.data.images import read_image
from corelate.data.preprocessing import Preprocessing
from corelate.data.spec import load_annotations
from corelate.data.splits import folds, holdout
from corelate.errors import DataError, ImageReadError
from corelate.models.annotator import Annotator, Architecture, build_head
from corelate.models.backbones import InputConfig, build_backbone
from corelate.models.heads.base import Head, HeadInputs
from corelate.models.weights import WeightsReport
from corelate.training.progress import Reporter
from corelate.training.randomness import derived_seed
from corelate.training.recipe import ModelOptions, Recipe

TRAIN_SPLIT = "train"
TEST_SPLIT = "test"


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
    rows = np.arange(len(annotations))
    test = rows[:0]
    if TEST_SPLIT in annotations.split_names():
        test = np.flatnonzero(annotations.splits == TEST_SPLIT)
    validation = rows[:0]
    if "validation" in annotations.split_names():
        validation = np.flatnonzero(annotations.splits == "validation")
    learning = np.setdiff1d(rows, np.union1d(test, validation))
    if recipe.run.protocol == "seed":
        if not len(test):
            raise DataError("[run] protocol = 'seed' chooses on the test split, and the data set has none")
        return Parts(annotations, np.union1d(learning, validation), rows[:0], test, [])
    if options.folds:
        learning = np.union1d(learning, validation)
        divided = folds(annotations.select(learning), options.folds, recipe.run.seed)
        return Parts(annotations, learning, rows[:0], test, [(learning[a], learning[b]) for a, b in divided])
    if not len(validation):
        kept, held_out = holdout(annotations.select(learning), options.validation, recipe.run.seed)
        learning, validation = learning[kept], learning[held_out]
    return Parts(annotations, learning, validation, test, [])


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
