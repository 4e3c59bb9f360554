"""How long one iteration of ML-WGAN takes for each picture, by how many are trained at once and how that is computed.

    python benchmarks/ml_wgan_speed.py --out benchmarks/results/ml_wgan_speed.json

The yardstick is the original's way: one pair after another as torch modules, the gradient penalty differentiated twice
(`Modules` below). All ways are measured in turn in each round, so that what else the machine does hits all alike; times
are the best of the rounds. Arithmetic is counted by torch's FLOP counter, and the machine's peak is that of a large
matrix product, measured in every round, too.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from corelate.augment.ml_wgan.methods import METHODS
from corelate.augment.ml_wgan.settings import PRESETS, MLWGANSettings
from corelate.augment.ml_wgan.training import BF16, FULL, PictureGANs
from machine import describe

MODULES = "modules"
CHANNELS = (64, 128, 256, 512, 1024)
PEAK_SIDE = {"cpu": 2048, "cuda": 16384}
COREL_TRAINING_PICTURES = 4500


class Modules:
    """One pair as torch modules, trained as the original does it."""

    def __init__(self, settings: MLWGANSettings, device: torch.device) -> None:
        self.settings, self.device = settings, device
        places = (settings.height // 32, settings.width // 32)
        generator: list[nn.Module] = [nn.ConvTranspose2d(100, CHANNELS[-1], places)]
        for incoming, outgoing in zip(CHANNELS[::-1], (*CHANNELS[-2::-1], 3), strict=True):
            generator += [nn.BatchNorm2d(incoming), nn.ReLU(), nn.ConvTranspose2d(incoming, outgoing, 4, 2, 1)]
        critic: list[nn.Module] = []
        for incoming, outgoing in zip((3, *CHANNELS), CHANNELS, strict=False):
            norm = [nn.BatchNorm2d(outgoing)] if settings.critic_norm else []
            critic += [nn.Conv2d(incoming, outgoing, 4, 2, 1), *norm, nn.LeakyReLU(0.2)]
        self.generator = nn.Sequential(*generator, nn.Tanh()).to(device)
        self.critic = nn.Sequential(*critic, nn.Conv2d(CHANNELS[-1], 1, places)).to(device)
        betas = (settings.beta1, settings.beta2)
        self.steps = [
            torch.optim.Adam(module.parameters(), settings.learning_rate, betas)
            for module in (self.generator, self.critic)
        ]
        self.real = torch.rand(1, 3, settings.height, settings.width, device=device) * 2 - 1

    def step(self) -> None:
        """Do one iteration."""
        for _ in range(self.settings.critic_steps):
            fake = self.generator(torch.randn(1, 100, 1, 1, device=self.device)).detach()
            share = torch.rand(1, device=self.device)
            # Not a leaf of the graph: the counter of operations could not follow it.
            mixture = (share * self.real + (1 - share) * fake).requires_grad_() * 1
            (slope,) = torch.autograd.grad(self.critic(mixture).sum(), mixture, create_graph=True)
            penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
            loss = self.critic(fake).mean() - self.critic(self.real).mean() + self.settings.penalty * penalty
            self._update(1, loss)
        self._update(0, -self.critic(self.generator(torch.randn(1, 100, 1, 1, device=self.device))).mean())

    def _update(self, number: int, loss: torch.Tensor) -> None:
        self.steps[number].zero_grad()
        loss.backward()
        self.steps[number].step()


def build(way: str, count: int, settings: MLWGANSettings, device: torch.device, precision: str) -> Callable[[], None]:
    if way == MODULES:
        return Modules(settings, device).step
    pictures = torch.rand(count, 3, settings.height, settings.width) * 2 - 1
    names = [str(number) for number in range(count)]
    return PictureGANs(pictures, names, settings, device=device, precision=precision, method=way).step


def seconds(step: Callable[[], None], device: torch.device, iterations: int) -> float:
    """Return the time of an iteration."""
    step()
    synchronise(device)
    started = time.perf_counter()
    for _ in range(iterations):
        step()
    synchronise(device)
    return (time.perf_counter() - started) / iterations


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak(device: torch.device, precision: str) -> float:
    """Return the floating-point operations a second of a large matrix product."""
    side = PEAK_SIDE.get(device.type, 4096)
    dtype = torch.bfloat16 if precision == BF16 else torch.float32
    left, right = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    return 2 * side**3 / min(seconds(lambda: left @ right, device, 3) for _ in range(3))


def operations(way: str, settings: MLWGANSettings, device: torch.device, precision: str) -> int:
    """Return the floating-point operations of an iteration of one picture."""
    step = build(way, 1, settings, device, precision)
    with FlopCounterMode(display=False) as counter:
        step()
    return int(counter.get_total_flops())


def measure(arguments: argparse.Namespace, settings: MLWGANSettings) -> dict[str, Any]:
    device = torch.device(arguments.device)
    precision = BF16 if arguments.bf16 else FULL
    ways = [(MODULES, 1), *((way, count) for count in arguments.at_once for way in arguments.methods)]
    times: dict[tuple[str, int], list[float]] = {way: [] for way in ways}
    peaks = []
    for number in range(arguments.rounds):
        peaks.append(peak(device, precision))
        for way, count in ways:
            step = build(way, count, settings, device, precision)
            times[way, count].append(seconds(step, device, arguments.iterations) / count)
            del step
            gc.collect()
            print(f"round {number + 1}, {way}, {count} at once: {times[way, count][-1]:.3f} s a picture", flush=True)
    counted = {way: operations(way, settings, device, precision) for way in (MODULES, "products")}
    rows = [
        {"way": way, "at_once": count, "seconds": min(rounds), "all_seconds": rounds}
        for (way, count), rounds in times.items()
    ]
    return {
        "settings": dataclasses.asdict(settings),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "threads": torch.get_num_threads(),
        "precision": precision,
        "peak_flops": max(peaks),
        "operations": counted,
        "rows": rows,
        "machine": describe(),
    }


def table(result: dict[str, Any]) -> str:
    rows = result["rows"]
    yardstick = rows[0]["seconds"]
    useful, iterations = result["operations"][MODULES], result["settings"]["iterations"]
    lines = [
        "| computed by | at once | iteration of a picture | times as fast | of peak | pictures/hour | all 4,500 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        each = row["seconds"]
        an_hour = 3600 / (each * iterations)
        lines.append(
            f"| {row['way']} | {row['at_once']} | {each:.3f} s | {yardstick / each:.2f} "
            f"| {100 * useful / each / result['peak_flops']:.0f} % | {an_hour:.1f} "
            f"| {COREL_TRAINING_PICTURES / an_hour:.0f} h |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=PRESETS, default="seed")
    parser.add_argument("--size", type=int, nargs=2, default=(128, 192), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--at-once", type=int, nargs="+", default=(1, 2, 4))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--iterations", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    settings = dataclasses.replace(PRESETS[arguments.preset], height=arguments.size[0], width=arguments.size[1])
    result = measure(arguments, settings)
    arguments.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))


if __name__ == "__main__":
    main()
