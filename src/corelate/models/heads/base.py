"""What every head is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.losses.base import loss_of_logits

if TYPE_CHECKING:
    from corelate.labels.embeddings import LabelEmbeddings
    from corelate.labels.graph import LabelGraph
    from corelate.models.heads.influences import Influences


GIVEN_VECTORS = "given vectors"
"""Stage of the label vectors that a head was built from."""
TRAINED_VECTORS = "trained vectors"
"""Stage of label vectors that the training made or changed, and that classify nothing by themselves."""
CLASSIFIERS = "classifiers"
"""Stage of what a label's logit is the product of features with."""


@dataclass(frozen=True)
class HeadInputs:
    """What a head is built for.

    Attributes:
        num_features: Channels of the feature map.
        vocabulary: The labels, in the order of the logits.
        label_frequencies: Share of the training pictures that have each label (`TargetMatrix.label_frequencies`),
            float64 of length L, or None when a finished head is rebuilt and will be filled from a file.
        graph: The label graph, for a head that needs one.
        embeddings: The label vectors, for a head that needs them.

    Raises:
        OptionError: The graph or the embeddings belong to other labels.
    """

    num_features: int
    vocabulary: Vocabulary
    label_frequencies: Any = None
    graph: LabelGraph | None = None
    embeddings: LabelEmbeddings | None = None

    def __post_init__(self) -> None:
        for name, knowledge in (("label graph", self.graph), ("label embeddings", self.embeddings)):
            if knowledge is not None and knowledge.vocabulary != self.vocabulary:
                raise OptionError(
                    f"the {name} ({knowledge.source}) are for other labels than the head: "
                    f"{knowledge.vocabulary!r} against {self.vocabulary!r}; make them for the labels of the data set"
                )

    def needed_graph(self, head: str) -> LabelGraph:
        """Return the graph.

        Raises:
            OptionError: There is none.
        """
        if self.graph is None:
            raise OptionError(
                f"head {head} needs a label graph and got none; give HeadInputs(graph=…), "
                "e.g. corelate.labels.graph.build_graph of the training labels' counts"
            )
        return self.graph

    def needed_embeddings(self, head: str) -> LabelEmbeddings:
        """Return the embeddings.

        Raises:
            OptionError: There are none.
        """
        if self.embeddings is None:
            raise OptionError(
                f"head {head} needs label embeddings and got none; give HeadInputs(embeddings=…), "
                "e.g. corelate.labels.label_vectors.embeddings_from_counts of the training labels' counts"
            )
        return self.embeddings


class Head(nn.Module):
    """A head: ``forward(feature_map B×D×h×w) -> logits B×L``.

    Attributes:
        Options: Dataclass of the head's own options.
        pools: True when the head looks at nothing but `pool` of the map; frozen runs then keep only that.
        needs_graph: Whether it is built from a label graph; its options are then `GraphOptions`.
        needs_embeddings: Whether it can be built from label embeddings; its options are then `EmbeddingOptions`.
        predicts: What it is trained to give: ``"labels"``, all logits at once, or ``"tokens"``, the labels one by one.
        default_loss: Name of the loss that it is trained with when a recipe names none.
        search_options: Options that only decide how the trained head is used, and may be changed afterwards.
        attends: What `attention` gives, in words; empty for a head that weighs no places.
        relates_labels: Whether a graph carries what one label says to others, so that `influences` can tell it.
    """

    Options: ClassVar[type]
    pools: ClassVar[bool] = False
    needs_graph: ClassVar[bool] = False
    needs_embeddings: ClassVar[bool] = False
    predicts: ClassVar[str] = "labels"
    default_loss: ClassVar[str] = "asymmetric"
    search_options: ClassVar[tuple[str, ...]] = ()
    attends: ClassVar[str] = ""
    relates_labels: ClassVar[bool] = False

    def __init__(self, inputs: HeadInputs, options: Any) -> None:
        super().__init__()
        self.options = options

    @classmethod
    def wants_embeddings(cls, options: Any) -> bool:
        """Return whether a head with these options is built from label embeddings."""
        return cls.needs_embeddings

    def objective(
        self, feature_map: torch.Tensor, targets: torch.Tensor, loss: nn.Module, progress: float
    ) -> torch.Tensor:
        """Return the scalar that training makes smaller.

        Args:
            feature_map: B×D×h×w, or what `pool` keeps of it.
            targets: B×L, above 0 for present, 0 for absent and -1 for unknown; for a head that predicts tokens a
                present label holds its place in the picture's list, counted from 1.
            loss: The chosen loss.
            progress: Share of the schedule (of all its epochs) that is done, in [0, 1).
        """
        return loss_of_logits(loss, self(feature_map), targets, progress)

    def pool(self, feature_map: torch.Tensor) -> torch.Tensor:
        """Return the part of a map that a frozen run keeps, B×D×h'×w'; the head gives the same logits for it."""
        return feature_map

    def attention(self, feature_map: torch.Tensor, columns: Sequence[int]) -> torch.Tensor | None:
        """Return how the head weighs the places of a map for each of some labels; None for one that does not.

        The weights are those of `forward`, not a likeness of them.

        Args:
            feature_map: B×D×h×w, as the backbone gives it; the head is in evaluation mode.
            columns: The K labels; a head that predicts tokens also takes L, its stop.

        Returns:
            B×K×h×w, finite and at least 0.
        """
        return None

    def evidence(self, feature_map: torch.Tensor, columns: Sequence[int]) -> torch.Tensor:
        """Return what speaks for each of some labels, B×K, so that its gradient by the map can be taken: the logits.

        Args:
            feature_map: B×D×h×w.
            columns: The K labels, as in `attention`.
        """
        return self(feature_map)[:, list(columns)]

    def learning_rate_factors(self) -> Mapping[str, float]:
        """Return factors of the head's learning rate, by the first part of a parameter's name; 1 for all others."""
        return {}

    def label_vectors_by_stage(self) -> Mapping[str, torch.Tensor]:
        """Return what the head holds as one vector for each label, what it was built from first.

        Returns:
            Vectors L×E without gradients by stage, with an E for each: what the head was built from
            (`GIVEN_VECTORS`), what training made of it or learned (`TRAINED_VECTORS`), the weights of each label's
            logit (`CLASSIFIERS`), or what else the head has. Empty for a head without any.
        """
        return {}

    def deployed(self) -> nn.Module:
        """Return a module with the same logits in evaluation, in which all that no picture changes is computed once."""
        return self

    def influences(self, feature_map: torch.Tensor, columns: Sequence[int]) -> Influences | None:
        """Return how the labels moved some logits of one picture; None for a head without a graph of labels.

        Args:
            feature_map: 1×D×h×w, in evaluation mode.
            columns: The K labels that were moved.
        """
        return None

    def graph_edges(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
        """Return rows, columns and weights of the label graph inside; None for a head that was built without one."""
        return None
