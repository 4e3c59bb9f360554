"""MixUp and CutMix: what is drawn, what the network sees, and what it is taught."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from scipy import stats
from torch import nn

from corelate.data.targets import TargetMatrix
from corelate.losses import LOSSES
from corelate.losses.build import build_loss
from corelate.training.batches import FeatureBatches, Order
from corelate.training.checkpoints import load_tensors
from corelate.training.loop import BEST, LAST, Fit
from corelate.training.mixing import Mix, MixedLoss, draw_box, draw_mix, own_share
from corelate.training.objective import Objective
from corelate.training.progress import Silent
from corelate.training.recipe import AugmentationOptions, OptimisationOptions, Recipe
from corelate.training.run import train

from .conftest import tensors_of

MIXUP, CUTMIX = AugmentationOptions(mixup=0.4), AugmentationOptions(cutmix=1.0)
SHAPE = torch.Size([6, 3, 12, 20])
PARTNERS = torch.tensor([2, 0, 1, 3])
BLEND, PASTE = Mix(PARTNERS, 0.7), Mix(PARTNERS, 0.7, (1, 4, 2, 6))
KINDS = pytest.mark.parametrize("mix", [BLEND, PASTE], ids=["mixup", "cutmix"])


def drawn(options: AugmentationOptions, count: int = 400, shape: torch.Size = SHAPE) -> list[Mix | None]:
    return [draw_mix(options, seed, shape) for seed in range(count)]


def pictures() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, 3, 5, 8, generator=generator)


def some_targets(*, unknown: bool = False) -> torch.Tensor:
    targets = torch.tensor([[1, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]]).float()
    if unknown:
        targets[0, 1] = targets[2, 2] = targets[3, 3] = -1
    return targets


def test_mixup_blends_each_pixel_with_the_partner_s():
    given = pictures()
    mixed = BLEND.blend(given)
    for picture, partner in enumerate(PARTNERS.tolist()):
        torch.testing.assert_close(mixed[picture], 0.7 * given[picture] + 0.3 * given[partner])


def test_cutmix_takes_the_box_from_the_partner_and_nothing_else():
    given = pictures()
    mixed = PASTE.blend(given)
    for picture, partner in enumerate(PARTNERS.tolist()):
        for row in range(5):
            for column in range(8):
                source = partner if 1 <= row < 4 and 2 <= column < 6 else picture
                assert torch.equal(mixed[picture, :, row, column], given[source, :, row, column])


@KINDS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_mixing_keeps_type_layout_and_the_given_batch(mix: Mix, dtype: torch.dtype):
    given = pictures().to(dtype).contiguous(memory_format=torch.channels_last)
    before = given.clone()
    mixed = mix.blend(given)
    assert mixed.dtype == dtype
    assert mixed.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(given, before)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_nothing_or_all_gives_one_of_the_two(share: float):
    given = pictures()
    assert torch.equal(Mix(PARTNERS, share).blend(given), given if share else given[PARTNERS])


@pytest.mark.parametrize("share", np.linspace(0, 1, 11))
def test_a_box_has_the_share_and_lies_inside(share: float):
    generator = np.random.default_rng(0)
    height, width = 48, 72
    for _ in range(200):
        top, bottom, left, right = draw_box(share, height, width, generator)
        assert 0 <= top <= bottom <= height
        assert 0 <= left <= right <= width
        # Only what is cut off at the edge, or rounded, is missing.
        assert bottom - top <= height * (1 - share) ** 0.5 + 1e-9
        assert right - left <= width * (1 - share) ** 0.5 + 1e-9
        if top > 0 and bottom < height and left > 0 and right < width:
            whole = int(height * (1 - share) ** 0.5) * int(width * (1 - share) ** 0.5)
            assert (bottom - top) * (right - left) == whole


def test_the_centre_of_a_box_may_be_anywhere():
    generator = np.random.default_rng(0)
    boxes = [draw_box(0.75, 8, 8, generator) for _ in range(2000)]
    covered = np.zeros((8, 8))
    for top, bottom, left, right in boxes:
        covered[top:bottom, left:right] += 1
    assert covered.min() > 0
    assert min(top for top, *_ in boxes) == 0
    assert max(bottom for _, bottom, *_ in boxes) == 8
    assert {left for _, _, left, _ in boxes} == set(range(6))


def test_lambda_of_cutmix_is_the_area_that_is_left():
    for mix in drawn(CUTMIX):
        seen = mix.blend(torch.arange(6.0)[:, None, None, None].expand(SHAPE))
        picture = next((one for one, other in enumerate(mix.partners.tolist()) if one != other), None)
        if picture is not None:
            assert mix.share == pytest.approx(float((seen[picture] == picture).float().mean()))
    assert own_share((1, 4, 2, 6), 5, 8) == pytest.approx(1 - 12 / 40)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_lambda_of_mixup_is_drawn_from_the_beta_distribution(alpha: float):
    shares = [mix.share for mix in drawn(AugmentationOptions(mixup=alpha), 2000)]
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 0.01


@pytest.mark.parametrize("alpha", [5e-324, 1e-200, 1e-9])
def test_alphas_next_to_nothing_leave_one_of_the_two(alpha: float):
    assert {mix.share for mix in drawn(AugmentationOptions(mixup=alpha), 50)} == {0.0, 1.0}


def test_both_kinds_share_the_batches_and_the_chance_holds():
    mixes = drawn(AugmentationOptions(mixup=0.4, cutmix=1.0, mix_chance=0.5), 2000)
    mixed = [mix for mix in mixes if mix is not None]
    assert len(mixed) == pytest.approx(1000, abs=90)
    assert sum(mix.box is None for mix in mixed) == pytest.approx(500, abs=80)


def test_nothing_is_mixed_without_an_alpha_or_a_chance_or_a_second_picture():
    assert drawn(AugmentationOptions(), 20) == [None] * 20
    assert drawn(replace(MIXUP, mix_chance=0.0), 20) == [None] * 20
    assert drawn(CUTMIX, 20, torch.Size([1, 3, 12, 20])) == [None] * 20


def test_partners_are_a_permutation_that_differs_from_step_to_step():
    mixes = drawn(MIXUP, 50)
    assert all(sorted(mix.partners.tolist()) == list(range(6)) for mix in mixes)
    assert len({tuple(mix.partners.tolist()) for mix in mixes}) > 40


@pytest.mark.parametrize("options", [MIXUP, CUTMIX], ids=["mixup", "cutmix"])
def test_equal_seeds_give_equal_mixes_whatever_torch_has_drawn(options: AugmentationOptions):
    torch.manual_seed(1)
    one = draw_mix(options, 7, SHAPE)
    torch.rand(5)
    other = draw_mix(options, 7, SHAPE)
    assert one._replace(partners=None) == other._replace(partners=None)
    assert torch.equal(one.partners, other.partners)


@pytest.mark.parametrize("taught", ["mean", "union"])
def test_the_option_says_what_is_taught(taught: str):
    assert {mix.union for mix in drawn(replace(CUTMIX, mix_targets=taught), 5)} == {taught == "union"}


def test_bce_of_mixed_pictures_is_that_of_mixed_targets():
    logits, targets = torch.randn(4, 4, dtype=torch.float64, requires_grad=True), some_targets().double()
    mixed = 0.7 * targets + 0.3 * targets[PARTNERS]
    expected = nn.functional.binary_cross_entropy_with_logits(logits, mixed)
    found = MixedLoss(build_loss("bce"), BLEND, 0.5)(logits, targets)
    torch.testing.assert_close(found, expected)
    slopes = [torch.autograd.grad(loss, logits)[0] for loss in (found, expected)]
    torch.testing.assert_close(*slopes)


@pytest.mark.parametrize("name", LOSSES.names)
@pytest.mark.parametrize("unknown", [False, True], ids=["known", "unknown"])
def test_every_loss_of_mixed_pictures_is_the_mean_over_both_targets_picture_by_picture(name: str, unknown: bool):
    logits, targets = torch.randn(4, 4, dtype=torch.float64), some_targets(unknown=unknown).double()
    # The sum over a batch is that of its pictures; the mean over what is known is not.
    loss = build_loss(name, reduction="sum")
    expected = sum(
        0.7 * loss(logits[[one]], targets[[one]], 0.5) + 0.3 * loss(logits[[one]], targets[[other]], 0.5)
        for one, other in enumerate(PARTNERS.tolist())
    )
    torch.testing.assert_close(MixedLoss(loss, BLEND, 0.5)(logits, targets), expected)


@pytest.mark.parametrize("name", LOSSES.names)
@pytest.mark.parametrize("mix", [BLEND, PASTE, BLEND._replace(union=True)], ids=["mixup", "cutmix", "union"])
@pytest.mark.parametrize("unknown", [False, True], ids=["known", "unknown"])
def test_every_loss_teaches_a_network_with_mixed_pictures(name: str, mix: Mix, unknown: bool):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(120, 4))
    loss = Objective(module, build_loss(name))(pictures(), some_targets(unknown=unknown), 0.5, mix)
    loss.backward()
    assert loss.isfinite()
    assert all(parameter.grad.isfinite().all() and parameter.grad.any() for parameter in module.parameters())


def test_splc_is_told_the_progress_of_the_training_through_the_mixed_loss():
    loss, logits = build_loss("splc", start=0.3), torch.full((4, 4), 9.0)
    early, late = (MixedLoss(loss, BLEND, progress)(logits, torch.zeros(4, 4)) for progress in (0.2999, 0.3))
    assert early > 10 * late


def test_an_infinite_loss_of_what_has_no_share_does_no_harm():
    class Endless(nn.Module):
        def forward(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
            return torch.where(targets[0, 0] > 0, torch.inf, logits.sum())

    logits, targets = torch.ones(4, 4), some_targets()
    assert MixedLoss(Endless(), Mix(PARTNERS, 0.0), 0.5)(logits, targets) == 16
    assert MixedLoss(Endless(), Mix(PARTNERS, 1.0), 0.5)(logits, targets[PARTNERS]) == 16


def test_union_has_the_labels_of_both_and_is_unknown_where_either_could_have_one():
    targets = some_targets(unknown=True)
    expected = torch.empty(4, 4)
    for one, other in enumerate(PARTNERS.tolist()):
        for label in range(4):
            pair = (targets[one, label], targets[other, label])
            expected[one, label] = 1 if 1 in pair else -1 if -1 in pair else 0
    assert torch.equal(BLEND._replace(union=True).union_of(targets), expected)
    assert (expected == -1).any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_union_leaves_out_a_picture_that_is_not_seen(share: float):
    targets = some_targets()
    found = Mix(PARTNERS, share, union=True).union_of(targets)
    assert torch.equal(found, targets if share else targets[PARTNERS])


def test_union_of_the_loop_is_the_loss_of_the_union():
    logits, targets = torch.randn(4, 4), some_targets(unknown=True)
    union = BLEND._replace(union=True)
    expected = build_loss("asymmetric")(logits, union.union_of(targets))
    assert torch.equal(MixedLoss(build_loss("asymmetric"), union, 0.5)(logits, targets), expected)


class WithObjective(nn.Module):
    """Has an objective of its own, which hands pictures and loss on."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs[:, :, 2, 3]

    def objective(self, inputs: torch.Tensor, targets: torch.Tensor, loss: nn.Module, progress: float) -> torch.Tensor:
        return 2 * loss(self(inputs), targets)


