from __future__ import annotations

import pytest
import torch

from corelate.models.heads.base import Head
from corelate.training.optimisers import build_optimiser, build_schedule
from corelate.training.recipe import OptimisationOptions


class Tiny(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.BatchNorm2d(4))
        self.head = torch.nn.Linear(4, 2)


def rates(options: OptimisationOptions, steps: int) -> list[float]:
    optimiser = build_optimiser(Tiny(), options)
    schedule = build_schedule(optimiser, options, steps)
    seen = []
    for step in range(steps):
        schedule.set(step)
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
    return seen


def test_parameter_groups():
    options = OptimisationOptions(learning_rate=0.1, backbone_factor=0.5, weight_decay=0.01)
    optimiser = build_optimiser(Tiny(), options)
    groups = [
        (group["lr"], group["weight_decay"], [tuple(parameter.shape) for parameter in group["params"]])
        for group in optimiser.param_groups
    ]
    assert groups == [
        (0.05, 0.0, [(4,), (4,), (4,)]),
        (0.05, 0.01, [(4, 3, 1, 1)]),
        (0.1, 0.0, [(2,)]),
        (0.1, 0.01, [(2, 4)]),
    ]


def test_a_backbone_factor_of_zero_leaves_the_backbone_alone():
    module = Tiny()
    optimiser = build_optimiser(module, OptimisationOptions(backbone_factor=0.0))
    assert sum(len(group["params"]) for group in optimiser.param_groups) == 2
    assert not any(parameter.requires_grad for parameter in module.backbone.parameters())


def test_one_cycle_is_the_seeds():
    """The learning rates at the start of some epochs, 80 epochs of 141 steps, highest 1e-4, a fifth rising."""
    options = OptimisationOptions(learning_rate=1e-4, warmup=0.2, epochs=80, optimiser="adam")
    seen = rates(options, 80 * 141)
    expected = {0: 4e-6, 1: 4.92e-6, 8: 5.2e-5, 16: 1e-4, 40: 6.91e-5, 60: 2.22e-5}
    for epoch, rate in expected.items():
        assert seen[epoch * 141] == pytest.approx(rate, rel=5e-3), epoch
    assert seen[-1] == pytest.approx(4e-10)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.2, 0.5, 0.9])
def test_one_cycle_of_few_steps(steps: int, warmup: float):
    seen = rates(OptimisationOptions(learning_rate=1.0, warmup=warmup), steps)
    assert all(0 < rate <= 1 for rate in seen[:-1])


def test_one_cycle_moves_the_first_beta():
    options = OptimisationOptions(optimiser="adam", warmup=0.2)
    optimiser = build_optimiser(Tiny(), options)
    schedule = build_schedule(optimiser, options, 100)
    betas = []
    for step in (0, 19, 99):
        schedule.set(step)
        betas.append(optimiser.param_groups[0]["betas"][0])
    assert betas == pytest.approx([0.95, 0.85, 0.95])


@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "step", "constant"])
def test_a_schedule_depends_on_the_step_alone(schedule: str):
    options = OptimisationOptions(schedule=schedule, warmup=0.1)
    whole = rates(options, 40)
    optimiser = build_optimiser(Tiny(), options)
    later = build_schedule(optimiser, options, 40)
    later.set(23)
    assert optimiser.param_groups[0]["lr"] == whole[23]
    assert all(rate > 0 for rate in whole[1:-1])


def test_the_step_schedule_falls_to_a_tenth():
    seen = rates(OptimisationOptions(schedule="step", warmup=0.0, learning_rate=1.0), 30)
    assert seen[0] == 1.0
    assert seen[15] == pytest.approx(0.1)
    assert seen[25] == pytest.approx(0.01)


def test_the_step_schedule_falls_at_milestones():
    options = OptimisationOptions(schedule="step", warmup=0.0, learning_rate=1.0, epochs=10, milestones=(3, 8, 30))
    seen = rates(options, 50)
    assert seen == pytest.approx([1.0] * 15 + [0.1] * 25 + [0.01] * 10)


def test_the_rate_rises_to_the_first_milestone():
    options = OptimisationOptions(schedule="step", warmup=0.2, learning_rate=1.0, epochs=10, milestones=(5,))
    assert rates(options, 10) == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1])


def test_sgd_looks_ahead_unless_told_not_to():
    built = [build_optimiser(Tiny(), OptimisationOptions(optimiser="sgd", nesterov=value)) for value in (True, False)]
    assert [optimiser.param_groups[0]["nesterov"] for optimiser in built] == [True, False]


class TwoRates(Head):
    def __init__(self) -> None:
        torch.nn.Module.__init__(self)
        self.first = torch.nn.Linear(4, 3, bias=False)
        self.first_again = torch.nn.Linear(3, 5, bias=False)
        self.last = torch.nn.Linear(5, 2, bias=False)

    def learning_rate_factors(self) -> dict[str, float]:
        return {"first": 0.5, "last": 0.0}


@pytest.mark.parametrize("alone", [True, False])
def test_a_head_has_its_own_factors(alone: bool):
    module = TwoRates() if alone else Tiny()
    if not alone:
        module.head = TwoRates()
    optimiser = build_optimiser(module, OptimisationOptions(learning_rate=0.1, backbone_factor=0.2))
    found = {tuple(parameter.shape): group["lr"] for group in optimiser.param_groups for parameter in group["params"]}
    assert found.pop((3, 4)) == pytest.approx(0.05)
    assert found.pop((5, 3)) == pytest.approx(0.1), "only whole names count"
    assert (2, 5) not in found, "a factor of 0 leaves a layer alone"
    assert all(rate == pytest.approx(0.02) for rate in found.values())


def test_cosine_rises_and_falls():
    seen = rates(OptimisationOptions(schedule="cosine", warmup=0.2, learning_rate=1.0), 50)
    assert seen.index(max(seen)) == 10
    assert seen[-1] < 0.01


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_every_optimiser_makes_a_step(optimiser: str):
    module = Tiny()
    before = module.head.weight.clone()
    built = build_optimiser(module, OptimisationOptions(optimiser=optimiser, learning_rate=0.1))
    module.head(torch.ones(1, 4)).sum().backward()
    built.step()
    assert not torch.equal(module.head.weight, before)


@pytest.mark.parametrize("schedule", ["cosine", "step"])
def test_no_group_begins_above_its_peak(schedule: str):
    options = OptimisationOptions(schedule=schedule, warmup=0.2, learning_rate=1.0, backbone_factor=0.01)
    optimiser = build_optimiser(Tiny(), options)
    course = build_schedule(optimiser, options, 30)
    for step in range(30):
        course.set(step)
        assert optimiser.param_groups[0]["lr"] <= 0.01 + 1e-12
        assert optimiser.param_groups[-1]["lr"] <= 1.0 + 1e-12
