"""What one process of a generation is to do, in a form that can be sent to it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.originals import Originals
from corelate.augment.ml_wgan.planning import choose_at_once, choose_precision
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.augment.ml_wgan.stopping import Stopping
from corelate.augment.ml_wgan.store import GeneratedFolder
from corelate.augment.ml_wgan.work import Computing, Monitor, TrainerFactory, Worker


@dataclass(frozen=True)
class Part:
    """The work of one process; call it to have it done.

    Attributes:
        originals: All pictures.
        options: On what.
        settings: How others are generated from them.
        folder: Where those go.
        trainer: What trains the networks.
        number: Which part of the pictures this is, and of how many.
        device: Where it is worked on.
        processes: How many processes share this machine.
        names: The pictures of this part that are not finished.
    """

    originals: Originals
    options: GenerationOptions
    settings: MLWGANSettings
    folder: GeneratedFolder
    trainer: TrainerFactory
    number: tuple[int, int]
    device: torch.device
    processes: int
    names: Sequence[str]

    def __call__(self, monitor: Monitor, stopping: Stopping) -> None:
        """Do it.

        Raises:
            CorelateError: As `Worker.run`.
        """
        options = self.options
        if options.threads or self.processes > 1:
            torch.set_num_threads(options.threads or max(1, (os.cpu_count() or 1) // self.processes))
        computing = self.computing()
        monitor.message(
            f"{self.device}: {len(self.names):,} pictures to work on, {computing.precision}, "
            f"{min(computing.at_once, len(self.names))} at once"
        )
        Worker(self.originals, self.settings, self.folder, self.number, computing, monitor, stopping).run(self.names)

    def computing(self) -> Computing:
        """Decide how to compute, by what is free now."""
        options, settings = self.options, self.settings
        precision = choose_precision(options.precision, self.device)
        at_once = options.at_once or choose_at_once(settings, self.device, precision, self.processes)
        seconds = options.checkpoint_minutes * 60
        return Computing(self.device, precision, options.method, at_once, seconds, self.trainer)


def divide_work(
    originals: Originals,
    options: GenerationOptions,
    settings: MLWGANSettings,
    folder: GeneratedFolder,
    *,
    trainer: TrainerFactory,
    devices: Sequence[torch.device],
) -> tuple[list[Part], int]:
    """Divide the pictures of this machine among its devices, in the same way each time.

    Returns:
        The parts that have something to do, and how many pictures there are, finished ones included.
    """
    number, count = options.part
    done = folder.finished()
    wanted = originals.chosen(options.limit)[number::count]
    parts = []
    for position, device in enumerate(devices):
        names = [name for name in wanted[position :: len(devices)] if name not in done]
        place = (number + position * count, len(devices) * count)
        if names:
            part = Part(originals, options, settings, folder, trainer, place, device, len(devices), names)
            parts.append(part)
    return parts, len(wanted)
