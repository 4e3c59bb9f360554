"""Every step from counts to a label graph as a named setting, and the three graphs that go under one name."""

from __future__ import annotations

from dataclasses import dataclass

from corelate.options import check_options, option


@dataclass(frozen=True)
class GraphSettings:
    """How counts become a label graph.

    The steps, in this order: conditional probabilities P from pair counts M and occurrences N, the threshold `tau`, the
    division of `p` between the edges that are left, the self loop, the symmetric normalisation, the transposition.

    Raises:
        OptionError: A value is not allowed.
    """

    tau: float = option(0.1, "least probability of an edge", minimum=0.0, maximum=1.0)
    p: float = option(0.2, "weight that the edges of a row or column share", minimum=0.0, maximum=1.0)
    condition: str = option(
        "row",
        "which label of cell (i, j) is given: row i, P = M/N_i, or column j, P = M/N_j",
        choices=("row", "column"),
    )
    normalise: str = option("columns", "whether the edges of a column or of a row share p", choices=("columns", "rows"))
    epsilon: float = option(1e-7, "added to the number of edges that p is divided by", minimum=0.0)
    self_loop: str = option("one_minus_p", "weight of the diagonal: 1 or 1 - p", choices=("one", "one_minus_p"))
    symmetric: bool = option(False, "multiply with D^-1/2 on both sides; D is the row sums of A with its diagonal")
    transpose: bool = option(False, "turn rows into columns, as the last step")

    def __post_init__(self) -> None:
        check_options(self, "label graph")

    @property
    def loop_weight(self) -> float:
        """The weight on the diagonal, before any symmetric normalisation."""
        return 1.0 if self.self_loop == "one" else 1.0 - self.p

    @property
    def rows_are_conditions(self) -> bool:
        """Whether a row of the finished matrix is the label that is given, and its columns those that follow."""
        return (self.condition == "row") != self.transpose


PRESETS = {
    "seed-gcn": GraphSettings(),
    "ml-gcn": GraphSettings(tau=0.4, p=0.25, epsilon=1e-6, self_loop="one", symmetric=True, transpose=True),
    "paper": GraphSettings(tau=0.4, normalise="rows", epsilon=0.0, symmetric=True),
}
"""Named settings.

- ``seed-gcn``: the GCN for Corel-5k whose figures corelate's are compared with.
- ``ml-gcn``: the code that the authors of ML-GCN published.
- ``paper``: what their paper writes, with its corrected equation 8.

Source: Chen et al., Multi-Label Image Recognition with Graph Convolutional Networks, CVPR 2019, arXiv 1904.03582;
github.com/megvii-research/ML-GCN (``util.py``); github.com/parham1998/GCN_Image_Annotation.
"""
