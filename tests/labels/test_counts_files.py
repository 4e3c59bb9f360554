from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corelate.data.vocabulary import Vocabulary
from corelate.errors import GraphError
from corelate.labels import counts_files
from corelate.labels.counts_files import read_counts

ADJ = [[0, 2, 0], [2, 0, 1], [0, 1, 0]]
NUMS = [2, 5, 1]
LABELS = ["jet", "plane", "sky"]


@pytest.fixture
def write(tmp_path: Path):
    def write_counts(**changes: Any) -> Path:
        path = tmp_path / "counts.json"
        content = {"adj": ADJ, "nums": NUMS} | changes
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))
        return path

    return write_counts


def test_counts_in_the_order_of_the_vocabulary(write):
    read = read_counts(write(), Vocabulary(LABELS))
    assert read.counts.pairs.toarray().tolist() == ADJ
    assert read.counts.occurrences.tolist() == NUMS
    assert (list(read.counts.vocabulary), read.counts.pictures, read.source) == (LABELS, 0, "counts.json")


def test_without_names_anywhere_labels_are_numbered(write):
    assert list(read_counts(write()).counts.vocabulary) == ["label 0", "label 1", "label 2"]


def test_names_and_the_number_of_pictures_from_the_file(write):
    read = read_counts(write(labels=LABELS, pictures=9))
    assert (list(read.counts.vocabulary), read.counts.pictures) == (LABELS, 9)


def test_named_labels_are_brought_into_the_order_of_the_vocabulary(write):
    counts = read_counts(write(labels=LABELS), Vocabulary(["sky", "jet", "plane"])).counts
    assert list(counts.vocabulary) == ["sky", "jet", "plane"]
    assert counts.occurrences.tolist() == [1, 2, 5]
    assert counts.pairs.toarray().tolist() == [[0, 0, 1], [0, 0, 2], [1, 2, 0]]
    assert counts.pairs.has_canonical_format


def test_a_diagonal_is_ignored_and_the_source_says_so(write):
    read = read_counts(write(adj=[[2, 2, 0], [2, 5, 1], [0, 1, 1]]))
    assert read.counts.pairs.toarray().tolist() == ADJ
    assert read.source == "counts.json (its diagonal is not zero; ignored)"


def test_whole_numbers_written_as_floats_are_counts(write):
    assert read_counts(write(nums=[2.0, 5.0, 1e0])).counts.occurrences.tolist() == NUMS


def test_one_label(write):
    counts = read_counts(write(adj=[[0]], nums=[3])).counts
    assert (counts.pairs.nnz, counts.occurrences.tolist()) == (0, [3])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adj": None}, "expected counts {'adj': L×L, 'nums': L}; the list 'adj' is nothing"),
        ({"nums": {"jet": 2}}, "the list 'nums' is an object"),
        ({"adj": [], "nums": []}, "holds counts of no label"),
        ({"adj": ADJ[:2]}, "'adj' has 2 rows, but 'nums' has 3 numbers"),
        ({"adj": [[0, 2], *ADJ[1:]]}, "row 1 of 'adj' is 2 numbers; expected 3 numbers, as many as 'nums' has"),
        ({"adj": [*ADJ[:2], 7]}, "row 3 of 'adj' is a number; expected 3 numbers"),
        ({"adj": [[0, "2", 0], *ADJ[1:]]}, "row 1 of 'adj' holds text; expected numbers"),
        ({"adj": [[0, True, 0], *ADJ[1:]]}, "row 1 of 'adj' holds true; expected numbers"),
        ({"adj": [[0, [2], 0], *ADJ[1:]]}, "row 1 of 'adj' holds a list; expected numbers"),
        ({"adj": [[0, None, 0], *ADJ[1:]]}, "row 1 of 'adj' holds null; expected numbers"),
        ({"adj": [[0, -2, 0], *ADJ[1:]]}, "row 1 of 'adj' holds -2; counts are whole numbers from 0"),
        ({"adj": [[0, 1.5, 0], *ADJ[1:]]}, "row 1 of 'adj' holds 1.5; counts are whole numbers"),
        ({"nums": [2, 5, 2**53]}, "'nums' holds 9.0072e+15; counts are whole numbers from 0 to below 2^53"),
        ({"nums": [2, 5, 10**400]}, "'nums' holds a number of hundreds of digits"),
        ({"adj": [[0, 2, 0], [1, 0, 1], [0, 1, 0]]}, "not symmetric: label 0 and label 1 is 2 one way and 1 the other"),
        ({"nums": [1, 5, 1]}, "label 0 and label 1 stand together in 2 pictures, but label 0 stands in 1 only"),
        ({"nums": [0, 5, 1]}, "but label 0 stands in 0 only"),
        ({"labels": ["jet"]}, "names 1 labels, but 'nums' has 3"),
        ({"labels": ["jet", "jet", "sky"]}, "the vocabulary holds labels twice: jet"),
        ({"labels": ["jet", [], "sky"]}, "label number 2 of the vocabulary is"),
        ({"labels": "jet"}, "'labels' must be a list of label names"),
        ({"pictures": 4}, "counts 4 pictures, but a label stands in 5"),
        ({"pictures": "9"}, "'pictures' holds text; expected numbers"),
    ],
)
def test_wrong_content_is_refused_with_the_files_name(write, changes: dict, message: str):
    path = write(**changes)
    with pytest.raises(GraphError) as caught:
        read_counts(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_number_of_labels_is_refused_with_both_numbers(write):
    with pytest.raises(GraphError, match=r"counts\.json holds 3 labels, the vocabulary has 2$"):
        read_counts(write(), Vocabulary(["jet", "plane"]))


def test_other_labels_are_refused_with_both_sides(write):
    with pytest.raises(GraphError, match="holds 3 labels, the vocabulary has 3; only there: sky; only in the voc"):
        read_counts(write(labels=LABELS), Vocabulary(["jet", "plane", "sea"]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"adj": [[0]], "nums": [NaN]}', "NaN is not allowed"),
        ('{"adj": [[0]], "nums": [1e999]}', "'nums' holds inf"),
        ('{"adj": ' + "[" * 100_000, "nested too deeply|not JSON"),
        ("[1, 2]", "expected a JSON object, found a list"),
        ('{"adj": [[0]], ', "not JSON"),
        ("", "not JSON"),
    ],
)
def test_text_that_is_no_counts(tmp_path: Path, text: str, message: str):
    path = tmp_path / "counts.json"
    path.write_text(text)
    with pytest.raises(GraphError, match=message):
        read_counts(path)


def test_places_that_are_no_files(tmp_path: Path):
    for path in (tmp_path, tmp_path / "none.json", Path("a\0b.json"), tmp_path / ("x" * 5000)):
        with pytest.raises(GraphError):
            read_counts(path)


def test_a_file_too_large_for_its_labels_is_not_parsed(write, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(counts_files, "FREE_BYTES", 0)
    monkeypatch.setattr(counts_files, "BYTES_PER_CELL", 5)
    with pytest.raises(GraphError, match="more than a graph of the vocabulary's 3 labels can take"):
        read_counts(write(note="x" * 100), Vocabulary(LABELS))


def test_large_counts_are_kept_exactly(write):
    large = 2**53 - 1
    counts = read_counts(write(adj=[[0, large], [large, 0]], nums=[large, large])).counts
    assert counts.pairs.toarray()[0, 1] == counts.occurrences[0] == np.int64(large)
