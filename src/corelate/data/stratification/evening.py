"""Evening out a division: first the sizes of its parts, then, by exchanges, what is left uneven in their labels.

The published algorithm never takes a picture back. Where its last labels meet, sizes and frequent labels stay uneven;
some exchanges mend that.
"""

from __future__ import annotations

import heapq

import numpy as np

from corelate.data.stratification.state import DivisionState
from corelate.data.stratification.units import Units

# In each round the parts exchange in pairs; a cycle of rounds brings every part together with every other.
MOST_ROUNDS = 60
# A cycle that betters the division by less than this share of its error is the last.
LEAST_GAIN = 0.001
# An exchange must gain more than what rounding can make of none.
_ROUNDING = 1e-12
# Candidates of each part in a round, and how many may prove useless one after another.
_CANDIDATES = 1000
_PATIENCE = 20


def even_out(units: Units, part_of: np.ndarray, weights: np.ndarray, unit_rank: np.ndarray) -> np.ndarray:
    """Return a division with sizes as even as whole units allow, and labels that are more even for that.

    No part stays empty. The fullest part gives to the emptiest as long as that brings the two closer. Without groups
    the sizes then are the nearest whole numbers; with groups two parts differ (from what they should have) by no more
    than the largest group, unless a part has one group only. Exchanges keep to that. They make the χ² of the division
    smaller (`DivisionState.error`), in which a picture too many weighs the more the rarer its label is.

    Args:
        units: What is divided; at least as many as there are parts.
        part_of: The part of each unit; it is not changed.
        weights: The share of each part as whole numbers, int64.
        unit_rank: A place for each unit that decides where several are equally good.
    """
    state = DivisionState(units, part_of, weights)
    _fill_empty(state, unit_rank)
    _even_sizes(state, unit_rank)
    pairings = _pairings(len(weights))
    error, gained = state.error(), 0.0
    for number in range(MOST_ROUNDS):
        gained += _exchange_in_pairs(state, pairings[number % len(pairings)], unit_rank)
        if number % len(pairings) == len(pairings) - 1:
            if gained <= LEAST_GAIN * error:
                break
            error, gained = error - gained, 0.0
    return state.part_of


def _fill_empty(state: DivisionState, unit_rank: np.ndarray) -> None:
    """Give each empty part the smallest unit of the fullest part that can spare one."""
    for part in [part for part, count in enumerate(state.unit_counts) if not count]:
        giver = min((other for other, count in enumerate(state.unit_counts) if count > 1), key=state.room.__getitem__)
        members = np.flatnonzero(state.part_of == giver)
        smallest = members[np.lexsort((unit_rank[members], state.units.sizes[members]))[0]]
        state.move(int(smallest), giver, part)


def _even_sizes(state: DivisionState, unit_rank: np.ndarray) -> None:
    """Move units from the fullest part to the emptiest, those first that the labels miss least."""
    while True:
        fullest, emptiest = int(np.argmin(state.room)), int(np.argmax(state.room))
        movable = (state.part_of == fullest) & (state.whole * state.units.sizes < _gap(state, fullest, emptiest))
        if not movable.any() or state.unit_counts[fullest] < 2:
            return
        gains = state.move_gains([(fullest, emptiest)])
        candidates = _best(np.flatnonzero(movable), gains, unit_rank).tolist()
        # Gains change with every move: the best candidate is moved when it is still better than the next one was.
        waiting = [(-gains[unit], place, unit) for place, unit in enumerate(candidates)]
        moved = 0
        while waiting and (not moved or _should_go_on(state, fullest, emptiest)):
            _, place, unit = heapq.heappop(waiting)
            if state.whole * int(state.units.sizes[unit]) >= _gap(state, fullest, emptiest):
                continue
            gain = state.gain(state.units.label_counts_of(unit), fullest, emptiest)
            if waiting and -gain > waiting[0][0]:
                heapq.heappush(waiting, (-gain, place, unit))
                continue
            state.move(unit, fullest, emptiest)
            moved += 1


def _gap(state: DivisionState, fullest: int, emptiest: int) -> int:
    """Return how much emptier one part is than another; a move of less brings them closer."""
    return state.room[emptiest] - state.room[fullest]


def _should_go_on(state: DivisionState, fullest: int, emptiest: int) -> bool:
    """Tell whether both parts are still on the wrong side, and the fuller one has more than one unit."""
    return state.room[fullest] < 0 < state.room[emptiest] and state.unit_counts[fullest] > 1


def _exchange_in_pairs(state: DivisionState, pairs: list[tuple[int, int]], unit_rank: np.ndarray) -> float:
    """Exchange units within each pair of parts while that betters the division; return by how much it did."""
    # The pairs have no part in common, so that what one does leaves the gains of the others as they are.
    gains = state.move_gains([*pairs, *((second, first) for first, second in pairs)])
    return sum(_exchange(state, first, second, gains, unit_rank) for first, second in pairs)


def _exchange(state: DivisionState, first: int, second: int, gains: np.ndarray, unit_rank: np.ndarray) -> float:
    sizes, gained, failures = state.units.sizes, 0.0, 0
    ours, theirs = (_best(np.flatnonzero(state.part_of == part), gains, unit_rank) for part in (first, second))
    free = np.ones(len(theirs), dtype=bool)
    for unit in ours.tolist():
        fitting = np.flatnonzero(free & state.keeps_sizes(int(sizes[unit]), sizes[theirs], first, second))
        if not len(fitting) or failures == _PATIENCE:
            break
        other = int(theirs[fitting[0]])
        if gains[unit] + gains[other] <= _ROUNDING:
            failures += 1
            continue
        change = _difference(state.units.label_counts_of(unit), state.units.label_counts_of(other))
        gain = state.gain(change, first, second)
        if gain <= _ROUNDING:
            failures += 1
            continue
        state.move(unit, first, second)
        state.move(other, second, first)
        free[fitting[0]] = False
        gained, failures = gained + gain, 0
    return gained


def _best(candidates: np.ndarray, gains: np.ndarray, unit_rank: np.ndarray) -> np.ndarray:
    """Return the candidates that gain most, the best first."""
    if len(candidates) > _CANDIDATES:
        least = -np.partition(-gains[candidates], _CANDIDATES - 1)[_CANDIDATES - 1]
        candidates = candidates[gains[candidates] >= least]
    return candidates[np.lexsort((unit_rank[candidates], -gains[candidates]))][:_CANDIDATES]


def _difference(given: dict[int, int], taken: dict[int, int]) -> dict[int, int]:
    """Return by how many pictures of each label the giver becomes poorer."""
    change = dict(given)
    for label, count in taken.items():
        change[label] = change.get(label, 0) - count
    return {label: count for label, count in change.items() if count}


def _pairings(count: int) -> list[list[tuple[int, int]]]:
    """Return the first rounds of a tournament in which each of `count` parts meets every other once."""
    seats: list[int | None] = [*range(count), *([None] if count % 2 else [])]
    rounds = []
    for _ in range(min(len(seats) - 1, MOST_ROUNDS)):
        half = len(seats) // 2
        opposite = zip(seats[:half], reversed(seats[half:]), strict=True)
        rounds.append([(one, other) for one, other in opposite if one is not None and other is not None])
        seats = [seats[0], seats[-1], *seats[1:-1]]
    return rounds
