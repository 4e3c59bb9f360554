"""The training loop.

Everything random in it is drawn from the run's seed and the position in the run (`corelate.training.randomness`), and
a checkpoint holds all else that has a memory. A run killed at any moment and started again therefore ends with the same
weights, bit for bit where the arithmetic is (as on a CPU).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from timm.utils import ModelEmaV3
from torch import nn

from corelate.errors import RunError, WeightsError
from corelate.training.batches import BatchSource
from corelate.training.checkpoints import (
    flatten,
    load_tensors,
    optimiser_settings,
    optimiser_tensors,
    part,
    restore_optimiser,
    save_tensors,
)
from corelate.training.mixing import Mix, draw_mix
from corelate.training.objective import Objective
from corelate.training.optimisers import build_optimiser, build_schedule
from corelate.training.progress import Reporter
from corelate.training.randomness import derived_seed
from corelate.training.recipe import AugmentationOptions, OptimisationOptions

LAST = "last.safetensors"
BEST = "best.safetensors"

Figures = Mapping[str, float]


@dataclass
class Position:
    """Where a run stands; kept in each checkpoint.

    Attributes:
        epoch: The epoch that is under way, from 0.
        step: Batches of it that are done.
        loss_sum: Sum of their losses.
        best_epoch: The epoch with the best figure so far, from 0, or None.
        best: That figure.
        history: One row of figures for each finished epoch.
        stopped: Whether patience ran out.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_epoch: int | None = None
    best: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False


