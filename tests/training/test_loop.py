"""The loop on a tiny head: resuming, the best epoch, averages, clipping, divergence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric

from corelate.data.targets import TargetMatrix
from corelate.errors import RunError
from corelate.losses.build import build_loss
from corelate.training.batches import FeatureBatches, Order
from corelate.training.checkpoints import load_tensors
from corelate.training.loop import BEST, LAST, Fit, Position
from corelate.training.objective import Objective
from corelate.training.progress import Silent
from corelate.training.recipe import OptimisationOptions

OPTIONS = OptimisationOptions(epochs=4, batch_size=4, learning_rate=0.05, ema=0.8, weight_decay=0.01)


class StoppedError(Exception):
    pass


class StopsAfter(Silent):
    """Ends the process, so to speak, after some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, units: int, detail: str = "") -> None:
        self.left -= 1 if detail == "" and units == 1 else 0
        if self.left < 0:
            raise StoppedError


def make_fit(folder: Path, options: OptimisationOptions = OPTIONS, **changes: Any) -> Fit:
    generator = np.random.default_rng(0)
    features = torch.from_numpy(generator.normal(size=(18, 6, 1, 1)).astype(np.float32))
    targets = TargetMatrix.from_dense((generator.random((18, 3)) < 0.4).astype(np.int8))
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(6, 3))
    batches = FeatureBatches(features, np.arange(18), targets, Order(18, options.batch_size, 1))
    settings: dict[str, Any] = {
        "module": module,
        "batches": batches,
        "loss": build_loss("bce"),
        "options": options,
        "seed": 1,
        "folder": folder,
        "fabric": Fabric(accelerator="cpu", devices=1),
        "reporter": Silent(),
        "checkpoint_seconds": 0.0,
    }
    return Fit(**{**settings, **changes})


def by_weight(module: torch.nn.Module) -> dict[str, float]:
    return {"map": float(module[2].weight.detach().abs().sum()), "loss": float(module[2].bias.detach().sum())}


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("schedule", ["one_cycle", "cosine", "step", "constant"])
@pytest.mark.parametrize("stop", [0, 1, 3, 5, 7, 18])
def test_a_run_stopped_anywhere_ends_with_the_same_weights(tmp_path: Path, stop: int, schedule: str, optimiser: str):
    options = replace(OPTIONS, schedule=schedule, optimiser=optimiser, clip=1.0)
    whole = make_fit(tmp_path / "whole", options, evaluate=by_weight)
    expected = whole.run()
    with pytest.raises(StoppedError):
        make_fit(tmp_path / "cut", options, evaluate=by_weight, reporter=StopsAfter(stop)).run()
    again = make_fit(tmp_path / "cut", options, evaluate=by_weight)
    found = again.run()
    assert (tmp_path / "cut" / BEST).read_bytes() == (tmp_path / "whole" / BEST).read_bytes()
    for name in ("module", "average", "optimiser"):
        one, other = (load_tensors(tmp_path / run / LAST)[0] for run in ("whole", "cut"))
        assert all(torch.equal(one[key], other[key]) for key in one if key.startswith(name))
    drop = "images_per_second"
    assert [{k: v for k, v in row.items() if k != drop} for row in found.history] == [
        {k: v for k, v in row.items() if k != drop} for row in expected.history
    ]


def test_a_finished_run_is_not_trained_again(tmp_path: Path):
    make_fit(tmp_path).run()
    before = (tmp_path / LAST).read_bytes()
    position = make_fit(tmp_path, reporter=StopsAfter(0)).run()
    assert position.epoch == 4
    assert (tmp_path / LAST).read_bytes() == before


def test_without_evaluation_the_last_epoch_is_kept(tmp_path: Path):
    fit = make_fit(tmp_path)
    position = fit.run()
    assert position.best_epoch == 3
    assert position.best is None
    tensors, about = load_tensors(tmp_path / BEST)
    assert about == {"epoch": 4}
    assert torch.equal(fit.module[2].weight, tensors["2.weight"])


def with_figures(figures: list[float], name: str = "map") -> Any:
    values = iter(figures)
    return lambda module: {name: next(values)}


def test_the_best_epoch_is_kept(tmp_path: Path):
    kept: list[torch.Tensor] = []
    values = iter([0.1, 0.4, 0.3, 0.4])

    def evaluate(module: torch.nn.Module) -> dict[str, float]:
        kept.append(module[2].weight.detach().clone())
        return {"map": next(values)}

    fit = make_fit(tmp_path, evaluate=evaluate)
    position = fit.run()
    assert (position.best_epoch, position.best) == (1, 0.4), "the first of equal figures"
    assert torch.equal(fit.module[2].weight, kept[1])


def test_a_smaller_loss_is_better(tmp_path: Path):
    fit = make_fit(tmp_path, evaluate=with_figures([0.5, 0.2, 0.3, 0.4], "loss"), monitor="loss")
    assert fit.run().best_epoch == 1


