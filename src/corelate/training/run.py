"""One run, from a recipe to figures, weights and fitted decisions; each stage continues what a killed run left."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from corelate.data.spec import load_annotations
from corelate.files import locked, write_json, write_text
from corelate.losses.build import build_loss, build_sequence_loss
from corelate.training.batches import BatchSource, FeatureBatches, Order, PictureBatches, Share, evaluation_pixels
from corelate.training.checkpoints import save_tensors
from corelate.training.choices import predicts_tokens
from corelate.training.feature_cache import CachedFeatures
from corelate.training.frozen import FrozenBackbone
from corelate.training.label_knowledge import LabelFiles
from corelate.training.last_page import write_last_page
from corelate.training.loop import Fit, Position
from corelate.training.measuring import Measuring, Scored, cut_note, epoch_figures
from corelate.training.optimisers import learning_parts
from corelate.training.preparation import (
    Network,
    Parts,
    build_network,
    check_model,
    cut_groups_note,
    divide,
    fingerprint,
    fresh_head,
    unused_folds_note,
)
from corelate.training.processes import build_fabric, is_main_process, reading_processes
from corelate.training.progress import Reporter, Silent
from corelate.training.readable import without_unreadable
from corelate.training.recipe import Recipe
from corelate.training.run_folder import RunFolder, write_log
from corelate.training.scoring import feature_logits, own_rows, picture_logits
from corelate.training.transforms import TrainingTransform
from corelate.training.variants import VariantCounts, ever_learned, with_variants


def train(recipe: Recipe, path: Path, reporter: Reporter | None = None) -> dict[str, Any]:
    """Run a recipe.

    Args:
        recipe: What to do.
        path: Folder for the results; made here, must not hold anything.
        reporter: Is told about progress.

    Returns:
        The content of ``metrics.json``.

    Raises:
        RunError: The folder holds something already, or the training diverged.
        CorelateError: Data, weights or options can't be used; nothing has been written then.
    """
    folder = RunFolder(path)
    recipe = recipe.with_absolute_paths()
    check_model(recipe.model)
    fabric = build_fabric(recipe)
    if is_main_process():
        folder.create(recipe)
    try:
        return _Run(recipe, folder, fabric, reporter or Silent()).execute()
    except Exception:
        if is_main_process():
            folder.discard()
        raise


def resume(path: Path, reporter: Reporter | None = None) -> dict[str, Any]:
    """Go on with a run that was stopped; of a finished one no more than its missing page is written.

    Raises:
        RunError: There is no run in this folder.
    """
    folder = RunFolder(path)
    recipe, reporter = folder.read_recipe(), reporter or Silent()
    if folder.finished:
        reporter.message(f"{path} is finished already")
        if is_main_process():
            write_last_page(folder, recipe, reporter)
        return dict(folder.read_json(folder.metrics))
    return _Run(recipe, folder, build_fabric(recipe), reporter).execute()


@dataclass
class _Run:
    recipe: Recipe
    folder: RunFolder
    fabric: Fabric
    reporter: Reporter
    seconds: dict[str, float] = field(default_factory=dict)

    def execute(self) -> dict[str, Any]:
        """Do all stages and return the figures."""
        if self.recipe.run.threads:
            torch.set_num_threads(self.recipe.run.threads)
        self.fabric.launch()
        if not self.fabric.is_global_zero:
            self.reporter = Silent()
        with locked(self.folder.path) if self.fabric.is_global_zero else contextlib.nullcontext():
            self._prepare()
            position = self._train_kept_weights(self._train_folds())
            results = self._measure(position)
            if self.fabric.is_global_zero:
                write_last_page(self.folder, self.recipe, self.reporter)
            return results

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - started

    def _prepare(self) -> None:
        recipe = self.recipe
        self.workers = reading_processes(recipe, self.fabric)
        with self._timed("data"):
            self._read_data()
        if self.fabric.is_global_zero:
            self.folder.check_data(fingerprint(self.parts.annotations, places=predicts_tokens(self.recipe.head)))
            self.label_files.keep(self.folder)
            self.folder.note_curation(self.parts.annotations.curation)
        self.reporter.message(f"weights: {self.network.report}")
        if self.parts.annotations.curation is not None:
            self.reporter.message(self.parts.annotations.curation.describe())
        variants = VariantCounts.of(self.parts.annotations, self.parts.train).describe()
        notes = (unused_folds_note(self.parts, recipe.data), cut_groups_note(self.parts), cut_note(recipe, self.parts))
        for line in filter(None, [*self.label_files.describe(), *notes, variants]):
            self.reporter.message(line)
        self.features: CachedFeatures | None = None
        if recipe.model.frozen:
            with self._timed("features"):
                frozen = FrozenBackbone(self.network, recipe, self.fabric, self.workers, self.reporter)
                self.features = frozen.features(self.parts.annotations)
        if self.fabric.is_global_zero:
            write_json(self.folder.architecture, self.network.architecture.to_json())
            if len(self.parts.annotations.problems):
                write_text(self.folder.problems, self.parts.annotations.problems.report() + "\n")

    def _read_data(self) -> None:
        """Read the data set and build the network; mistakes show before the slow check of the pictures."""
        recipe = self.recipe
        annotations = ever_learned(load_annotations(recipe.data.full_spec(), strict=recipe.data.strict))
        self.label_files = LabelFiles.read(recipe.head, annotations.vocabulary, self.folder)
        self.parts: Parts = divide(annotations, recipe)
        self.network: Network = build_network(recipe, annotations, self.parts.train, self.label_files)
        annotator = self.network.annotator
        # Refuses factors that leave nothing to learn.
        learning_parts(annotator.head if recipe.model.frozen else annotator, recipe.optimisation)
        # All that may be learned from: without a damaged picture others may be held out, and theirs no more.
        readable = without_unreadable(annotations, recipe.data, self.reporter)
        if readable is not annotations:
            self.parts = divide(readable, recipe)
            self.network = build_network(recipe, readable, self.parts.train, self.label_files)

    def _train_folds(self) -> list[Position]:
        """Train on each fold, and note the out-of-fold scores."""
        if not self.parts.folds:
            return []
        positions = []
        rows = np.concatenate([held_out for _, held_out in self.parts.folds])
        logits = []
        for number, (learning, held_out) in enumerate(self.parts.folds):
            fit = self._fit(
                learning, held_out, self.folder.path / "folds" / str(number + 1), f"fold {number + 1} epoch"
            )
            with self._timed("training"):
                positions.append(fit.run())
            logits.append(self._logits(fit.module, held_out))
        self.validation = (rows, torch.cat(logits))
        return positions

    def _train_kept_weights(self, folds: list[Position]) -> Position:
        """Train the weights that the run keeps; after folds on all pictures, for as long as was best on the folds."""
        chooses = self.parts.validation
        options = self.recipe.optimisation
        if self.recipe.run.protocol == "seed":
            chooses = self.parts.test
        if folds:
            best = [(position.best_epoch or 0) + 1 for position in folds]
            options = replace(options, stop_epoch=round(sum(best) / len(best)), patience=0)
        fit = self._fit(self.parts.train, chooses, self.folder.path / "training", "epoch", options)
        with self._timed("training"):
            position = fit.run()
        self.module = fit.module
        if self.recipe.run.protocol == "seed":
            self.validation = (self.parts.train, self._logits(self.module, self.parts.train))
        elif not folds:
            self.validation = (chooses, self._logits(self.module, chooses))
        if self.fabric.is_global_zero:
            annotator = self.network.annotator
            if self.features is not None:
                annotator.head.load_state_dict(self.module.state_dict())
            else:
                annotator.load_state_dict(self.module.state_dict())
            tensors = annotator.state_dict()
            save_tensors(self.folder.weights, tensors, self.network.architecture.to_json())
        return position

    def _fit(self, learning: np.ndarray, chooses: np.ndarray, folder: Path, title: str, options: Any = None) -> Fit:
        recipe = self.recipe
        options = options or recipe.optimisation
        build = build_sequence_loss if predicts_tokens(recipe.head) else build_loss
        loss = build(recipe.loss.name, **vars(recipe.loss.options))
        # Every training starts from the same weights.
        module: nn.Module
        if self.features is not None:
            width = self.network.annotator.backbone.num_features
            module = fresh_head(recipe, width, self.parts.annotations, learning, self.label_files)
        else:
            module = build_network(recipe, self.parts.annotations, learning, self.label_files).annotator

        def evaluate(module: nn.Module) -> dict[str, float]:
            targets = self.parts.annotations.targets.dense(chooses)
            scored_loss = None if predicts_tokens(recipe.head) else loss
            hierarchy = self.parts.annotations.hierarchy
            return epoch_figures(self._logits(module, chooses), targets, scored_loss, hierarchy)

        # Where nothing can choose, the last epoch is kept: figures that are the same for every network chose the first.
        chosen = self.parts.annotations.targets.select(chooses).can_judge()
        return Fit(
            module,
            self._batches(learning, options.batch_size),
            loss,
            options,
            recipe.run.seed,
            folder,
            self.fabric,
            self.reporter,
            evaluate if len(chooses) and chosen else None,
            "per_class.f1" if recipe.run.protocol == "seed" else recipe.run.monitor,
            recipe.run.checkpoint_minutes * 60,
            lambda rows: write_log(folder, rows),
            title,
            recipe.augmentation,
        )

    def _batches(self, rows: np.ndarray, batch_size: int) -> BatchSource:
        recipe = self.recipe
        share = Share(self.fabric.global_rank, self.fabric.world_size)
        rows = with_variants(self.parts.annotations, rows)
        part = self.parts.annotations.select(rows)
        order = Order(len(rows), batch_size, recipe.run.seed, share, part.weights)
        places = predicts_tokens(recipe.head)
        if self.features is not None:
            return FeatureBatches(self.features, rows, part.targets, order, places=places)
        return PictureBatches(
            part,
            TrainingTransform(self.network.architecture.preprocessing, recipe.augmentation),
            order,
            workers=self.workers,
            pin_memory=self.fabric.device.type == "cuda",
            any_suffix=recipe.data.any_suffix,
            places=places,
        )

    def _logits(self, module: nn.Module, rows: np.ndarray) -> torch.Tensor:
        """Return logits of pictures, float32 on the CPU."""
        module.eval()
        if self.features is not None:
            return feature_logits(module, self.features, rows, self.fabric)
        own = [int(rows[position]) for position in own_rows(len(rows), self.fabric)]
        pixels = evaluation_pixels(
            self.parts.annotations,
            self.network.architecture.preprocessing,
            own,
            self.workers,
            any_suffix=self.recipe.data.any_suffix,
        )
        self.reporter.begin("scoring", len(rows), "images")
        logits = picture_logits(module, pixels, len(rows), self.fabric, self.reporter)
        self.reporter.end()
        return logits

    def _measure(self, position: Position) -> dict[str, Any]:
        """Fit the decision rules, measure, and write all results."""
        parts, test = self.parts, self.parts.test
        validation = Scored.of(parts, *self.validation)
        with self._timed("evaluation"):
            measured = Scored.of(parts, test, self._logits(self.module, test)) if len(test) else validation
        measuring = Measuring(self.recipe, parts, self.network, position, validation, measured, self.seconds)
        results = measuring.results()
        if self.fabric.is_global_zero:
            measuring.write(self.folder, results)
            for line in measuring.cautions():
                self.reporter.message(line)
        self.fabric.barrier()
        return results
