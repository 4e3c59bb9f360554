"""The order of labels that imply each other, and circles in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from corelate.errors import VocabularyError

NodeT = TypeVar("NodeT", bound=Hashable)
SHOWN = 8


def bottom_up(pairs: Iterable[tuple[NodeT, NodeT]], name: Callable[[NodeT], str] = str) -> list[NodeT]:
    """Return all labels of a hierarchy, each after all that imply it.

    Args:
        pairs: Child and parent.
        name: What a label is called, for the message.

    Raises:
        VocabularyError: Labels imply each other in a circle; the message names it.
    """
    parents: dict[NodeT, list[NodeT]] = defaultdict(list)
    children: dict[NodeT, list[NodeT]] = defaultdict(list)
    for child, parent in pairs:
        parents[child].append(parent)
        children[parent].append(child)
    waiting = {parent: len(below) for parent, below in children.items()}
    order = [child for child in parents if child not in waiting]
    for label in order:
        for parent in parents.get(label, ()):
            waiting[parent] -= 1
            if not waiting[parent]:
                order.append(parent)
    left = {label: None for label, count in waiting.items() if count}
    if left:
        circle = _circle(children, left)
        place = {label: number for number, label in enumerate(parents)}
        first = circle.index(min(circle, key=place.__getitem__))
        circle = circle[first:] + circle[:first]
        raise VocabularyError(f"labels imply each other in a circle: {shown_circle([name(each) for each in circle])}")
    return order


def shown_circle(names: Sequence[str]) -> str:
    """Return the members of a circle as text, back to the first; long ones are cut short."""
    shown = [repr(name[:60]) for name in names[:SHOWN]]
    middle = ["…"] if len(names) > SHOWN else []
    return " → ".join([*shown, *middle, shown[0]])


def _circle(children: dict[NodeT, list[NodeT]], left: dict[NodeT, None]) -> list[NodeT]:
    """Return one circle, from child to parent; each label that is left has a child that is left."""
    label = next(iter(left))
    path: dict[NodeT, None] = {}
    while label not in path:
        path[label] = None
        label = next(child for child in children[label] if child in left)
    members = list(path)
    return members[members.index(label) :][::-1]
