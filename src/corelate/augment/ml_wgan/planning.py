"""What a generation runs on: device, precision, and how many pictures' networks fit into its memory at once."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import torch

from corelate.augment.ml_wgan.memory import memory_per_picture
from corelate.augment.ml_wgan.methods import AUTO, METHODS
from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.errors import OptionError

# What others, and the allocator's own gaps, may need of the memory that is free now.
GPU_SHARE, SHARED_SHARE = 0.9, 0.7
# More at once is no faster on a CPU: an iteration of a picture of 128×192 took a thread 1.74 s alone, and 2.04 s as one
# of four.
MOST_ON_CPU = 1
_MEMINFO = Path("/proc/meminfo")


def choose_devices(options: GenerationOptions) -> list[torch.device]:
    """Return the device of each process.

    Raises:
        OptionError: This machine does not have them.
    """
    kind = _kind(options.accelerator)
    available = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}.get(kind)
    if available is None:
        return [torch.device(kind)] * options.devices
    if options.devices > available:
        raise OptionError(
            f"this machine can't give --accelerator {options.accelerator} --devices {options.devices}: "
            f"it has {available}"
        )
    return [torch.device(kind, number) for number in range(options.devices)]


def _kind(accelerator: str) -> str:
    if accelerator == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    return "cuda" if accelerator == "gpu" else accelerator


def check_method(name: str) -> None:
    """Refuse early what training would refuse after all pictures have been looked at.

    Raises:
        OptionError: There is no such method.
    """
    if name not in (AUTO, *METHODS):
        raise OptionError(f"ml-wgan: method = {name!r}: choose one of {', '.join((AUTO, *METHODS))}")


def choose_precision(precision: str, device: torch.device) -> str:
    """Return the precision that ``"auto"`` stands for on a device: bfloat16 where the hardware has it."""
    if precision != "auto":
        return precision
    able = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return "bf16-mixed" if able else "32-true"


def choose_at_once(settings: MLWGANSettings, device: torch.device, precision: str, processes: int) -> int:
    """Return how many pictures' networks to train at once: as many as fit into free memory; on a CPU one.

    Args:
        settings: Their sizes.
        device: Where.
        precision: How their activations are stored.
        processes: How many processes share the memory; on a GPU each has its own.
    """
    if device.type == "cpu":
        return MOST_ON_CPU
    each = memory_per_picture(settings, precision)
    if device.type == "cuda":
        return max(1, int(torch.cuda.mem_get_info(device)[0] * GPU_SHARE / each))
    return max(1, int(free_memory() * SHARED_SHARE / each / processes))


def free_memory() -> int:
    """Return how many bytes of main memory can be had without others being pushed out; half of all where unknown."""
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):  # Windows
        return 4 << 30


def next_chunk(waiting: Sequence[str], at_once: int) -> list[str]:
    """Return what to train next: chunks of even size, the larger ones first.

    What is left after a chunk is divided as it would have been before, so that a process that was stopped between two
    goes on with the same chunks.
    """
    chunks = math.ceil(len(waiting) / at_once)
    return list(waiting[: math.ceil(len(waiting) / chunks)])