def test_patience_ends_a_run(tmp_path: Path):
    options = replace(OPTIONS, patience=2)
    position = make_fit(tmp_path, options, evaluate=with_figures([0.5, 0.4, 0.3, 0.9])).run()
    assert (position.epoch, position.best_epoch, position.stopped) == (3, 0, True)


def test_a_hard_stop_leaves_the_schedule_unfinished(tmp_path: Path):
    fit = make_fit(tmp_path, replace(OPTIONS, stop_epoch=2))
    assert fit.run().epoch == 2
    assert fit._optimiser.param_groups[0]["lr"] > 0.01


def test_the_average_is_what_is_evaluated(tmp_path: Path):
    seen = []
    fit = make_fit(tmp_path, replace(OPTIONS, epochs=1), evaluate=lambda module: seen.append(module) or {"map": 0.0})
    fit.run()
    assert seen[0] is fit._average.module


def test_divergence_is_one_error_and_keeps_the_last_good_state(tmp_path: Path):
    class Broken(torch.nn.Module):
        calls = 0

        def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return logits.sum() * (float("nan") if self.calls > 7 else 1.0)

    fit = make_fit(tmp_path, loss=Broken(), checkpoint_seconds=1e9)
    with pytest.raises(RunError, match=r"the loss is nan in epoch 2.*start a new run"):
        fit.run()
    assert load_tensors(tmp_path / LAST)[1]["position"]["epoch"] == 1


def test_clipping_limits_the_step(tmp_path: Path):
    options = replace(OPTIONS, epochs=1, optimiser="sgd", schedule="constant", ema=0.0, momentum=0.0, weight_decay=0.0)
    moved = {}
    for clip in (0.0, 1e-4):
        fit = make_fit(tmp_path / str(clip), replace(options, clip=clip))
        before = fit.module[2].weight.detach().clone()
        fit.run()
        moved[clip] = (fit.module[2].weight.detach() - before).norm().item()
    assert moved[1e-4] <= 5 * 1e-4 * options.learning_rate * 1.01 < moved[0.0]


def test_dropout_differs_from_step_to_step(tmp_path: Path):
    seen: list[torch.Tensor] = []
    fit = make_fit(tmp_path, replace(OPTIONS, epochs=1))
    fit.module[1].register_forward_hook(lambda module, inputs, output: seen.append(output == 0))
    fit.run()
    assert not torch.equal(seen[0], seen[1])


class WithObjective(torch.nn.Sequential):
    """Has an objective of its own, and notes how far the training is."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Flatten(), torch.nn.Dropout(0.5), torch.nn.Linear(6, 3))
        self.seen: list[float] = []

    def objective(
        self, inputs: torch.Tensor, targets: torch.Tensor, loss: torch.nn.Module, progress: float
    ) -> torch.Tensor:
        self.seen.append(progress)
        return (1 + progress) * loss(self(inputs), targets)


def test_a_module_s_own_objective_is_what_is_trained(tmp_path: Path):
    torch.manual_seed(0)
    module = WithObjective()
    start = [parameter.detach().clone() for parameter in module.parameters()]
    fit = make_fit(tmp_path / "own", module=module)
    fit.run()
    assert module.seen == [update / 20 for update in range(20)], "18 pictures: 5 batches in each of 4 epochs"
    plain = make_fit(tmp_path / "plain")
    assert all(torch.equal(one, other) for one, other in zip(start, plain.module.parameters(), strict=True))
    plain.run()
    assert not torch.equal(plain.module[2].weight, module[2].weight)
    assert load_tensors(tmp_path / "own" / BEST)[0].keys() == load_tensors(tmp_path / "plain" / BEST)[0].keys()


def test_progress_is_counted_over_the_whole_schedule_and_goes_on_where_it_was(tmp_path: Path):
    options = replace(OPTIONS, stop_epoch=2)
    with pytest.raises(StoppedError):
        make_fit(tmp_path, options, module=WithObjective(), reporter=StopsAfter(7)).run()
    again = WithObjective()
    make_fit(tmp_path, options, module=again).run()
    assert again.seen == [update / 20 for update in (7, 8, 9)]


def test_a_module_without_an_objective_trains_on_its_logits():
    logits, targets = torch.randn(4, 3), torch.randint(0, 2, (4, 3)).float()
    loss = build_loss("focal")
    assert Objective(torch.nn.Identity(), loss)(logits, targets, 0.5) == loss(logits, targets)


def test_half_precision_loses_nothing_in_the_loss(tmp_path: Path):
    seen: list[torch.dtype] = []

    class Noted(torch.nn.Module):
        def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            value = build_loss("bce")(logits, targets)
            seen.append(value.dtype)
            return value

    make_fit(tmp_path, loss=Noted(), fabric=Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")).run()
    assert set(seen) == {torch.float32}


def test_the_position_can_be_written_down():
    position = Position(epoch=2, history=[{"epoch": 1.0}])
    assert Position(**vars(position)) == position
