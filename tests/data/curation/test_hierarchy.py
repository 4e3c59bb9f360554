"""Which labels imply which, against walking upwards from each label."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.curation import hierarchy as module
from corelate.data.curation.hierarchy import MAX_EDGES, LabelHierarchy
from corelate.data.vocabulary import Vocabulary
from corelate.errors import ScoresError, VocabularyError

ANIMALS = Vocabulary(["poodle", "sky", "animal", "dog", "pet"])
FAMILY = LabelHierarchy.from_names(ANIMALS, [("dog", "animal"), ("poodle", "dog"), ("dog", "pet"), ("poodle", "pet")])


def numbered(count: int) -> Vocabulary:
    return Vocabulary([f"label {number}" for number in range(count)])


def ancestors(edges: list[tuple[int, int]], label: int) -> set[int]:
    above = {parent for child, parent in edges if child == label}
    return above.union(*(ancestors(edges, parent) for parent in above))


@st.composite
def hierarchies(draw: st.DrawFn) -> LabelHierarchy:
    """Edges from a lower to a higher place of a random order have no circle."""
    count = draw(st.integers(1, 7))
    order = draw(st.permutations(range(count)))
    possible = [(order[low], order[high]) for high in range(count) for low in range(high)]
    edges = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    return LabelHierarchy(numbered(count), tuple(edges))


@given(hierarchies(), st.integers(0, 1000), st.sampled_from([np.float32, np.float64]))
def test_a_parent_has_the_highest_score_below_it(hierarchy: LabelHierarchy, seed: int, kind: type):
    count = len(hierarchy.vocabulary)
    scores = np.random.default_rng(seed).random((3, count)).astype(kind)
    before = scores.copy()
    raised = hierarchy.raise_scores(scores)
    expected = scores.copy()
    for child in range(count):
        for parent in ancestors(list(hierarchy.edges), child):
            expected[:, parent] = np.maximum(expected[:, parent], scores[:, child])
    assert raised.dtype == kind
    assert np.array_equal(raised, expected)
    assert np.array_equal(hierarchy.raise_scores(raised), raised), "once is enough"
    assert np.array_equal(scores, before), "what was given is left alone"


@given(hierarchies(), st.integers(0, 1000))
def test_a_chosen_label_brings_all_that_it_implies(hierarchy: LabelHierarchy, seed: int):
    count = len(hierarchy.vocabulary)
    chosen = np.random.default_rng(seed).random((4, count)) < 0.4
    found = hierarchy.with_parents(chosen)
    assert found.dtype == bool
    for row, brought in zip(chosen, found, strict=True):
        own = set(np.flatnonzero(row).tolist())
        assert set(np.flatnonzero(brought)) == own.union(*(ancestors(list(hierarchy.edges), label) for label in own))


@given(hierarchies())
def test_the_closure_holds_all_ancestors(hierarchy: LabelHierarchy):
    starts, columns = hierarchy.closure()
    for label in range(len(hierarchy.vocabulary)):
        found = columns[starts[label] : starts[label + 1]].tolist()
        assert found == sorted(ancestors(list(hierarchy.edges), label))


@given(hierarchies())
def test_a_child_is_deeper_than_its_parents(hierarchy: LabelHierarchy):
    depths = hierarchy.depths()
    for label in range(len(hierarchy.vocabulary)):
        above = [parent for child, parent in hierarchy.edges if child == label]
        assert depths[label] == 1 + max(depths[above], default=-1)


def test_more_rows_than_a_block(monkeypatch: pytest.MonkeyPatch):
    scores = np.random.default_rng(0).random((11, 5), dtype=np.float32)
    whole = FAMILY.raise_scores(scores)
    monkeypatch.setattr(module, "_CELLS", 8)
    assert np.array_equal(FAMILY.raise_scores(scores), whole)
    assert FAMILY.raise_scores(scores[:0]).shape == (0, 5)


def test_without_edges_nothing_is_copied():
    scores = np.zeros((2, 5), np.float32)
    hierarchy = LabelHierarchy(ANIMALS)
    assert not hierarchy
    assert hierarchy.raise_scores(scores) is scores
    assert hierarchy.with_parents(scores > 1).shape == (2, 5)


def test_scores_of_other_labels_are_refused():
    with pytest.raises(ScoresError, match=r"scores of shape \(2, 4\) do not fit a hierarchy of 5 labels"):
        FAMILY.raise_scores(np.zeros((2, 4), np.float32))


def test_circles_are_named():
    with pytest.raises(VocabularyError, match=r"in a circle: 'animal' → 'pet' → 'dog' → 'animal'$"):
        LabelHierarchy.from_names(
            ANIMALS, [("poodle", "dog"), ("animal", "pet"), ("dog", "animal"), ("pet", "dog"), ("pet", "sky")]
        )
    with pytest.raises(VocabularyError, match=r"in a circle: 'sky' → 'sky'$"):
        LabelHierarchy(ANIMALS, ((1, 1),))


def test_long_circles_are_cut_short():
    with pytest.raises(VocabularyError) as caught:
        LabelHierarchy(numbered(100_000), tuple((label, (label + 1) % 100_000) for label in range(100_000)))
    assert len(str(caught.value)) < 300
    assert "→ … →" in str(caught.value)


@pytest.mark.parametrize("edges", [((0, 5),), ((-1, 2),), ((0, 2), (0, 2))])
def test_edges_that_do_not_fit_are_refused(edges: tuple[tuple[int, int], ...]):
    with pytest.raises(VocabularyError):
        LabelHierarchy(ANIMALS, edges)


def test_more_edges_than_allowed_are_refused():
    with pytest.raises(VocabularyError, match="at most 200000 are allowed"):
        LabelHierarchy(ANIMALS, ((0, 1),) * (MAX_EDGES + 1))


def test_a_deep_chain_is_no_trouble_until_it_is_closed():
    count = 50_000
    started = time.process_time()
    chain = LabelHierarchy(numbered(count), tuple((label, label + 1) for label in range(count - 1)))
    scores = np.zeros((2, count), np.float32)
    scores[1, 0] = 0.5
    assert chain.raise_scores(scores)[1].min() == 0.5
    with pytest.raises(VocabularyError, match="so deep"):
        chain.closure()
    assert time.process_time() - started < 10


def test_many_layers_that_imply_all_those_above_take_no_minute():
    layers, width = 60, 40
    pairs = [
        (layer * width + child, (layer + 1) * width + parent)
        for layer in range(layers - 1)
        for child in range(width)
        for parent in range(width)
    ]
    hierarchy = LabelHierarchy(Vocabulary([f"label {number}" for number in range(layers * width)]), tuple(pairs))
    started = time.process_time()
    starts, columns = hierarchy.closure()
    assert time.process_time() - started < 5
    assert np.diff(starts).tolist() == [(layers - 1 - label // width) * width for label in range(layers * width)]
    assert columns[: starts[1]].tolist() == list(range(width, layers * width))
