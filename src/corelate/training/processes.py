"""The devices and processes of a run."""

from __future__ import annotations

import os

from lightning_fabric import Fabric
from lightning_fabric.strategies import DDPStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException

from corelate.errors import OptionError
from corelate.training.recipe import Recipe

MAX_WORKERS = 8


def is_main_process() -> bool:
    """Whether this is the process that writes, also before the processes know each other."""
    ranks = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")
    return all(int(os.environ.get(name) or 0) == 0 for name in ranks)


def build_fabric(recipe: Recipe) -> Fabric:
    """Return the devices and processes that a recipe asks for.

    Raises:
        OptionError: This machine does not have them.
    """
    settings = recipe.run
    processes = settings.devices * settings.nodes
    try:
        return Fabric(
            accelerator=settings.accelerator,
            devices=settings.devices,
            num_nodes=settings.nodes,
            precision=recipe.optimisation.precision,  # type: ignore[arg-type]
            # Some networks have layers that their feature map does not need.
            strategy=DDPStrategy(find_unused_parameters=True) if processes > 1 else "auto",
        )
    except (RuntimeError, ValueError, MisconfigurationException) as error:
        reason = str(error).splitlines()[0]
        raise OptionError(
            f"this machine can't give --accelerator {settings.accelerator} --devices {settings.devices}: {reason}"
        ) from error


def reading_processes(recipe: Recipe, fabric: Fabric) -> int:
    """Return how many processes read pictures for a device: what the recipe asks for, else what suits the device."""
    if recipe.run.workers >= 0:
        return recipe.run.workers
    cores = (os.cpu_count() or 1) // recipe.run.devices
    return 0 if fabric.device.type == "cpu" else min(MAX_WORKERS, cores)