@KINDS
@pytest.mark.parametrize("reached_by", ["objective", "logits"])
def test_the_network_sees_mixed_pictures_and_the_loss_both_targets(mix: Mix, reached_by: str):
    module = WithObjective()
    if reached_by == "logits":
        module.objective = None
    loss, targets = build_loss("bce"), some_targets()[:, :3]
    logits = mix.blend(pictures())[:, :, 2, 3]
    expected = 0.7 * loss(logits, targets) + 0.3 * loss(logits, targets[PARTNERS])
    found = Objective(module, loss)(pictures(), targets, 0.5, mix)
    torch.testing.assert_close(found, expected * (2 if reached_by == "objective" else 1))


class StoppedError(Exception):
    pass


class StopsAfter(Silent):
    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, units: int, detail: str = "") -> None:
        self.left -= 1 if detail == "" and units == 1 else 0
        if self.left < 0:
            raise StoppedError


def make_fit(folder: Path, augmentation: AugmentationOptions, **changes: Any) -> Fit:
    generator = np.random.default_rng(0)
    inputs = torch.from_numpy(generator.normal(size=(19, 3, 6, 6)).astype(np.float32))
    targets = TargetMatrix.from_dense((generator.random((19, 4)) < 0.4).astype(np.int8))
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(108, 4))
    settings: dict[str, Any] = {
        "module": module,
        "batches": FeatureBatches(inputs, np.arange(19), targets, Order(19, 4, 1)),
        "loss": build_loss("asymmetric"),
        "options": OptimisationOptions(epochs=3, batch_size=4, learning_rate=0.05),
        "seed": 1,
        "folder": folder,
        "fabric": Fabric(accelerator="cpu", devices=1),
        "reporter": Silent(),
        "checkpoint_seconds": 0.0,
        "augmentation": augmentation,
    }
    return Fit(**{**settings, **changes})


