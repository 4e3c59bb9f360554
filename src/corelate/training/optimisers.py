"""Update rules, parameter groups and learning-rate schedules."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, Protocol

import torch
from timm.optim import param_groups_weight_decay
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from torch import nn

from corelate.errors import OptionError
from corelate.models.heads.base import Head
from corelate.training.recipe import OptimisationOptions

# The step schedule divides the learning rate by ten after each third of the run; it rises within the first.
STEP_PARTS = 3
STEP_FACTOR = 0.1


def build_optimiser(module: nn.Module, options: OptimisationOptions) -> torch.optim.Optimizer:
    """Return the optimiser for the trainable parameters of a module.

    Parameters under ``backbone.`` learn at `backbone_factor` times the head's rate, those of the head at the factors it
    asks for (`Head.learning_rate_factors`); a factor of 0 leaves them out. Biases and normalisation parameters are not
    decayed.

    Raises:
        OptionError: Every factor is 0.
    """
    groups: list[dict[str, Any]] = []
    for factor, parameters in learning_parts(module, options).items():
        for group in _decay_groups(parameters, options.weight_decay):
            groups.append({**group, "lr": options.learning_rate * factor})
    if options.optimiser == "sgd":
        nesterov = options.nesterov and options.momentum > 0
        return torch.optim.SGD(groups, lr=options.learning_rate, momentum=options.momentum, nesterov=nesterov)
    rule = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[options.optimiser]
    return rule(groups, lr=options.learning_rate)


def learning_parts(module: nn.Module, options: OptimisationOptions) -> dict[float, list[tuple[str, nn.Parameter]]]:
    """Return the parameters that learn, by the factor of their rate; the others are told to need no gradient.

    Raises:
        OptionError: Every factor is 0.
    """
    parts: dict[float, list[tuple[str, nn.Parameter]]] = {}
    factors = learning_rate_factors(module, options)
    for name, parameter in module.named_parameters():
        factor = next((factor for part, factor in factors.items() if f"{name}.".startswith(f"{part}.")), 1.0)
        parameter.requires_grad_(parameter.requires_grad and factor > 0)
        if parameter.requires_grad:
            parts.setdefault(factor, []).append((name, parameter))
    if not parts:
        raise OptionError(
            "nothing is left to learn: the backbone is frozen or has the rate 0, and so have all parts of the head; "
            "set a factor above 0"
        )
    return parts


def learning_rate_factors(module: nn.Module, options: OptimisationOptions) -> dict[str, float]:
    """Return the factors of the head's learning rate, by the beginning of a parameter's name; 1 for all others.

    Args:
        module: An annotator, or its head alone.
        options: Hold the backbone's factor.
    """
    if isinstance(module, Head):
        return dict(module.learning_rate_factors())
    head = getattr(module, "head", None)
    own = head.learning_rate_factors() if isinstance(head, Head) else {}
    return {"backbone": options.backbone_factor, **{f"head.{part}": factor for part, factor in own.items()}}


def _decay_groups(parameters: Iterable[tuple[str, nn.Parameter]], weight_decay: float) -> list[dict[str, Any]]:
    holder = nn.Module()
    for number, (_, parameter) in enumerate(parameters):
        holder.register_parameter(f"p{number}", parameter)
    groups: list[dict[str, Any]] = [g for g in param_groups_weight_decay(holder, weight_decay) if g["params"]]
    return groups


class Schedule(Protocol):
    """Sets the learning rate before each step."""

    def set(self, step: int) -> None:
        """Set the optimiser's groups for update number `step`, counted from 0."""


class OneCycle:
    """torch's one-cycle schedule, made to depend on the step number alone.

    It also cycles Adam's first beta (or the momentum) between 0.95 and 0.85, as torch does by default and the seeds do.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, steps: int, warmup: float) -> None:
        self.optimiser = optimiser
        peaks = [group["lr"] for group in optimiser.param_groups]
        # torch divides by zero where the rise ends exactly at the first step.
        rise = warmup if abs(warmup * steps - 1) > 1e-6 else warmup + 1e-3 / steps
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, peaks, total_steps=steps, pct_start=rise)

    def set(self, step: int) -> None:
        """Set learning rate and momentum for update number `step`."""
        if step == self._schedule.last_epoch:
            return
        self._schedule.last_epoch = step - 1
        with warnings.catch_warnings():
            # After a resume the first update of this process is not the first of the run, which torch can't know.
            warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
            self._schedule.step()


class TimmSchedule:
    """A timm scheduler, which depends on the step number by itself."""

    def __init__(self, scheduler: CosineLRScheduler | StepLRScheduler) -> None:
        self._scheduler = scheduler

    def set(self, step: int) -> None:
        """Set the learning rate for update number `step`."""
        self._scheduler.step_update(step)


class Milestones:
    """Divides the learning rate by ten at each milestone.

    Args:
        optimiser: Its rates now are those of the beginning.
        steps: Update numbers from which the next lower rate holds.
        warmup: Updates in which the rate rises to the beginning's.
    """

    def __init__(self, optimiser: torch.optim.Optimizer, steps: list[int], warmup: int) -> None:
        self.optimiser = optimiser
        self._rates = [group["lr"] for group in optimiser.param_groups]
        self._steps = steps
        self._warmup = warmup

    def set(self, step: int) -> None:
        """Set the learning rate for update number `step`."""
        factor = STEP_FACTOR ** sum(step >= milestone for milestone in self._steps)
        if step < self._warmup:
            factor *= (step + 1) / (self._warmup + 1)
        for group, rate in zip(self.optimiser.param_groups, self._rates, strict=True):
            group["lr"] = rate * factor


class Constant:
    """Leaves the learning rate as it is."""

    def set(self, step: int) -> None:
        """Do nothing."""


def build_schedule(optimiser: torch.optim.Optimizer, options: OptimisationOptions, steps: int) -> Schedule:
    """Return the schedule of a run of `steps` updates."""
    warmup = round(steps * options.warmup)
    lowest = min(group["lr"] for group in optimiser.param_groups)
    if options.schedule == "one_cycle":
        return OneCycle(optimiser, max(steps, 2), options.warmup)
    common: dict[str, Any] = {"warmup_t": warmup, "t_in_epochs": False, "warmup_lr_init": lowest / 25}
    if options.schedule == "cosine":
        return TimmSchedule(
            CosineLRScheduler(optimiser, t_initial=max(steps - warmup, 1), warmup_prefix=True, **common)
        )
    if options.schedule == "step" and options.milestones:
        return Milestones(optimiser, [steps * epoch // options.epochs for epoch in options.milestones], warmup)
    if options.schedule == "step":
        decay_steps = max(steps // STEP_PARTS, 1)
        return TimmSchedule(
            StepLRScheduler(optimiser, decay_t=decay_steps, decay_rate=STEP_FACTOR, warmup_prefix=False, **common)
        )
    return Constant()
