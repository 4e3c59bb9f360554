"""The record of what was done to labels; it may come from a stranger's bundle."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from corelate.data.curation import Curation, LabelHierarchy
from corelate.data.vocabulary import Vocabulary
from corelate.errors import VocabularyError

LABELS = Vocabulary(["cat", "dog", "animal"])
GOOD: dict[str, Any] = {
    "merged": {"kitten": "cat", "junk": "", "cow": "cattle"},
    "dropped": {"poodle": 3},
    "hierarchy": [["cat", "animal"], ["dog", "animal"]],
    "outside": {"poodle": ["dog"], "cattle": ["animal"]},
}


def changed(**fields: Any) -> dict[str, Any]:
    return {**copy.deepcopy(GOOD), **fields}


def test_it_reads_back_the_same():
    curation = Curation.from_json(GOOD, LABELS)
    assert curation.to_json() == GOOD
    assert curation.hierarchy.names() == [("cat", "animal"), ("dog", "animal")]
    assert curation.pairs()[2:] == [("poodle", "dog"), ("cattle", "animal")]
    assert Curation.from_json(curation.to_json(), LABELS) == curation


def test_it_is_told_in_words():
    assert Curation.from_json(GOOD, LABELS).describe() == (
        "labels: 3 merged or dropped by name, 1 dropped as rare, 2 pairs of child and parent"
    )
    many = Curation(LabelHierarchy(LABELS), dropped={str(number): 1 for number in range(10_000)})
    assert "10000 or more dropped as rare" in many.describe()


HOSTILE: dict[str, Any] = {
    "no object": [],
    "a field is missing": {key: value for key, value in GOOD.items() if key != "outside"},
    "an unknown field": changed(run="rm -rf"),
    "merged is a list": changed(merged=[["a", "b"]]),
    "merged to a number": changed(merged={"kitten": 1}),
    "merged to a control character": changed(merged={"kitten": "\x1b[2J"}),
    "merged from nothing": changed(merged={"": "cat"}),
    "a label of the vocabulary is merged away": changed(merged={"dog": "cat"}),
    "merged in a chain": changed(merged={"kitten": "pussy", "pussy": "cat"}),
    "merged in a circle": changed(merged={"a": "b", "b": "a"}),
    "dropped with text": changed(dropped={"poodle": "3"}),
    "dropped with true": changed(dropped={"poodle": True}),
    "dropped with less than nothing": changed(dropped={"poodle": -1}),
    "dropped with a fraction": changed(dropped={"poodle": 1.5}),
    "a label of the vocabulary is dropped": changed(dropped={"cat": 3}),
    "hierarchy is an object": changed(hierarchy={"cat": "animal"}),
    "hierarchy of columns": changed(hierarchy=[[0, 2]]),
    "hierarchy of three": changed(hierarchy=[["cat", "dog", "animal"]]),
    "hierarchy of text": changed(hierarchy=["ab"]),
    "hierarchy of other labels": changed(hierarchy=[["cat", "plant"]]),
    "hierarchy with a pair twice": changed(hierarchy=[["cat", "animal"], ["cat", "animal"]]),
    "hierarchy in a circle": changed(hierarchy=[["cat", "dog"], ["dog", "animal"], ["animal", "cat"]]),
    "hierarchy of one label": changed(hierarchy=[["cat", "cat"]]),
    "a million pairs": changed(hierarchy=[["cat", "animal"]] * 1_000_000),
    "outside implies text": changed(outside={"poodle": "dog"}),
    "outside implies nothing": changed(outside={"poodle": []}),
    "outside implies numbers": changed(outside={"poodle": [1]}),
    "outside implies another label": changed(outside={"poodle": ["plant"]}),
    "outside implies a label twice": changed(outside={"poodle": ["dog", "dog"]}),
    "outside is inside": changed(outside={"cat": ["animal"]}),
    "outside by the hundred thousand": changed(outside={f"n{number}": ["cat", "dog"] for number in range(100_001)}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_stranger_may_send_is_refused(case: str):
    with pytest.raises(VocabularyError) as caught:
        Curation.from_json(HOSTILE[case], LABELS)
    text = str(caught.value)
    assert len(text) < 300
    assert text.isprintable()
