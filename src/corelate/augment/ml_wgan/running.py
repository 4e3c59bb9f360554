"""``corelate augment ml-wgan`` from Python: generate pictures from those of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corelate.augment.ml_wgan.options import GenerationOptions
from corelate.augment.ml_wgan.originals import Originals
from corelate.augment.ml_wgan.pace import Pace
from corelate.augment.ml_wgan.parts import Part, divide_work
from corelate.augment.ml_wgan.planning import check_method, choose_devices
from corelate.augment.ml_wgan.processes import run_processes
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.augment.ml_wgan.stopping import Stopping
from corelate.augment.ml_wgan.store import GeneratedFolder, check_place
from corelate.augment.ml_wgan.training import PictureGANs
from corelate.augment.ml_wgan.work import TrainerFactory
from corelate.training.progress import Reporter, Silent


@dataclass
class Summary:
    """What a generation did.

    Attributes:
        folder: Where the pictures are.
        wanted: How many originals were to be worked on, by this process and those it started.
        finished: How many of these are finished.
        made: How many of these were finished now.
        generated: How many generated pictures the folder holds, of all parts.
        left_out: Originals that can't be used, each with the reason.
        failures: Processes that ended before their time, each with the reason.
        seconds: How long it took.
        pictures_per_hour: Originals per hour.
        stopped: Whether it was asked to stop.
    """

    folder: Path
    wanted: int
    finished: int
    made: int = 0
    generated: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    pictures_per_hour: float = 0.0
    stopped: bool = False


def generate(
    options: GenerationOptions,
    settings: MLWGANSettings,
    out: Path,
    reporter: Reporter | None = None,
    trainer: TrainerFactory = PictureGANs,
) -> Summary:
    """Generate pictures from those of a data set, or go on where an earlier call was stopped.

    Args:
        options: Which pictures, on what.
        settings: All that the generated pictures depend on.
        out: Folder of the generated pictures; made here, or begun by an earlier call with the same settings.
        reporter: Is told about progress.
        trainer: What trains the networks.

    Raises:
        RunError: The folder holds something else, was begun with other settings, or is being worked on.
        CorelateError: Data or options can't be used; nothing has been written then.
    """
    reporter = reporter or Silent()
    check_method(options.method)
    check_place(out, options.data)
    devices = choose_devices(options)
    originals = Originals.read(options, settings)
    if originals.problems:
        reporter.message(f"the data set has problems, and goes on without:\n{originals.problems.report()}")
    folder = GeneratedFolder(out)
    folder.begin(originals.source, settings)
    parts, wanted = divide_work(originals, options, settings, folder, trainer=trainer, devices=devices)
    summary = Summary(out, wanted, wanted - sum(len(part.names) for part in parts))
    if parts:
        _work(parts, settings, summary, reporter)
    pictures = folder.summarise(originals.source, settings, originals.labels)
    summary.generated = sum(len(names) for names in pictures.values())
    if len(pictures) == len(originals.references):
        folder.remove_checkpoints()
    return summary


def _work(parts: Sequence[Part], settings: MLWGANSettings, summary: Summary, reporter: Reporter) -> None:
    pace = Pace(summary.wanted, summary.finished, settings.iterations)
    monitor = _ReportingMonitor(reporter, pace, summary)
    reporter.begin("generating", summary.wanted * settings.iterations, "")
    reporter.advance(summary.finished * settings.iterations, pace.text())
    with Stopping(lambda: reporter.message("stopping after this iteration; again: at once")) as stopping:
        if len(parts) == 1:
            parts[0](monitor, stopping)
        else:
            summary.failures = run_processes([(str(part.device), part) for part in parts], monitor, stopping)
        summary.stopped = stopping.requested
    reporter.end()
    summary.seconds, summary.pictures_per_hour = pace.seconds, pace.pictures_per_hour


class _ReportingMonitor:
    """Shows what one or several processes do.

    Args:
        reporter: Where.
        pace: Counts.
        summary: Takes what was made and left out.
    """

    def __init__(self, reporter: Reporter, pace: Pace, summary: Summary) -> None:
        self._reporter = reporter
        self._pace = pace
        self._summary = summary

    def message(self, text: str) -> None:
        """Show a sentence."""
        self._reporter.message(text)

    def worked(self, steps: int, finished: int = 0) -> None:
        """Show progress."""
        self._pace.advance(steps, finished)
        self._summary.made += finished
        self._summary.finished += finished
        self._reporter.advance(steps, self._pace.text())

    def found(self, steps: int) -> None:
        """Move without speed."""
        self._pace.resume(steps)
        self._reporter.advance(steps)

    def left_out(self, name: str, reason: str) -> None:
        """Take note of a picture."""
        self._summary.left_out[name] = reason
        self._pace.leave_out()
        self._reporter.advance(self._pace.iterations)
