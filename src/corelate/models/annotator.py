"""The annotator: a backbone and a head, and all that is needed to build it again."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from corelate.data.preprocessing import Preprocessing
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.models.backbones import RANDOM, Backbone, build_backbone
from corelate.models.heads import HEADS
from corelate.models.heads.base import Head, HeadInputs
from corelate.options import read_options


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
    """

    backbone: str
    layer: str | None
    head: str
    head_options: dict[str, Any]
    vocabulary: Vocabulary
    preprocessing: Preprocessing

    def build(self) -> Annotator:
        """Return the annotator with random weights, to be filled by ``load_state_dict``."""
        size = (self.preprocessing.height, self.preprocessing.width)
        backbone, _, _ = build_backbone(self.backbone, RANDOM, self.layer, size)
        head = build_head(self.head, self.head_options, HeadInputs(backbone.num_features, self.vocabulary))
        return Annotator(backbone, head).eval()

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


def build_head(name: str, options: dict[str, Any], inputs: HeadInputs) -> Head:
    """Build a registered head from plain option values.

    Raises:
        OptionError: Unknown head or option, or a value that is not allowed.
    """
    head_type = HEADS.load(name)
    problems: list[str] = []
    settings = read_options(head_type.Options, options, problems, f"head {name}: ")
    if problems:
        raise OptionError("; ".join(problems))
    head: Head = head_type(inputs, settings)
    return head
