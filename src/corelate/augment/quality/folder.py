"""From a folder of generated pictures to the data set that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corelate.data.formats.locating import open_data_set
from corelate.data.formats.text import parse_json
from corelate.data.generated_folder import LIST_FILE, PROVENANCE_FILE
from corelate.data.shared_options import GENERATED
from corelate.data.spec import DataSpec
from corelate.errors import DataError, OptionError

ADVICE = "say it with --data SPEC"


def spec_of(folder: Path | None, data: str | None) -> str:
    """Return the spec of real and generated pictures together.

    Args:
        folder: Where the generated pictures are; None where the spec says so, or its format has some of its own.
        data: Spec of the originals; None takes what the folder says it was made from.

    Raises:
        OptionError: Neither is given, or both name generated pictures.
        DataError: There is no such folder, or it does not say what it was made from.
    """
    if folder is None and data is None:
        raise OptionError("give a folder of generated pictures, or --data SPEC with ?generated=DIR in it")
    if folder is None:
        return data or ""
    spec = DataSpec.parse(data if data is not None else source_of(folder))
    if spec.shared.get(GENERATED):
        raise OptionError(f"{folder} and ?generated= of --data both name generated pictures; give one of them")
    return spec.with_generated(str(folder)).to_text()


def source_of(folder: Path) -> str:
    """Return the spec that a folder of generated pictures says it was made from.

    Raises:
        DataError: There is no such folder, or it does not say it.
    """
    source = _record(folder).get("source")
    if not isinstance(source, str) or not source:
        raise DataError(f"{folder}: no {PROVENANCE_FILE} names what the pictures were made from: {ADVICE}")
    return source


def border_of(folder: Path | None) -> int:
    """Return how many pixels were cut off each side of the originals, as a folder says; 0 where it says nothing."""
    settings = {} if folder is None else _record(folder).get("settings")
    border = settings.get("border", 0) if isinstance(settings, dict) else 0
    return border if isinstance(border, int) and border >= 0 else 0


def _record(folder: Path) -> dict[str, Any]:
    """Return what a folder of generated pictures, or an archive of one, says about their making; empty for nothing."""
    container = open_data_set(folder.expanduser(), (), lambda inner: inner.has(LIST_FILE))
    if not container.has(PROVENANCE_FILE):
        return {}
    return parse_json(container.read(PROVENANCE_FILE), container.describe(PROVENANCE_FILE))