@dataclass
class Fit:
    """One training from start to end, in a folder of its own.

    Attributes:
        module: What is trained: an annotator, or its head alone. ``forward(inputs) -> logits`` is what is evaluated.
        batches: The training batches.
        loss: What the module's `objective` is to make smaller; without one, it maps logits and targets to a scalar.
        options: How to optimise.
        seed: The run's seed.
        folder: Where checkpoints go; an unfinished one found there is continued.
        fabric: Devices, precision and processes.
        reporter: Is told about progress.
        evaluate: Gives the figures of a module on the pictures that choose the epoch; None to keep the last epoch.
        monitor: The figure that chooses; the larger the better, except ``loss``.
        checkpoint_seconds: Longest time between checkpoints within an epoch.
        on_epoch: Called in the main process with all rows so far, after each epoch.
        title: What an epoch is called when progress is told.
        augmentation: Says how the pictures of a batch are mixed; what is done to each by itself, `batches` has done.
    """

    module: nn.Module
    batches: BatchSource
    loss: nn.Module
    options: OptimisationOptions
    seed: int
    folder: Path
    fabric: Fabric
    reporter: Reporter
    evaluate: Callable[[nn.Module], Figures] | None = None
    monitor: str = "map"
    checkpoint_seconds: float = 300.0
    on_epoch: Callable[[list[dict[str, float]]], None] | None = None
    title: str = "epoch"
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)

    def run(self) -> Position:
        """Train, and leave the kept weights in the module and in ``best.safetensors``.

        Raises:
            RunError: The loss is no longer a finite number.
        """
        self._set_up()
        position = self._restore()
        while position.epoch < self._last_epoch and not position.stopped:
            self._train_epoch(position)
            self._finish_epoch(position)
        kept, _ = load_tensors(self.folder / BEST)
        self.module.load_state_dict(kept)
        return position

    @property
    def _last_epoch(self) -> int:
        return min(self.options.stop_epoch or self.options.epochs, self.options.epochs)

    def _set_up(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = self.options
        self._optimiser = build_optimiser(self.module, options)
        self._updates = options.epochs * self.batches.steps()
        self._schedule = build_schedule(self._optimiser, options, self._updates)
        # The objective, not the module: precision and processes take part in what is called on what they wrap.
        self._wrapped, self._stepper = self.fabric.setup(Objective(self.module, self.loss), self._optimiser)
        self._average = ModelEmaV3(self.module, decay=options.ema, use_warmup=True) if options.ema else None

    @property
    def _kept(self) -> nn.Module:
        """The weights that are evaluated and kept: the averaged ones if there are any."""
        return self._average.module if self._average else self.module

    def _train_epoch(self, position: Position) -> None:
        self.module.train()
        steps = self.batches.steps()
        self.reporter.begin(f"{self.title} {position.epoch + 1}/{self._last_epoch}", steps, "steps")
        self.reporter.advance(position.step)
        total = torch.tensor(position.loss_sum, dtype=torch.float64, device=self.fabric.device)
        saved, pictures, started = time.monotonic(), 0, time.monotonic()
        for inputs, targets in self.batches.epoch(position.epoch, position.step):
            total += self._train_step(inputs, targets, position.epoch * steps + position.step)
            position.step += 1
            pictures += len(inputs) * self.fabric.world_size
            detail = ""
            if self.reporter.wants_detail():
                rate = pictures / (time.monotonic() - started)
                detail = f"loss {total.item() / position.step:.4g}, {rate:.0f} images/s{self._best_so_far(position)}"
            self.reporter.advance(1, detail)
            # One process only, and without waiting for the others, whose clocks differ.
            due = self.fabric.is_global_zero and time.monotonic() - saved > self.checkpoint_seconds
            if due and position.step < steps:
                position.loss_sum = self._checked(total, position)
                self._write_checkpoint(position)
                saved = time.monotonic()
        position.loss_sum = self._checked(total, position)
        seconds = time.monotonic() - started
        self._row = {"loss": position.loss_sum / steps, "images_per_second": pictures / max(seconds, 1e-9)}
        self.reporter.end()

    def _train_step(self, inputs: torch.Tensor, targets: torch.Tensor, update: int) -> torch.Tensor:
        """Make one update and return its loss."""
        rank = self.fabric.global_rank
        torch.manual_seed(derived_seed(self.seed, "step", update, rank))
        self._schedule.set(update)
        mix = draw_mix(self.augmentation, derived_seed(self.seed, "mix", update, rank), inputs.shape)
        inputs, targets, mix = self.fabric.to_device((inputs, targets, mix))
        if inputs.ndim == 4 and inputs.shape[1] == 3:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        loss = self._objective(inputs, targets, update / self._updates, mix)
        self._stepper.zero_grad()
        self.fabric.backward(loss)
        if self.options.clip:
            self.fabric.clip_gradients(
                self._wrapped, self._stepper, max_norm=self.options.clip, error_if_nonfinite=False
            )
        self._stepper.step()
        if self._average:
            self._average.update(self.module, step=update)
        return loss.detach()

    def _objective(self, inputs: torch.Tensor, targets: torch.Tensor, progress: float, mix: Mix | None) -> torch.Tensor:
        try:
            loss: torch.Tensor = self._wrapped(inputs, targets, progress, mix)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise RunError(
                "batch norm can't be trained on a batch of one picture whose map is 1×1; use a larger --batch-size, "
                "more pictures or a larger --image-size, or for a head that standardises its features "
                "--head-option standardise=false"
            ) from error
        return loss

    def _checked(self, total: torch.Tensor, position: Position) -> float:
        value = float(total.item())
        if not math.isfinite(value):
            raise RunError(
                f"the loss is {value} in epoch {position.epoch + 1}, by step {position.step}: training has diverged; "
                "start a new run with a lower --learning-rate, --clip 1 or --precision 32-true, and another --out"
            )
        return value

    def _finish_epoch(self, position: Position) -> None:
        row = {"epoch": position.epoch + 1.0, **self._row}
        better = True
        if self.evaluate is not None:
            self._kept.eval()
            self._share_buffers()
            figures = self.evaluate(self._kept)
            row.update({f"validation.{name}": value for name, value in figures.items()})
            sign = -1.0 if self.monitor == "loss" else 1.0
            better = position.best is None or sign * figures[self.monitor] > sign * position.best
            if better:
                position.best = float(figures[self.monitor])
        if better:
            position.best_epoch = position.epoch
        position.history.append(row)
        position.epoch, position.step, position.loss_sum = position.epoch + 1, 0, 0.0
        waited = position.epoch - 1 - (position.best_epoch or 0)
        position.stopped = bool(self.options.patience) and self.evaluate is not None and waited >= self.options.patience
        # The best weights first: a checkpoint that says so must never be without them.
        if self.fabric.is_global_zero:
            if better:
                save_tensors(self.folder / BEST, self._kept.state_dict(), {"epoch": position.epoch})
            if self.on_epoch:
                self.on_epoch(position.history)
            self._write_checkpoint(position)
        self.fabric.barrier()

    def _best_so_far(self, position: Position) -> str:
        return "" if position.best is None else f", best {self.monitor} {position.best:.4g}"

    def _share_buffers(self) -> None:
        """Give all processes the first one's batch statistics: what is evaluated is then what is kept."""
        if self.fabric.world_size > 1:
            for module in (self.module, self._kept):
                for buffer in module.buffers():
                    torch.distributed.broadcast(buffer, 0)

    def _write_checkpoint(self, position: Position) -> None:
        tensors = {
            **flatten("module", self.module.state_dict()),
            **flatten("average", self._average.module.state_dict() if self._average else {}),
            **flatten("optimiser", optimiser_tensors(self._optimiser)),
        }
        about = {
            "position": vars(position),
            "optimiser": optimiser_settings(self._optimiser),
            "precision": self.fabric.strategy.precision.state_dict(),
        }
        save_tensors(self.folder / LAST, tensors, about)

    def _restore(self) -> Position:
        if not (self.folder / LAST).exists():
            return Position()
        try:
            tensors, about = load_tensors(self.folder / LAST)
            self.module.load_state_dict(part("module", tensors))
            if self._average:
                self._average.module.load_state_dict(part("average", tensors))
            restore_optimiser(self._optimiser, part("optimiser", tensors), about["optimiser"])
            self.fabric.strategy.precision.load_state_dict(about["precision"])
            position = Position(**about["position"])
        except (WeightsError, KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise RunError(
                f"the checkpoint {self.folder / LAST} can't be used ({reason}); delete it to begin this training anew"
            ) from error
        self.reporter.message(f"continuing at {self.title} {position.epoch + 1}, step {position.step}")
        return position


def describe(position: Position) -> dict[str, Any]:
    """Return what the run's results say about a training."""
    best = None if position.best_epoch is None else position.best_epoch + 1
    return {
        "epochs": position.epoch,
        "best_epoch": best,
        "best_figure": position.best,
        "stopped_early": position.stopped,
    }
