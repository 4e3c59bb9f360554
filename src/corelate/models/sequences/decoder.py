"""The recurrent decoder: an LSTM that writes labels one after another, with or without attention to a map.

A step is cut in two, since several candidates of a search follow from one and the same state: `transition` does what
depends on the state alone, which is nearly all of the arithmetic, and `advance` what depends on the label that was
written.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from corelate.models.sequences.token_vectors import TokenVectors

GATES = 4


class Start(NamedTuple):
    """Where decoding begins.

    Attributes:
        hidden: B×H.
        cell: B×H.
        memory: What the decoder looks at in each step, or None.
    """

    hidden: Tensor
    cell: Tensor
    memory: Memory | None = None


class Memory(NamedTuple):
    """The places of a map, as attention uses them in every step.

    Attributes:
        places: B×N×D.
        projected: B×N×A.
    """

    places: Tensor
    projected: Tensor


class Decoder(nn.Module):
    """An LSTM cell between the tokens' vectors and one output for each label and stop.

    Args:
        vectors: Of the tokens.
        hidden: H, the width of the state.
        embedding_dropout: Share of a token's vector dropped in training.
        dropout: Share of the state dropped before the output in training.
    """

    def __init__(self, vectors: TokenVectors, hidden: int, embedding_dropout: float, dropout: float) -> None:
        super().__init__()
        self.vectors = vectors
        labels = len(vectors.labels)
        self.stop, self.start = labels, labels + 1
        self.from_token = nn.Linear(vectors.width, GATES * hidden, bias=False)
        self.from_hidden = nn.Linear(hidden, GATES * hidden)
        for layer in (self.from_token, self.from_hidden):
            start_as_lstm(layer, hidden)
        self.output = nn.Linear(hidden, labels + 1)
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.dropout = nn.Dropout(dropout)

    def transition(self, hidden: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor | None]:
        """Return what the next step owes to the states B×R×H alone.

        Returns:
            Parts of the gates, B×R×4H, and the attention to the places, B×R×N, or None.
        """
        return self.from_hidden(hidden), None

    def token_gates(self, tokens: Tensor) -> Tensor:
        """Return parts of the gates, …×4H, of tokens of any shape."""
        return self.from_token(self.embedding_dropout(nn.functional.embedding(tokens, self.vectors())))

    def advance(self, gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next hidden state and cell, …×H, of all parts of the gates and the last cell."""
        into, keep, content, out = gates.chunk(GATES, dim=-1)
        cell = torch.sigmoid(keep) * cell + torch.sigmoid(into) * torch.tanh(content)
        return torch.sigmoid(out) * torch.tanh(cell), cell

    def step(
        self, hidden: Tensor, cell: Tensor, token_gates: Tensor, memory: Memory | None
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return the next hidden state and cell B×H of one sequence a picture, and its attention B×N, if there is any.

        Args:
            hidden: B×H.
            cell: B×H.
            token_gates: B×4H, of the last tokens.
            memory: What the decoder looks at, or None.
        """
        gates, attention = self.transition(hidden.unsqueeze(1), memory)
        hidden, cell = self.advance(gates.squeeze(1) + token_gates, cell)
        return hidden, cell, None if attention is None else attention.squeeze(1)

    def logits(self, hidden: Tensor) -> Tensor:
        """Return logits of labels and stop, …×(L+1), of states …×H."""
        return self.output(self.dropout(hidden))


class AttentionDecoder(Decoder):
    """A decoder that looks at the places of a map in each step, as its last state tells it where.

    With the last hidden state h and the places x_1 … x_N: scores ``v · relu(P x_i + Q h)``, a softmax over the places,
    their weighted sum, gated by ``sigmoid(G h)``, is an input of the LSTM beside the last token.

    Args:
        vectors: Of the tokens.
        hidden: H, the width of the state.
        embedding_dropout: Share of a token's vector dropped in training.
        dropout: Share of the state dropped before the output in training.
        num_features: D, the channels of the map.
        attention_width: A.
    """

    def __init__(
        self,
        vectors: TokenVectors,
        hidden: int,
        embedding_dropout: float,
        dropout: float,
        *,
        num_features: int,
        attention_width: int,
    ) -> None:
        super().__init__(vectors, hidden, embedding_dropout, dropout)
        self.project = nn.Linear(num_features, attention_width)
        self.query = nn.Linear(hidden, attention_width)
        # No bias: it would add the same number to the scores of all places.
        self.score = nn.Linear(attention_width, 1, bias=False)
        self.gate = nn.Linear(hidden, num_features)
        self.from_context = nn.Linear(num_features, GATES * hidden, bias=False)
        start_as_lstm(self.from_context, hidden)

    def remember(self, feature_map: Tensor) -> Memory:
        """Return the places of a map B×D×h×w; their projection is computed here, once for all steps."""
        if feature_map.requires_grad and len(feature_map) == 1:
            # On the CPU batch norm of torch 2.15 reads a lone picture's gradient, in memory places×channels, as if it
            # were channels×places. The view keeps the hook off the caller's tensor.
            feature_map = feature_map.view_as(feature_map)
            feature_map.register_hook(_in_order)
        places = feature_map.flatten(2).transpose(1, 2)
        return Memory(places, self.project(places))

    def transition(self, hidden: Tensor, memory: Memory | None) -> tuple[Tensor, Tensor | None]:
        """Return what the next step owes to the states B×R×H, with what they look at; and where they look, B×R×N."""
        assert memory is not None
        attention = torch.softmax(self._scores(hidden, memory.projected), dim=2)
        context = torch.sigmoid(self.gate(hidden)) * (attention @ memory.places)
        return self.from_hidden(hidden) + self.from_context(context), attention

    def _scores(self, hidden: Tensor, projected: Tensor) -> Tensor:
        # One state of each picture at a time: all together would be B×R×N×A numbers.
        queries = self.query(hidden).unbind(1)
        return torch.stack([self.score((projected + query[:, None]).relu_()).squeeze(2) for query in queries], dim=1)


def _in_order(gradient: Tensor | None) -> Tensor | None:
    return None if gradient is None else gradient.contiguous()


def start_as_lstm(layer: nn.Linear, hidden: int) -> None:
    """Draw weights as `torch.nn.LSTMCell` does: uniform within one over the root of the width of the state."""
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)
