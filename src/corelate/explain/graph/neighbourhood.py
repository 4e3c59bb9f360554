"""A part of a label graph: some labels and the strongest of those around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from corelate.errors import OptionError
from corelate.explain.graph.label_graph import KnownGraph, LabelEdges
from corelate.explain.judged import columns_of
from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_EACH, MOST = 12, 40
"""How many neighbours are drawn for each chosen label, and for all together, unless another number is given."""
MOST_ASKED = 200
"""Of how many neighbours a drawing is not yet a grey cloud that takes a minute."""
MOST_AROUND = 12
MOST_STEPS = 2
BY_ITSELF = 3
"""How many labels are chosen where none is named."""


@dataclass(frozen=True, eq=False)
class LabelNeighbourhood:
    """Some labels, those near them in a label graph, and all edges between these.

    Attributes:
        labels: The n labels; the chosen ones first, then the neighbours, strongest first.
        steps: How many edges lead from the nearest chosen label to each, int64[n]; 0 for the chosen.
        occurrences: How many pictures have each, int64[n], or None where that is not known.
        loops: The weight with which each label listens to itself, float64[n].
        edges: The edges between them; conditions and implied are numbers of these labels.
        left_out: How many labels within as many steps are left out.
        named: Whether somebody named the chosen labels.
        about: Which graph it is, in words.
    """

    labels: tuple[str, ...]
    steps: np.ndarray
    occurrences: np.ndarray | None
    loops: np.ndarray
    edges: LabelEdges
    left_out: int
    named: bool
    about: str

    @property
    def chosen(self) -> tuple[str, ...]:
        """The labels that it is about."""
        return self.labels[: int((self.steps == 0).sum())]

    def table(self) -> Table:
        """Return a row for each edge, those of the chosen labels first, and then the strongest."""
        edges = self.edges
        nearest = np.minimum(self.steps[edges.conditions], self.steps[edges.implied])
        order = np.lexsort((edges.implied, edges.conditions, -edges.evidence, nearest)).tolist()
        undefined = [None] * len(edges)
        columns = (
            edges.probabilities if edges.probabilities is not None else undefined,
            edges.pictures if edges.pictures is not None else undefined,
            edges.given if edges.given is not None else undefined,
        )
        rows = [
            [
                self.labels[edges.conditions[place]],
                self.labels[edges.implied[place]],
                edges.weights[place],
                *(column[place] for column in columns),
            ]
            for place in order
        ]
        about = {
            "graph": self.about,
            "around": self.chosen,
            "neighbours_left_out": self.left_out,
            "labels": [
                {
                    "label": label,
                    "steps": self.steps[number],
                    "pictures": None if self.occurrences is None else self.occurrences[number],
                    "self_loop": self.loops[number],
                }
                for number, label in enumerate(self.labels)
            ],
        }
        return Table(("condition", "implied", "weight", "probability", "pictures", "of"), rows, about)

    def draw(self) -> Figure:
        """Return the picture: chosen labels in the middle, arrows from conditions to what follows."""
        from corelate.explain.graph.neighbourhood_drawing import draw_neighbourhood

        return draw_neighbourhood(self)


def neighbourhood(
    known: KnownGraph, around: Sequence[str] = (), *, steps: int = 1, most: int | None = None
) -> LabelNeighbourhood:
    """Return some labels and those near them.

    Args:
        known: The graph.
        around: The labels in the middle; none: the most frequent ones that have edges.
        steps: How many edges a label may be away, in either direction.
        most: How many neighbours at most, up to 200; None: 12 for each label in the middle, and 40 in all. They are
            shared between the labels in the middle, and of each the ones with the surest edges come first.

    Raises:
        OptionError: A label is not in the graph, or a number is not allowed.
    """
    if not 1 <= steps <= MOST_STEPS:
        raise OptionError(f"steps = {steps}: choose 1 to {MOST_STEPS}; beyond that nearly every label is reached")
    if most is not None and not 0 <= most <= MOST_ASKED:
        raise OptionError(
            f"most = {most}: give the number of neighbours, 0 to {MOST_ASKED}; "
            "the whole graph of a data set is written by corelate data graph --out"
        )
    if len(set(around)) > MOST_AROUND:
        raise OptionError(f"{len(set(around))} labels in the middle: at most {MOST_AROUND} can be read in one drawing")
    links = _Links(known)
    chosen = columns_of(list(dict.fromkeys(around)), known.vocabulary.labels, "the label graph")
    chosen = chosen or _frequent(known, links)
    found = dict.fromkeys(chosen, 0)
    rings = links.rings(chosen, steps)
    for step, room in enumerate(_rooms(len(chosen), rings, most), start=1):
        begin = [column for column, away in found.items() if away == step - 1]
        found |= dict.fromkeys(links.strongest(begin, room, found), step)
    shown = len(found) - len(chosen)
    return _part(known, found, sum(rings) - shown, named=bool(around))


def _rooms(chosen: int, rings: Sequence[int], most: int | None) -> list[int]:
    """Return how many labels may be added at each step, of so many that there are; with two steps half at each."""
    nearest = MOST_EACH * chosen if most is None else most
    if len(rings) == 1:
        return [min(nearest, MOST) if most is None else most]
    whole = MOST if most is None else most
    # What one ring does not need the other one gets.
    first = min(nearest, rings[0], max(whole - whole // 2, whole - rings[1]))
    return [first, whole - first]


def _frequent(known: KnownGraph, links: _Links) -> list[int]:
    """Return the most frequent labels that have edges; where none has, the most frequent one."""
    frequency = links.degrees if known.occurrences is None else known.occurrences
    order = np.argsort(-frequency, kind="stable")
    linked = order[links.degrees[order] > 0]
    return (linked if len(linked) else order[:1])[:BY_ITSELF].tolist()


def _part(known: KnownGraph, found: dict[int, int], left_out: int, *, named: bool) -> LabelNeighbourhood:
    columns = np.array(list(found), dtype=np.int64)
    numbers = np.full(len(known.vocabulary), -1)
    numbers[columns] = np.arange(len(columns))
    edges = known.edges
    inside = np.flatnonzero((numbers[edges.conditions] >= 0) & (numbers[edges.implied] >= 0))
    kept = LabelEdges(
        numbers[edges.conditions[inside]],
        numbers[edges.implied[inside]],
        edges.weights[inside],
        None if edges.pictures is None else edges.pictures[inside],
        None if edges.given is None else edges.given[inside],
    )
    return LabelNeighbourhood(
        tuple(known.vocabulary[column] for column in columns.tolist()),
        np.array(list(found.values()), dtype=np.int64),
        None if known.occurrences is None else known.occurrences[columns],
        known.loops[columns],
        kept,
        left_out,
        named,
        known.about,
    )


class _Links:
    """The edges of a graph without their directions, those of one label together, surest first."""

    def __init__(self, known: KnownGraph) -> None:
        edges, labels = known.edges, len(known.vocabulary)
        begins = np.concatenate([edges.conditions, edges.implied])
        ends = np.concatenate([edges.implied, edges.conditions])
        evidence = np.concatenate([edges.evidence, edges.evidence])
        frequency = np.zeros(labels) if known.occurrences is None else known.occurrences
        order = np.lexsort((ends, -frequency[ends], -evidence, begins))
        self._ends = ends[order]
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(begins, minlength=labels))])
        self.degrees: np.ndarray = np.diff(self._starts)

    def of(self, column: int) -> list[int]:
        """Return the neighbours of a label, surest first; one with edges in both directions comes twice."""
        ends: list[int] = self._ends[self._starts[column] : self._starts[column + 1]].tolist()
        return ends

    def strongest(self, columns: Sequence[int], room: int, known: dict[int, int]) -> list[int]:
        """Return so many new neighbours of some labels: the first of each, then the second of each, and so on."""
        taken: dict[int, None] = {}
        turns = [self._new(column, known) for column in columns]
        while turns and len(taken) < room:
            for turn in list(turns):
                end = next((end for end in turn if end not in taken), None)
                if end is None:
                    turns.remove(turn)
                elif len(taken) < room:
                    taken[end] = None
        return list(taken)

    def _new(self, column: int, known: dict[int, int]) -> Iterator[int]:
        return (end for end in self.of(column) if end not in known)

    def rings(self, columns: Sequence[int], steps: int) -> list[int]:
        """Return how many labels are one step away, and how many two steps, as far as `steps`."""
        frontier = reached = set(columns)
        sizes = []
        for _ in range(steps):
            frontier = {end for column in frontier for end in self.of(column)} - reached
            reached = reached | frontier
            sizes.append(len(frontier))
        return sizes
