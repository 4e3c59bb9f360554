from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import sparse

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.explain.graph.label_graph import KnownGraph, label_graph_of
from corelate.explain.graph.neighbourhood import LabelNeighbourhood, neighbourhood
from corelate.labels.graph import LabelGraph


def known_graph(labels: int, edges: dict[tuple[int, int], float], occurrences: list[int] | None = None) -> KnownGraph:
    """Return a graph of which only weights are known; edges lead from conditions to what follows."""
    cells = [(implied, condition, weight) for (condition, implied), weight in edges.items()]
    cells += [(label, label, 0.5) for label in range(labels)]
    rows, columns, weights = zip(*cells, strict=True)
    adjacency = sparse.csr_array((np.array(weights, np.float32), (rows, columns)), shape=(labels, labels))
    adjacency.sort_indices()
    graph = LabelGraph(Vocabulary([f"label {number}" for number in range(labels)]), adjacency)
    return KnownGraph(graph, "drawn by hand", None if occurrences is None else np.array(occurrences))


def drawn_by_chance(labels: int, share: float, seed: int = 0) -> KnownGraph:
    chance = np.random.default_rng(seed)
    pairs = np.argwhere(chance.random((labels, labels)) < share)
    edges = {(int(a), int(b)): float(w) for (a, b), w in zip(pairs, chance.random(len(pairs)), strict=True) if a != b}
    return known_graph(labels, edges, chance.integers(1, 100, labels).tolist())


def slow_distances(known: KnownGraph, begin: list[int], steps: int) -> dict[int, int]:
    """Return how many edges away labels are, in either direction, as far as `steps`."""
    linked = known.graph.dense() != 0
    away = dict.fromkeys(begin, 0)
    for step in range(1, steps + 1):
        for label in range(len(linked)):
            if label not in away and any(
                (linked[label, other] or linked[other, label]) for other, far in away.items() if far == step - 1
            ):
                away[label] = step
    return away


def column(name: str) -> int:
    return int(name.removeprefix("label "))


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_with_room_for_all_it_is_what_a_walk_reaches(steps: int, seed: int):
    known = drawn_by_chance(40, 0.02, seed)
    near = neighbourhood(known, ["label 3", "label 8"], steps=steps, most=200)
    expected = slow_distances(known, [3, 8], steps)
    assert {column(label): int(away) for label, away in zip(near.labels, near.steps, strict=True)} == expected
    assert near.left_out == 0
    edges = {
        (column(near.labels[c]), column(near.labels[i]))
        for c, i in zip(near.edges.conditions, near.edges.implied, strict=True)
    }
    dense = known.graph.dense()
    assert edges == {(c, i) for c in expected for i in expected if c != i and dense[i, c]}


def test_the_strongest_come_first_and_the_rest_is_counted():
    edges = {(0, other): weight for other, weight in enumerate([0.5, 0.9, 0.1, 0.7], start=1)} | {(5, 0): 0.8}
    near = neighbourhood(known_graph(6, edges), ["label 0"], most=3)
    assert near.labels == ("label 0", "label 2", "label 5", "label 4")
    assert near.left_out == 2


def test_of_equally_strong_neighbours_the_more_frequent_comes_first():
    edges = {(0, other): 0.5 for other in (1, 2, 3)}
    near = neighbourhood(known_graph(4, edges, [9, 1, 3, 2]), ["label 0"], most=2)
    assert near.labels == ("label 0", "label 2", "label 3")


def test_room_is_shared_between_the_labels_in_the_middle():
    edges = {(0, other): 0.9 for other in range(2, 12)} | {(1, other): 0.1 for other in range(12, 22)}
    near = neighbourhood(known_graph(22, edges), ["label 0", "label 1"], most=6)
    assert [column(label) for label in near.labels[2:]] == [2, 12, 3, 13, 4, 14]


def test_one_with_few_neighbours_leaves_its_room_to_the_others():
    edges = {(0, 2): 0.9} | {(1, other): 0.1 for other in range(3, 12)}
    near = neighbourhood(known_graph(12, edges), ["label 0", "label 1"], most=6)
    assert len(near.labels) == 8


@pytest.mark.parametrize(("chosen", "shown"), [(1, 12), (2, 24), (4, 40)])
def test_usually_there_are_twelve_for_each_and_forty_in_all(chosen: int, shown: int):
    edges = {(label, 4 + 20 * label + other): 0.5 for label in range(4) for other in range(20)}
    near = neighbourhood(known_graph(84, edges), [f"label {label}" for label in range(chosen)])
    assert len(near.labels) == chosen + shown
    assert near.left_out == 20 * chosen - shown


