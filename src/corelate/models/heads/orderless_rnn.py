"""The recurrent annotator of the paper on order-free losses: attention, with settings of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from corelate.models.heads.attention_rnn import CELLS, AttentionRnnHead, AttentionRnnOptions
from corelate.models.sequences.token_sequences import ORDERS
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class OrderlessRnnOptions(AttentionRnnOptions):
    """Options of the orderless RNN: those of `attention_rnn` with the paper's defaults."""

    embedding_dropout: float = option(0.0, "share of a label's vector dropped in training", minimum=0.0, below=1.0)
    dropout: float = option(0.0, "share of the state dropped before the output", minimum=0.0, below=1.0)
    map_dropout: float = option(
        0.5, "share of the numbers of the map that is looked at dropped in training", minimum=0.0, below=1.0
    )
    first_cell: str = option(
        "pooled", "the LSTM's first cell: zeros, or a linear map of pooled features", choices=CELLS
    )
    order: str = option("frequent_first", "order of a picture's labels in training, by their frequency", choices=ORDERS)
    max_labels: int = option(20, "most labels that are learned and written for a picture", minimum=1)


class OrderlessRnnHead(AttentionRnnHead):
    """`attention_rnn` with no dropout but on the map, a learned first cell and, unless another is named, the MLA loss.

    Source: Yazici et al., Orderless Recurrent Models for Multi-label Classification, CVPR 2020 (arXiv 1911.09996).
    """

    Options: ClassVar[type] = OrderlessRnnOptions
    name: ClassVar[str] = "orderless_rnn"
    default_loss: ClassVar[str] = "mla"
