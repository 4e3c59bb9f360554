"""What a hierarchy file may hold, and what is said of one that can't be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corelate.data.curation.hierarchy_files import read_hierarchy_file
from corelate.errors import DataError

Write = Callable[[str, str], str]
EXPECTED = [("dog", "animal"), ("dog", "pet"), ("poodle", "dog")]


def pairs(file: str) -> list[tuple[str, str]]:
    return [(pair.first, pair.second) for pair in read_hierarchy_file(Path(file))]


FORMS = {
    "header.csv": "child,parent\ndog,animal\ndog,pet\npoodle,dog\n",
    "no-header.csv": "dog,animal\ndog,pet\npoodle,dog\n",
    "twice.csv": "dog,animal\ndog,pet\ndog,animal\npoodle,dog\n",
    "roots.csv": "CHILD;PARENT\nanimal;\ndog;animal\ndog;pet\npoodle;dog\n",
    "tabs.tsv": "dog\tanimal\ndog\tpet\npoodle\tdog\n",
    "lists.json": '{"dog": ["animal", "pet"], "poodle": "dog", "animal": []}',
}


@pytest.mark.parametrize("name", FORMS)
def test_forms(written: Write, name: str):
    assert pairs(written(name, FORMS[name])) == EXPECTED


def test_a_tree_holds_each_label_above_what_implies_it(written: Write):
    tree = '{"animal": {"dog": {"poodle": {}}, "cat": {}}, "pet": {"dog": {}}}'
    assert pairs(written("tree.json", tree)) == [
        ("dog", "animal"),
        ("poodle", "dog"),
        ("cat", "animal"),
        ("dog", "pet"),
    ]


def test_lines_are_kept(written: Write):
    found = read_hierarchy_file(Path(written("h.csv", FORMS["twice.csv"])))
    assert [pair.line for pair in found] == [1, 2, 4]


def test_circles_are_named(written: Write):
    with pytest.raises(DataError, match=r"h\.csv: labels imply each other in a circle: 'b' → 'c' → 'b'; take out"):
        pairs(written("h.csv", "a,b\nb,c\nc,b\n"))
    with pytest.raises(DataError, match="'dog' → 'dog'"):
        pairs(written("h.csv", "dog,dog\n"))
    with pytest.raises(DataError, match="in a circle"):
        pairs(written("tree.json", '{"a": {"b": {"a": {}}}}'))


NOTHING = {"header.csv": "child,parent\n", "roots.csv": "animal,\n", "tree.json": '{"animal": {}}', "none.json": "{}"}


@pytest.mark.parametrize("name", NOTHING)
def test_a_file_may_hold_no_pair(written: Write, name: str):
    assert pairs(written(name, NOTHING[name])) == []


HOSTILE = {
    "empty.csv": ("", "empty; expected two columns, child and parent"),
    "three.csv": ("dog,animal\npoodle,dog,pet\nalone\n", "2 × not two cells (child and parent"),
    "mixed.json": ('{"animal": {"dog": {}}, "cat": ["animal"]}', "'animal' holds an object, as in a tree of labels"),
    "leaf.json": ('{"animal": {"dog": ["poodle"], "cat": null}}', "2 × in a tree of labels, but no object"),
    "number.json": ('{"dog": 3, "cat": ["animal", 4]}', "2 × parents are no list of texts"),
    "names.json": ('{"dog": [""], "": ["animal"]}', "2 × can't be the name of a label"),
    "tree-names.json": ('{"animal": {"": {}, "a\\u001bb": {}}}', "2 × can't be the name of a label"),
    "deep.json": ('{"a":' * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_that_cannot_be_used(written: Write, name: str):
    text, message = HOSTILE[name]
    with pytest.raises(DataError) as caught:
        pairs(written(name, text))
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)