def test_two_steps_leave_room_for_the_second():
    edges = {(0, other): 0.5 for other in range(1, 31)}
    edges |= {(other, 30 + other): 0.5 for other in range(1, 31)}
    near = neighbourhood(known_graph(61, edges), ["label 0"], steps=2, most=21)
    assert np.bincount(near.steps).tolist() == [1, 11, 10]
    assert near.left_out == 39


@pytest.mark.parametrize("second", [2, 12])
def test_what_one_of_two_steps_does_not_need_the_other_gets(second: int):
    edges = {(0, other): 0.5 for other in range(1, 6)} | {(1, 6 + other): 0.5 for other in range(second)}
    known = known_graph(6 + second, edges)
    assert neighbourhood(known, ["label 0"], steps=2, most=4).left_out == 1 + second
    assert neighbourhood(known, ["label 0"], steps=2, most=5 + second).left_out == 0


def test_without_a_choice_the_most_frequent_with_edges_stand_in_the_middle():
    edges = {(0, 1): 0.5, (2, 3): 0.5}
    near = neighbourhood(known_graph(6, edges, [5, 3, 8, 2, 99, 1]))
    assert near.chosen == ("label 2", "label 0", "label 1")
    assert not near.named
    assert "label 4" not in near.labels


def test_a_label_without_edges_stands_alone():
    near = neighbourhood(known_graph(3, {(0, 1): 0.5}), ["label 2"])
    assert (near.labels, near.left_out, len(near.edges)) == (("label 2",), 0, 0)
    assert near.table().rows == []
    assert near.table().about["labels"][0]["self_loop"] == 0.5


def test_where_no_label_has_edges_the_most_frequent_one_is_shown():
    assert neighbourhood(known_graph(3, {}, [1, 7, 2])).labels == ("label 1",)
    assert neighbourhood(known_graph(1, {})).labels == ("label 0",)


def test_a_label_that_is_named_twice_counts_once():
    near = neighbourhood(known_graph(2, {(0, 1): 0.5}), ["label 0", "label 0"])
    assert near.chosen == ("label 0",)


def test_unknown_labels_are_refused_with_the_nearest():
    with pytest.raises(OptionError, match=r"has no label 'labl 1'; did you mean 'label 1'"):
        neighbourhood(known_graph(2, {(0, 1): 0.5}), ["labl 1"])


@pytest.mark.parametrize("options", [{"steps": 0}, {"steps": 3}, {"most": -1}, {"most": 201}])
def test_numbers_have_limits(options: dict):
    with pytest.raises(OptionError, match=f"^{next(iter(options))} = "):
        neighbourhood(known_graph(2, {(0, 1): 0.5}), **options)


def test_more_labels_in_the_middle_than_can_be_read_are_refused():
    with pytest.raises(OptionError, match="13 labels in the middle: at most 12"):
        neighbourhood(known_graph(20, {(0, 1): 0.5}), [f"label {number}" for number in range(13)])


def test_no_neighbours_at_all_can_be_asked_for():
    near = neighbourhood(known_graph(3, {(0, 1): 0.5, (0, 2): 0.5}), ["label 0", "label 1"], most=0)
    assert (near.labels, near.left_out, len(near.edges)) == (("label 0", "label 1"), 1, 1)


def scenes() -> LabelNeighbourhood:
    return neighbourhood(label_graph_of("scenes:200?size=32"), ["boat"], most=4)


def test_the_table_has_a_row_for_each_edge():
    near = scenes()
    table = near.table()
    assert table.columns == ("condition", "implied", "weight", "probability", "pictures", "of")
    assert len(table.rows) == len(near.edges)
    assert all(row[3] == pytest.approx(row[4] / row[5]) for row in table.rows)
    touching = ["boat" in row[:2] for row in table.rows]
    assert touching == sorted(touching, reverse=True)
    assert table.about["around"] == ("boat",)
    assert [label["steps"] for label in table.about["labels"]] == [0, 1, 1, 1, 1]
    assert table.to_json()


def test_the_table_of_a_graph_without_counts_leaves_them_undefined():
    row = neighbourhood(known_graph(2, {(0, 1): 0.25}), ["label 0"]).table().rows[0]
    assert row == ["label 0", "label 1", 0.25, None, None, None]


def test_five_thousand_labels_are_quick():
    chance = np.random.default_rng(0)
    pairs = chance.integers(0, 5000, (60_000, 2))
    known = known_graph(
        5000, {(int(a), int(b)): 0.5 for a, b in pairs if a != b}, chance.integers(0, 99, 5000).tolist()
    )
    begin = time.process_time()
    near = neighbourhood(known, steps=2)
    assert time.process_time() - begin < 1
    assert len(near.labels) == 43
