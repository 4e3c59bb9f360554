"""The output folder of a tagging run: one or more writers' results, what was skipped, and how it was made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from corelate import __version__
from corelate.errors import RunError
from corelate.files import locked, write_json
from corelate.tagging.pictures import SkippedPicture, TaggedPicture
from corelate.tagging.writers.base import TagWriter
from corelate.tagging.writers.csv import csv_path, csv_row
from corelate.tagging.writers.line_file import LineFile

RECORD_FILE = "tagging.json"
SKIPPED_FILE = "skipped.csv"
SKIPPED_HEADER = "path,reason\n"


class Existing(Enum):
    """What to do with the output of an earlier run."""

    REFUSE = "refuse"
    RESUME = "resume"
    OVERWRITE = "overwrite"


@dataclass(frozen=True)
class RunRecord:
    """What decides the tags of a run; kept beside them, and compared when the run is resumed.

    Attributes:
        root: The folder that the paths in the results are relative to.
        annotator: SHA-256 of the bundle's description.
        rule: Name of the decision rule, unless a threshold was given.
        threshold: One threshold for all labels, if it was given.
        max_tags: Most tags a picture, if limited.
        all_scores: Whether the scores of all labels are written.
    """

    root: str
    annotator: str
    rule: str | None
    threshold: float | None = None
    max_tags: int | None = None
    all_scores: bool = False


class TaggingOutput:
    """Writes results with several writers at once.

    While the run goes on every file is called ``NAME.partial``; `finish` gives all of them their names.

    Args:
        folder: Where to write; made if it is missing.
        writers: Writers by registered name, at least one.
        record: How the tags are made.
    """

    def __init__(self, folder: Path, writers: Mapping[str, TagWriter], record: RunRecord) -> None:
        self.folder = folder
        self._writers = dict(writers)
        self._record = record
        self._finished_record = folder / RECORD_FILE
        self._partial_record = folder / f"{RECORD_FILE}.partial"
        self._skipped = LineFile(
            folder / SKIPPED_FILE, lambda row: csv_path(row, columns=2), header=SKIPPED_HEADER, quoted=True
        )
        self._lock = ExitStack()

    def open(self, existing: Existing = Existing.REFUSE) -> None:
        """Begin or continue.

        Raises:
            RunError: There is output of an earlier run and neither resuming nor overwriting was asked for; it was made
                otherwise, so that it can't be continued; another process writes to the folder; or nobody can.
        """
        try:
            with self._disk_errors():
                self.folder.mkdir(parents=True, exist_ok=True)
                self._lock.enter_context(locked(self.folder))
                self._begin(existing)
        except BaseException:
            self.close()
            raise

    def _begin(self, existing: Existing) -> None:
        present = self._existing()
        if present and existing is Existing.REFUSE:
            raise RunError(_refusal(present))
        resume = bool(present) and existing is Existing.RESUME
        earlier_writers = self._check_record() if resume else []
        if not resume:
            self._remove_partial_files()
        self._write_record({*earlier_writers, *self._writers})
        for writer in self._writers.values():
            writer.open(resume=resume)
        # Skipped pictures are tried again, so their list begins anew.
        self._skipped.open(resume=False)

    def __contains__(self, name: str) -> bool:
        """Tell whether every writer already has the picture of that name."""
        return all(name in writer for writer in self._writers.values())

    def write(self, picture: TaggedPicture | SkippedPicture) -> None:
        """Write one picture with the writers that do not have it yet.

        Raises:
            RunError: The disk refuses; what was written stays to be resumed.
        """
        with self._disk_errors():
            if isinstance(picture, SkippedPicture):
                self._skipped.write(csv_row([picture.name, picture.reason]))
                return
            for writer in self._writers.values():
                if picture.name not in writer:
                    writer.write(picture)

    def finish(self) -> None:
        """Give the files their final names.

        Raises:
            RunError: The disk refuses.
        """
        with self._disk_errors():
            for writer in self._writers.values():
                writer.finish()
            self._skipped.finish()
            self._partial_record.replace(self._finished_record)

    def close(self) -> None:
        """Leave the partial files to be resumed. Does nothing after `finish`."""
        for writer in self._writers.values():
            writer.close()
        self._skipped.close()
        self._lock.close()

    def _existing(self) -> list[Path]:
        records = [path for path in (self._finished_record, self._partial_record) if path.exists()]
        results = [path for writer in self._writers.values() for path in writer.existing()]
        return [*records, *results, *self._skipped.existing()]

    def _remove_partial_files(self) -> None:
        """Remove what an unfinished run left; finished files stay until this run's replace them."""
        for path in self._existing():
            if path.suffix == ".partial":
                path.unlink()

    def _check_record(self) -> list[str]:
        """Return the writers of the run that is continued; refuse when its tags were made in another way."""
        path = self._partial_record if self._partial_record.exists() else self._finished_record
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            earlier, writers = dict(fields["run"]), [str(name) for name in fields["writers"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(
                f"{self.folder} can't be resumed: its {RECORD_FILE} is missing or damaged; start anew with --overwrite"
            ) from error
        now = asdict(self._record)
        changes = [
            f"{name} was {earlier.get(name)!r}, now {now[name]!r}" for name in now if earlier.get(name) != now[name]
        ]
        for name, writer in self._writers.items():
            if name not in writers and (foreign := writer.existing()):
                changes.append(f"{foreign[0].name} is from another run")
        if changes:
            raise RunError(
                f"{self.folder} can't be resumed, its tags were made otherwise: {'; '.join(changes)}; "
                "repeat the run as it was, or start anew with --overwrite"
            )
        return writers

    def _write_record(self, writers: set[str]) -> None:
        fields = {
            "format": "corelate-tagging",
            "version": 1,
            "corelate": __version__,
            "run": asdict(self._record),
            "writers": sorted(writers),
        }
        write_json(self._partial_record, fields)

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RunError(
                f"{error.filename or self.folder} can't be written: {error.strerror or error}; what was written so far "
                "is kept, set it right and repeat the command with --resume"
            ) from error


def _refusal(present: Sequence[Path]) -> str:
    unfinished = [path for path in present if path.suffix == ".partial"]
    if unfinished:
        return (
            f"{unfinished[0]} is left from a run that did not finish; go on with it by --resume, "
            "or start anew with --overwrite"
        )
    return f"{present[0]} already exists; add new pictures to it by --resume, or replace it by --overwrite"
