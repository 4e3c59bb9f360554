from __future__ import annotations

from pathlib import Path

import pytest
import torch

from corelate.errors import WeightsError
from corelate.training.checkpoints import (
    flatten,
    load_tensors,
    optimiser_settings,
    optimiser_tensors,
    part,
    restore_optimiser,
    save_tensors,
)


def test_tensors_and_what_is_said_about_them_come_back(tmp_path: Path):
    tensors = {"a.b": torch.randn(3, 2).t(), "n": torch.tensor(3)}
    save_tensors(tmp_path / "x.safetensors", tensors, {"epoch": 1, "loss": 0.1})
    read, about = load_tensors(tmp_path / "x.safetensors")
    assert about == {"epoch": 1, "loss": 0.1}
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensors[name]) for name in tensors)


def test_the_same_content_is_the_same_file(tmp_path: Path):
    for name in ("x", "y"):
        save_tensors(tmp_path / name, {"b": torch.ones(2), "a": torch.zeros(3)}, {"k": 1})
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "x.safetensors"
    save_tensors(path, {"a": torch.ones(1)}, None)
    with pytest.raises(ValueError, match="JSON"):
        save_tensors(path, {"a": torch.zeros(1)}, float("nan"))
    assert load_tensors(path)[0]["a"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["x.safetensors"]


def test_a_torn_file_is_one_error(tmp_path: Path):
    path = tmp_path / "x.safetensors"
    save_tensors(path, {"a": torch.ones(100)}, None)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(WeightsError, match=r"x\.safetensors is not a safetensors file"):
        load_tensors(path)


def test_prefixes_come_off_again():
    tensors = {"a.w": torch.ones(1), "ab.w": torch.zeros(1)}
    assert part("x", flatten("x", tensors) | flatten("xy", {"q": torch.ones(1)})).keys() == tensors.keys()


@pytest.mark.parametrize("rule", [torch.optim.AdamW, torch.optim.Adam, torch.optim.SGD])
def test_a_restored_optimiser_goes_on_exactly(rule: type[torch.optim.Optimizer], tmp_path: Path):
    def new() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        module = torch.nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        options = {"momentum": 0.9} if rule is torch.optim.SGD else {}
        return module, rule([{"params": [module.weight], "lr": 0.1}, {"params": [module.bias], "lr": 0.2}], **options)

    def step(module: torch.nn.Module, optimiser: torch.optim.Optimizer, seed: int) -> None:
        torch.manual_seed(seed)
        optimiser.zero_grad()
        module(torch.randn(2, 3, 8, 8)).square().mean().backward()
        optimiser.param_groups[0]["lr"] *= 0.9
        optimiser.step()

    module, optimiser = new()
    for seed in range(3):
        step(module, optimiser, seed)
    save_tensors(tmp_path / "x", flatten("o", optimiser_tensors(optimiser)), optimiser_settings(optimiser))
    again, other = new()
    again.load_state_dict(module.state_dict())
    tensors, settings = load_tensors(tmp_path / "x")
    restore_optimiser(other, part("o", tensors), settings)
    for seed in (3, 4):
        step(module, optimiser, seed)
        step(again, other, seed)
    assert torch.equal(module.weight, again.weight)
    assert torch.equal(module.bias, again.bias)
    assert other.param_groups[0]["lr"] == optimiser.param_groups[0]["lr"]
