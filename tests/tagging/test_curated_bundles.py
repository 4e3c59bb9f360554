"""Bundles that say which labels imply which: what they tag, and what is refused of a stranger's."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from corelate.data.curation import Curation, LabelHierarchy
from corelate.data.vocabulary import Vocabulary
from corelate.errors import BundleError
from corelate.tagging.bundle import read_bundle, write_bundle
from corelate.tagging.tagger import Tagger

Make = Callable[..., Path]
LABELS = ["red", "green", "blue"]


@pytest.fixture
def curated(tiny_bundle: Make, tmp_path: Path) -> Path:
    """The tiny annotator as a folder; what is red is green, too, and what is green is blue."""
    plain = read_bundle(tiny_bundle())
    hierarchy = LabelHierarchy.from_names(Vocabulary(LABELS), [("red", "green"), ("green", "blue")])
    curation = Curation(hierarchy, {"scarlet": "red"}, {"mauve": 2}, {"mauve": ("red",)})
    description = dataclasses.replace(plain.description, curation=curation)
    files = {name: plain.read_file(name) for name in plain.description.files}
    return write_bundle(tmp_path / "curated", description, files).path


def with_curation(bundle: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    fields = json.loads((bundle / "annotator.json").read_text())
    fields["curation"] = change(fields["curation"])
    (bundle / "annotator.json").write_text(json.dumps(fields))
    return bundle


def red() -> Image.Image:
    return Image.new("RGB", (12, 10), (255, 0, 0))


def test_tags_and_scores_hold_to_the_hierarchy(curated: Path):
    tagger = Tagger.open(curated)
    ((high, of_green, of_blue),) = tagger.score([red()])
    assert high == of_green == of_blue > 0.9
    assert [tag.label for tag in tagger.tag([red()])[0]] == ["blue", "green", "red"], (
        "of equal scores parents come first"
    )
    green = Image.new("RGB", (12, 10), (0, 255, 0))
    assert [tag.label for tag in tagger.tag([green])[0]] == ["blue", "green"]
    assert [tag.label for tag in tagger.tag([green], "top_k")[0]] == ["blue", "green"]


def test_a_bundle_without_it_opens_and_says_nothing_of_it(tiny_bundle: Make):
    bundle = read_bundle(tiny_bundle())
    assert bundle.description.curation is None
    assert "curation" not in bundle.description.to_json()
    scores = Tagger(bundle).score([red()])
    assert np.flatnonzero(scores[0] > 0.5).tolist() == [0]


def test_it_reads_back_the_same(curated: Path):
    description = read_bundle(curated).description
    assert description.curation is not None
    assert description.curation.to_json() == {
        "merged": {"scarlet": "red"},
        "dropped": {"mauve": 2},
        "hierarchy": [["red", "green"], ["green", "blue"]],
        "outside": {"mauve": ["red"]},
    }


HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "text": lambda fields: "none",
    "nothing": lambda fields: None,
    "a list": lambda fields: [],
    "a field too few": lambda fields: {"hierarchy": []},
    "a field too many": lambda fields: {**fields, "code": "import os"},
    "a label that it has not": lambda fields: {**fields, "hierarchy": [["red", "purple"]]},
    "a circle": lambda fields: {**fields, "hierarchy": [["red", "green"], ["green", "red"]]},
    "itself": lambda fields: {**fields, "hierarchy": [["red", "red"]]},
    "columns": lambda fields: {**fields, "hierarchy": [[0, 1]]},
    "nearly a million pairs": lambda fields: {**fields, "hierarchy": [["red", "blue"]] * 900_000},
    "a long name": lambda fields: {**fields, "hierarchy": [["red", "x" * 1_000_000]]},
    "a name that steers terminals": lambda fields: {**fields, "merged": {"\x1b]0;owned\x07": "red"}},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_ones_are_refused(curated: Path, case: str):
    bundle = with_curation(curated, HOSTILE[case])
    started = time.process_time()
    with pytest.raises(BundleError, match=r"annotator\.json can't be used") as caught:
        read_bundle(bundle)
    assert time.process_time() - started < 5
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()


def test_a_hierarchy_of_other_labels_is_no_description(tiny_bundle: Make):
    description = read_bundle(tiny_bundle()).description
    other = Curation(LabelHierarchy(Vocabulary(["red"])))
    with pytest.raises(BundleError, match="another vocabulary"):
        dataclasses.replace(description, curation=other)


def test_what_could_not_be_read_again_is_not_written(tiny_bundle: Make, tmp_path: Path):
    bundle = read_bundle(tiny_bundle())
    merged = {f"{'long' * 50} {number}": "red" for number in range(90_000)}
    curation = Curation(LabelHierarchy(Vocabulary(LABELS)), merged)
    files = {name: bundle.read_file(name) for name in bundle.description.files}
    with pytest.raises(BundleError, match=r"the description takes .. MiB"):
        write_bundle(tmp_path / "large", dataclasses.replace(bundle.description, curation=curation), files)
    assert not (tmp_path / "large").exists()
