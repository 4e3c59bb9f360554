"""The options of a map of labels."""

from __future__ import annotations

from dataclasses import dataclass

from corelate.options import check_options, option

METHODS = ("tsne", "umap", "pca")
DISTANCES = ("cosine", "euclidean")


@dataclass(frozen=True)
class MapOptions:
    """How vectors become places on a map.

    Raises:
        OptionError: A value that is not allowed.
    """

    method: str = option("tsne", "how the map is made; umap needs the package umap-learn", choices=METHODS)
    distance: str = option("cosine", "what makes vectors alike: their direction, or all of them", choices=DISTANCES)
    perplexity: float = option(
        40.0, "t-SNE: about how many neighbours count; at most a third of the labels", minimum=1.0
    )
    iterations: int | None = option(None, "t-SNE: most steps (default: 1000; above 500 labels 500)", minimum=500)
    seed: int = option(1, "of the start of t-SNE and UMAP, and of the groups", minimum=0, maximum=2**32 - 1)

    def __post_init__(self) -> None:
        check_options(self, "a map of labels")
