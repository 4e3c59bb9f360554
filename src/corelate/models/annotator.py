"""The annotator: a backbone and a head, and all that is needed to build it again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import nn

from corelate.data.preprocessing import Preprocessing
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import LabelGraph
from corelate.models.backbones import RANDOM, Backbone, build_backbone
from corelate.models.heads import HEADS
from corelate.models.heads.base import Head, HeadInputs
from corelate.options import read_options

# Of label vectors; no file of words comes near.
WIDEST = 1 << 16


class Annotator(nn.Module):
    """From normalised pixels B×3×H×W to logits B×L."""

    backbone: Backbone
    head: Head

    def __init__(self, backbone: Backbone, head: Head) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return logits B×L."""
        return self.head(self.backbone(pixels))

    def objective(self, pixels: torch.Tensor, targets: torch.Tensor, loss: nn.Module, progress: float) -> torch.Tensor:
        """Return the scalar that training makes smaller; see `Head.objective`."""
        return self.head.objective(self.backbone(pixels), targets, loss, progress)

    def deployed(self) -> nn.Module:
        """Return a module with the same logits in evaluation, without what is needed only to train."""
        return nn.Sequential(self.backbone, self.head.deployed())


@dataclass(frozen=True)
class Architecture:
    """What an annotator is made of; with its tensors this gives the annotator back.

    Attributes:
        backbone: Name of the backbone.
        layer: Where the backbone is cut, or None.
        head: Name of the head.
        head_options: The head's options, as plain values.
        vocabulary: The labels.
        preprocessing: From a picture to pixels.
        label_graph: Of the graph inside the head: ``edges``, ``source`` and ``settings``; or None.
        label_embeddings: Of the embeddings inside the head: ``width`` and ``source``; or None.
    """

    backbone: str
    layer: str | None
    head: str
    head_options: dict[str, Any]
    vocabulary: Vocabulary
    preprocessing: Preprocessing
    label_graph: dict[str, Any] | None = None
    label_embeddings: dict[str, Any] | None = None

    def build(self) -> Annotator:
        """Return the annotator with random weights, to be filled by ``load_state_dict``."""
        size = (self.preprocessing.height, self.preprocessing.width)
        backbone, _, _ = build_backbone(self.backbone, RANDOM, self.layer, size)
        head = build_head(self.head, self.head_options, self._blank_inputs(backbone.num_features))
        return Annotator(backbone, head).eval()

    def check(self) -> None:
        """Check that there is such a head with such options, before anything is built from them.

        Raises:
            OptionError: There is none.
        """
        if not isinstance(self.head_options, Mapping):
            raise OptionError(f"head {self.head}: its options are no table of names and values")
        _check_head_options(self.head, self.head_options)

    def searching_by(self, options: Mapping[str, Any]) -> Architecture:
        """Return the architecture with other options for the head's search, which leaves its tensors as they are.

        Raises:
            OptionError: An option that is fixed by the training, or a value that is not allowed.
        """
        changeable = HEADS.load(self.head).search_options
        fixed = [name for name in options if name not in changeable]
        if fixed and not changeable:
            raise OptionError(f"head {self.head} makes no search, so that none of its options can be changed now")
        if fixed:
            raise OptionError(
                f"head {self.head}: {', '.join(fixed)} can't be changed after the training; what can is "
                f"{', '.join(changeable)}"
            )
        changed = {**self.head_options, **options}
        _check_head_options(self.head, changed)
        return dataclasses.replace(self, head_options=changed)

    def _blank_inputs(self, num_features: int) -> HeadInputs:
        """Return a graph and embeddings of the right size; what they hold comes with the head's tensors."""
        graph = embeddings = None
        if self.label_graph:
            graph = _blank_graph(self.vocabulary, self.label_graph["edges"])
        if self.label_embeddings:
            embeddings = _blank_embeddings(self.vocabulary, self.label_embeddings["width"])
        return HeadInputs(num_features, self.vocabulary, None, graph, embeddings)

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values."""
        return {
            **dataclasses.asdict(self),
            "vocabulary": list(self.vocabulary),
            "preprocessing": self.preprocessing.to_json(),
        }

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Architecture:
        """Return what `to_json` described."""
        return cls(
            **{
                **fields,
                "vocabulary": Vocabulary(fields["vocabulary"]),
                "preprocessing": Preprocessing.from_json(fields["preprocessing"]),
            }
        )


def _blank_graph(vocabulary: Vocabulary, edges: int) -> LabelGraph:
    labels = len(vocabulary)
    if not 0 <= edges <= labels**2:
        raise OptionError(f"a label graph of {edges} edges between {labels} labels: at most {labels**2} are possible")
    rows, columns = np.divmod(np.arange(edges), labels)
    cells = (np.zeros(edges, np.float32), (rows, columns))
    return LabelGraph(vocabulary, sparse.csr_array(cells, shape=(labels, labels)))


def _blank_embeddings(vocabulary: Vocabulary, width: int) -> LabelEmbeddings:
    if not 0 < width <= WIDEST:
        raise OptionError(f"label vectors of width {width}: expected 1 to {WIDEST}")
    return LabelEmbeddings(vocabulary, np.zeros((len(vocabulary), width), np.float32), "the annotator's tensors")


def build_head(name: str, options: dict[str, Any], inputs: HeadInputs) -> Head:
    """Build a registered head from plain option values.

    Raises:
        OptionError: Unknown head or option, or a value that is not allowed.
    """
    head: Head = HEADS.load(name)(inputs, _check_head_options(name, options))
    return head


def _check_head_options(name: str, options: Mapping[str, Any]) -> Any:
    """Return the options of a registered head, made from plain values."""
    problems: list[str] = []
    settings = read_options(HEADS.load(name).Options, options, problems, f"head {name}: ")
    if problems:
        raise OptionError("; ".join(problems))
    return settings
