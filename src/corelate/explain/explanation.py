"""What every explanation is: something that can be drawn, and the numbers behind the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from corelate.explain.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Explanation(Protocol):
    """Something that is known of a loss, a run or a data set, as numbers and as a picture."""

    def table(self) -> Table:
        """Return the numbers; does not need matplotlib."""

    def draw(self) -> Figure:
        """Return the picture, made within `corelate.explain.drawing.drawing_style`."""
