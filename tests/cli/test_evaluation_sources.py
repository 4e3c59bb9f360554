"""Targets of other data in the labels of an annotator."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from corelate.cli.evaluation_sources import targets_for
from corelate.data.curation import Curation, LabelHierarchy
from corelate.data.spec import load_annotations
from corelate.data.vocabulary import Vocabulary

OWN = Vocabulary(["boat", "vehicle", "transport", "sky", "cat"])
PARENTS = LabelHierarchy.from_names(OWN, [("boat", "transport"), ("vehicle", "transport")])


def targets(tmp_path: Path, text: str, missing: str, curation: Curation | None) -> list[list[int]]:
    (tmp_path / "labels.csv").write_text(text)
    annotations = load_annotations(f"table:{tmp_path}/labels.csv?labels_only=true")
    return targets_for(annotations, OWN, curation, missing).tolist()


def test_a_parent_may_be_there_by_a_child_that_the_data_does_not_name(tmp_path: Path):
    text = "path,labels\n1.jpg,boat\n2.jpg,sky\n"
    curation = Curation(PARENTS)
    assert targets(tmp_path, text, "unknown", curation) == [[1, -1, 1, 0, -1], [0, -1, -1, 1, -1]]
    assert targets(tmp_path, text, "absent", curation) == [[1, 0, 1, 0, 0], [0, 0, 0, 1, 0]]


def test_a_parent_that_the_data_names_is_what_the_data_says(tmp_path: Path):
    text = "path,labels\n1.jpg,boat\n2.jpg,sky\n3.jpg,transport\n"
    found = np.array(targets(tmp_path, text, "unknown", Curation(PARENTS)))
    assert found[:, 2].tolist() == [1, 0, 1]


def test_a_name_that_becomes_the_parent_names_it(tmp_path: Path):
    text = "path,labels\n1.jpg,boat\n2.jpg,sky\n3.jpg,conveyance\n"
    found = np.array(targets(tmp_path, text, "unknown", Curation(PARENTS, {"conveyance": "transport"})))
    assert found[:, 2].tolist() == [1, 0, 1]


def test_without_a_record_of_what_was_done(tmp_path: Path):
    assert targets(tmp_path, "path,labels\n1.jpg,boat\n", "unknown", None) == [[1, -1, -1, -1, -1]]