BOTH = AugmentationOptions(mixup=0.4, cutmix=1.0, mix_chance=0.8)


@pytest.mark.parametrize("stop", [1, 7])
def test_a_run_of_mixed_pictures_stopped_anywhere_ends_with_the_same_weights(tmp_path: Path, stop: int):
    make_fit(tmp_path / "whole", BOTH).run()
    with pytest.raises(StoppedError):
        make_fit(tmp_path / "cut", BOTH, reporter=StopsAfter(stop)).run()
    make_fit(tmp_path / "cut", BOTH).run()
    assert (tmp_path / "cut" / BEST).read_bytes() == (tmp_path / "whole" / BEST).read_bytes()


def seeds_drawn(folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[int]:
    seeds: list[int] = []

    def noted(options: AugmentationOptions, seed: int, shape: torch.Size) -> Mix | None:
        seeds.append(seed)
        return draw_mix(options, seed, shape)

    monkeypatch.setattr("corelate.training.loop.draw_mix", noted)
    make_fit(folder, BOTH, **changes).run()
    return seeds


def test_every_step_seed_and_process_mixes_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one = seeds_drawn(tmp_path / "one", monkeypatch)
    assert one == seeds_drawn(tmp_path / "again", monkeypatch)
    other = seeds_drawn(tmp_path / "other", monkeypatch, seed=2)
    monkeypatch.setattr(Fabric, "global_rank", property(lambda fabric: 1))
    second = seeds_drawn(tmp_path / "second", monkeypatch)
    assert len({*one, *other, *second}) == 3 * len(one) == 45


def test_the_logged_loss_is_that_of_the_mixed_pictures(tmp_path: Path):
    options = OptimisationOptions(epochs=1, batch_size=4, learning_rate=1e-9)
    still: dict[str, Any] = {"options": options, "loss": build_loss("bce")}
    plain = make_fit(tmp_path / "plain", AugmentationOptions(), **still).run()
    mixed = make_fit(tmp_path / "mixed", AugmentationOptions(mixup=100.0), **still).run()
    assert mixed.history[0]["loss"] != pytest.approx(plain.history[0]["loss"], rel=1e-3)


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_mixed_pictures_come_in_the_type_that_others_come_in(tmp_path: Path, precision: Any):
    def types_seen(name: str, augmentation: AugmentationOptions) -> set[torch.dtype]:
        seen: set[torch.dtype] = set()
        fit = make_fit(tmp_path / name, augmentation, fabric=Fabric(accelerator="cpu", devices=1, precision=precision))
        fit.module[0].register_forward_hook(lambda module, inputs, output: seen.add(inputs[0].dtype))
        assert np.isfinite([row["loss"] for row in fit.run().history]).all()
        return seen

    assert types_seen("mixed", BOTH) == types_seen("plain", AugmentationOptions())


KIND_VALUES = [
    {"mixup": 0.4},
    {"cutmix": 1.0},
    {"mixup": 0.4, "cutmix": 1.0, "mix_chance": 0.7, "mix_targets": "union"},
]


def test_runs_learn_from_mixed_pictures(tiny_recipe: Callable[..., Recipe], tmp_path: Path):
    # 36 pictures in batches of 7: the last holds one, and is left out.
    for number, values in enumerate([{}, *KIND_VALUES]):
        train(tiny_recipe(augmentation=values, optimisation={"batch_size": 7, "epochs": 1}), tmp_path / str(number))
        loaded, _ = load_tensors(tmp_path / str(number) / "training" / LAST)
        assert all(tensor.isfinite().all() for tensor in loaded.values())
    kept = [tensors_of(tmp_path / str(number)) for number in range(len(KIND_VALUES) + 1)]
    assert all(one != other for one, other in itertools.combinations(kept, 2))


def test_a_batch_of_one_picture_is_not_mixed(tmp_path: Path):
    inputs = torch.randn(19, 3, 6, 6)
    targets = TargetMatrix.from_dense((np.random.default_rng(1).random((19, 4)) < 0.4).astype(np.int8))
    alone: dict[str, Any] = {"batches": FeatureBatches(inputs, np.arange(19), targets, Order(19, 1, 1))}
    make_fit(tmp_path / "mixed", BOTH, **alone).run()
    make_fit(tmp_path / "plain", AugmentationOptions(), **alone).run()
    assert (tmp_path / "mixed" / BEST).read_bytes() == (tmp_path / "plain" / BEST).read_bytes()
