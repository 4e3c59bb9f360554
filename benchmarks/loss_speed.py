"""Time a forward and backward pass of each loss against a straightforward implementation of the same formula.

The straightforward forms take the sigmoid first, clamp the logarithms' arguments at 1e-8 and leave the derivative to
autograd; their LSEP loops over pictures and forms all pairs of labels. For BCE it is torch's own function. Each gets
the targets in the type it works with: ours int8, as they come out of an annotation set, the others float32.

    python benchmarks/loss_speed.py --out benchmarks/results/loss_speed.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from corelate.losses.build import build_loss

Loss = Callable[[Tensor, Tensor], Tensor]

SHAPES = ((32, 260), (128, 10_000))
POSITIVE_SHARE = 3.4 / 260  # Corel-5k: 3.4 labels a picture
ROUNDS = 25
SECONDS_PER_CASE = 10.0


def clamped_asymmetric(gamma_positive: float, gamma_negative: float, margin: float) -> Loss:
    def loss(logits: Tensor, targets: Tensor) -> Tensor:
        p = torch.sigmoid(logits)
        absent = (1 - p + margin).clamp(max=1)
        log_likelihood = targets * p.clamp(min=1e-8).log() + (1 - targets) * absent.clamp(min=1e-8).log()
        right = p * targets + absent * (1 - targets)
        gammas = gamma_positive * targets + gamma_negative * (1 - targets)
        return -(log_likelihood * (1 - right) ** gammas).mean()

    return loss


def looped_lsep(logits: Tensor, targets: Tensor) -> Tensor:
    losses = []
    for row, target in zip(logits, targets, strict=True):
        differences = row[target == 0].unsqueeze(1) - row[target == 1].unsqueeze(0)
        losses.append(torch.log(1 + differences.exp().sum()))
    return torch.stack(losses).mean()


PEERS: dict[str, Loss] = {
    "bce": torch.nn.functional.multilabel_soft_margin_loss,
    "focal": clamped_asymmetric(3, 3, 0),
    "asymmetric": clamped_asymmetric(0, 4, 0.05),
    "lsep": looped_lsep,
}


def milliseconds(loss: Loss, logits: Tensor, targets: Tensor) -> float:
    """Time one forward and backward pass."""
    logits.grad = None
    start = time.perf_counter()
    loss(logits, targets).backward()
    return (time.perf_counter() - start) * 1e3


def compare(name: str, shape: tuple[int, int]) -> dict[str, object]:
    """Time both implementations in turn, so that other load on the machine meets both, and report the best of each."""
    generator = torch.Generator().manual_seed(0)
    logits = (3 * torch.randn(shape, generator=generator)).requires_grad_()
    targets = (torch.rand(shape, generator=generator) < POSITIVE_SHARE).float()
    ours, peer = build_loss(name), PEERS[name]
    integer_targets = targets.to(torch.int8)
    difference = abs(ours(logits, integer_targets).item() / peer(logits, targets).item() - 1)
    times: tuple[list[float], list[float]] = ([], [])
    deadline = time.perf_counter() + SECONDS_PER_CASE
    while len(times[0]) < 3 or (len(times[0]) < ROUNDS and time.perf_counter() < deadline):
        times[0].append(milliseconds(ours, logits, integer_targets))
        times[1].append(milliseconds(peer, logits, targets))
    return {
        "loss": name,
        "shape": list(shape),
        "ours_ms": min(times[0]),
        "peer_ms": min(times[1]),
        "ratio": min(times[1]) / min(times[0]),
        "ours_median_ms": statistics.median(times[0]),
        "peer_median_ms": statistics.median(times[1]),
        "rounds": len(times[0]),
        "relative_difference_of_values": difference,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    parser.add_argument("--threads", type=int, default=1, help="threads that torch may use")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    rows = [compare(name, shape) for shape in SHAPES for name in PEERS]
    for row in rows:
        print(
            "{loss:10} {shape!s:12} {ours_ms:9.3f} ms, peer {peer_ms:9.3f} ms, {ratio:5.1f} times as fast".format(**row)
        )
    if arguments.out:
        from machine import describe

        report = {"machine": describe(), "torch": torch.__version__, "threads": arguments.threads, "rows": rows}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
