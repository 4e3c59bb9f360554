"""The folder of generated pictures: what is in it, and what is finished, whoever stops when."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import corelate
from corelate.augment.ml_wgan.settings import MLWGANSettings
from corelate.data.generated_folder import IMAGES_FOLDER, LIST_FILE, PROVENANCE_FILE
from corelate.data.original_names import PROVENANCE_FORMAT, PROVENANCE_VERSION
from corelate.data.spec import DataSpec
from corelate.errors import OptionError, RunError
from corelate.files import locked, write_atomically, write_bytes

METHOD = "ml-wgan"
JPEG_QUALITY = 95
FINISHED, CHECKPOINT = "finished.jsonl", "checkpoint.safetensors"
_PATIENCE_SECONDS = 60.0
# Formats that take whatever picture they find below a folder.
_SEARCHED = ("photos", "huggingface")

Finished = dict[str, list[str]]


@dataclass(frozen=True)
class Source:
    """Where the originals come from.

    Attributes:
        spec: The data spec, with places from the root.
        digest: Hash of the names of all pictures that may be worked on.
    """

    spec: str
    digest: str


def check_place(out: Path, data: str) -> None:
    """Refuse a folder in which the generated pictures would later be read as real ones.

    Raises:
        OptionError: It lies in a folder whose pictures are the data set, all of them.
    """
    spec = DataSpec.parse(data)
    folder = Path(spec.path).expanduser()
    if spec.format in _SEARCHED and folder.is_dir() and out.resolve().is_relative_to(folder.resolve()):
        raise OptionError(
            f"--out {out} lies in {folder}, all of whose pictures are the data set: generated pictures would be taken "
            "for real ones; choose another --out"
        )


@dataclass(frozen=True)
class GeneratedFolder:
    """Names of the files of a folder of generated pictures.

    Attributes:
        path: The folder.
    """

    path: Path

    @property
    def images(self) -> Path:
        """The folder of the pictures."""
        return self.path / IMAGES_FOLDER

    @property
    def samples(self) -> Path:
        """Which generated picture has which labels."""
        return self.path / LIST_FILE

    @property
    def provenance(self) -> Path:
        """Which generated picture came from which original, and how it was made."""
        return self.path / PROVENANCE_FILE

    @property
    def progress(self) -> Path:
        """What is finished and what was begun, a folder for each part of the pictures."""
        return self.path / "progress"

    def part(self, number: int, count: int) -> Path:
        """Return the folder of one part's records and checkpoint, the first part being 0."""
        return self.progress / f"{number + 1}-of-{count}"

    def begin(self, source: Source, settings: MLWGANSettings) -> None:
        """Make the folder, or make sure that it was begun for the same.

        Raises:
            RunError: It holds something else, or was begun with other settings or other data.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path} is a file and no folder; choose another --out")
        if not self.provenance.exists():
            if not all(self._is_own(path) for path in self.path.glob("*")):
                raise RunError(f"{self.path} holds something that this command did not write; choose another --out")
            with self._alone():
                if not self.provenance.exists():  # another process may have been quicker
                    self._write_provenance(source, settings, {})
        began = self._read_provenance()
        self._check_settings(began, settings)
        if source.spec != began.get("source") and source.digest != began.get("digest"):
            raise RunError(
                f"{self.path} was begun with --data {began.get('source')}, now {source.spec}, whose pictures have "
                "other names; choose another --out"
            )

    def _is_own(self, path: Path) -> bool:
        """Tell whether a process leaves this behind that begins the folder, or was killed when it did."""
        return path in (self.progress, self.provenance) or path.name.startswith(f".{self.provenance.name}.")

    def finished(self) -> Finished:
        """Return the finished pictures of all parts, with the names of what was generated from them."""
        done: Finished = {}
        for records in sorted(self.progress.glob(f"*/{FINISHED}")):
            for line in records.read_bytes().split(b"\n")[:-1]:  # what stands behind the last line end was torn off
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    done.update(json.loads(line)["pictures"])
        return done

    def record(self, part: Path, pictures: Mapping[str, Sequence[str]]) -> None:
        """Note pictures as finished, all or none; their files must be written."""
        line = json.dumps({"pictures": pictures}) + "\n"
        with (part / FINISHED).open("ab") as file:
            # A line that was torn off is ended first, or this one would be lost with it.
            torn = file.tell() and not _ends_with_line(part / FINISHED)
            file.write((b"\n" if torn else b"") + line.encode())
            file.flush()
            os.fsync(file.fileno())

    def remove_checkpoints(self) -> None:
        """Take away what was begun, when nothing is left to do: by processes that divided the work otherwise."""
        for checkpoint in self.progress.glob(f"*/{CHECKPOINT}"):
            checkpoint.unlink(missing_ok=True)

    def save(self, picture: Image.Image, name: str) -> None:
        """Write a generated picture under its name."""
        write_atomically(self.images / name, lambda file: picture.save(file, "JPEG", quality=JPEG_QUALITY))

    def summarise(self, source: Source, settings: MLWGANSettings, labels: Mapping[str, Sequence[str]]) -> Finished:
        """Write the list of samples and the provenance, of what all parts have finished.

        Args:
            source: Where the originals come from.
            settings: How the pictures are made.
            labels: The labels of each original; others than these are left out.

        Returns:
            The finished originals, in their order in `labels`.
        """
        with self._alone():
            done = self.finished()
            pictures = {name: done[name] for name in labels if name in done}
            samples = [
                {"image_name": generated, "image_labels": list(labels[name])}
                for name, all_generated in pictures.items()
                for generated in all_generated
            ]
            # First what says where pictures are from: one that is listed and unheard of would be left out.
            self._write_provenance(source, settings, pictures)
            write_bytes(self.samples, _samples_json(samples))
        return pictures

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until no other process writes a summary: one that read the records earlier must not write later."""
        self.progress.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with contextlib.ExitStack() as stack:
                try:
                    stack.enter_context(locked(self.progress))
                except RunError:
                    if time.monotonic() > deadline:
                        raise
                else:
                    yield
                    return
            time.sleep(0.02)

    def _write_provenance(self, source: Source, settings: MLWGANSettings, pictures: Finished) -> None:
        about = {
            "format": PROVENANCE_FORMAT,
            "version": PROVENANCE_VERSION,
            "method": METHOD,
            "source": source.spec,
            "digest": source.digest,
            "settings": dataclasses.asdict(settings),
            "corelate": corelate.__version__,
            "torch": torch.__version__,
            "pictures": pictures,
        }
        write_bytes(self.provenance, _json(about))

    def _read_provenance(self) -> dict[str, Any]:
        try:
            about = json.loads(self.provenance.read_bytes())
        except ValueError as error:
            raise RunError(f"{self.provenance} is no JSON ({error}); choose another --out") from error
        if not isinstance(about, dict) or (about.get("format"), about.get("method")) != (PROVENANCE_FORMAT, METHOD):
            raise RunError(f"{self.provenance} was not written by this command; choose another --out")
        if about.get("version") != PROVENANCE_VERSION:
            raise RunError(
                f"{self.provenance} is of version {about.get('version')}, and {PROVENANCE_VERSION} is known here"
            )
        return about

    def _check_settings(self, began: Mapping[str, Any], settings: MLWGANSettings) -> None:
        before = began.get("settings")
        before = before if isinstance(before, dict) else {}
        # A setting that is newer than the folder had its default.
        before = {**_plain(MLWGANSettings()), **before}
        differ = [
            f"{name} = {_text(before[name])}, now {_text(value)}"
            for name, value in _plain(settings).items()
            if before[name] != value
        ]
        if differ:
            raise RunError(
                f"{self.path} was begun with other settings: {'; '.join(differ)}; give the same, or another --out"
            )


def _plain(settings: MLWGANSettings) -> dict[str, Any]:
    """Return the settings as JSON gives them back."""
    values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(settings)))
    return values


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _json(value: Any) -> bytes:
    # Names of files may hold bytes that are no text; so written they are escapes of JSON.
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _samples_json(samples: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the list, one sample a line."""
    lines = ",\n".join(json.dumps(sample, ensure_ascii=False) for sample in samples)
    return f'{{"samples": [\n{lines}\n]}}\n'.encode("utf-8", "backslashreplace")


def _ends_with_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
