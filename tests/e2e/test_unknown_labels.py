"""Labels of which it is not known whether a picture has them, from a table to figures, as users run it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from corelate.data.scenes.grammar import LABELS, compose
from corelate.data.scenes.reference import SceneReference

from .conftest import TINY, Command

PICTURES = 36


def write_table(folder: Path) -> int:
    """Write pictures and a table with one column a label and empty cells; return how many are in the test part."""
    empty = np.random.default_rng(0).random((PICTURES, len(LABELS))) < 0.3
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "split", *LABELS])
        for index in range(PICTURES):
            SceneReference(1, index, 32).draw().save(folder / f"{index}.png")
            labels = compose(1, index).labels
            marks = [
                "" if unknown else int(label in labels) for label, unknown in zip(LABELS, empty[index], strict=True)
            ]
            writer.writerow([f"{index}.png", "test" if index >= 24 else "train", *marks])
    return int(empty[24:].sum())


def test_empty_cells_are_counted_and_left_out_of_all_figures(corelate: Command, tmp_path: Path):
    unknown = write_table(tmp_path)
    settings = [*TINY[2:], "--data", "table:labels.csv?labels=*", "--loss", "splc"]
    refused = corelate("train", *settings, "--loss-option", "unknown=ignored", "--loss-option", "corrected=unknown",
                       "--out", "x", code=2)  # fmt: skip
    assert "nothing is left to correct" in refused.stderr
    assert "Traceback" not in refused.stderr
    trained = corelate("train", *settings, "--loss-option", "corrected=unknown", "--out", "run")
    assert "pictures chose the epoch and the thresholds: both are to a good part chance" in trained.stderr
    recipe = (tmp_path / "run" / "recipe.toml").read_text()
    assert 'unknown = "absent"' in recipe
    assert 'corrected = "unknown"' in recipe
    report = json.loads(corelate("evaluate", "run", "--json", "--intervals", "--resamples", "20").stdout)
    assert report["unknown_targets"] == unknown
    assert report["images"] == 12
    assert report["intervals"]["map"][0] <= report["map"] <= report["intervals"]["map"][1]
