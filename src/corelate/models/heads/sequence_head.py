"""What heads share that write a picture's labels one after another."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from corelate.errors import OptionError
from corelate.labels.embedding_options import EmbeddingOptions
from corelate.losses import SEQUENCE_LOSSES
from corelate.losses.sequence_loss import SequenceLoss
from corelate.models.heads.base import GIVEN_VECTORS, TRAINED_VECTORS, Head, HeadInputs
from corelate.models.sequences.beam_search import LARGEST_POWER, BeamSearch, Found
from corelate.models.sequences.decoder import Decoder, Start
from corelate.models.sequences.followed import Followed
from corelate.models.sequences.label_scores import SCORES, label_scores
from corelate.models.sequences.token_sequences import ORDERS, frequency_ranks, padded, sequences_of
from corelate.models.sequences.token_vectors import DEFAULT_WIDTH, KINDS, TokenVectors
from corelate.options import option

# Scores down to this keep their order: the chances of unlikely labels are very small, and yet they rank.
LEAST = 1e-30
DECODER_OUTPUTS = "decoder outputs"
"""Stage of what the logit of writing a label next is the product of the decoder's state with."""
# Continuations that a search compares at once: 64 MB, a few times over.
MOST_CANDIDATES = 1 << 24


@dataclass(frozen=True, kw_only=True)
class SequenceOptions(EmbeddingOptions):
    """Options of every head that writes labels one after another."""

    label_vectors: str = option(
        "learned", "vectors of written labels: learned, label embeddings as they are, or trained further", choices=KINDS
    )
    embedding_width: int | None = option(
        None,
        "width of these vectors, which a file must have (default: learned 256; made from the training labels 300, at "
        "most their number)",
        minimum=1,
    )
    standardise: bool = option(True, "bring each channel of the features to mean 0 and deviation 1, by batch norm")
    hidden: int = option(512, "width of the LSTM's state", minimum=1)
    embedding_dropout: float = option(0.3, "share of a label's vector dropped in training", minimum=0.0, below=1.0)
    dropout: float = option(0.5, "share of the state dropped before the output", minimum=0.0, below=1.0)
    order: str = option("rare_first", "order of a picture's labels in training, by their frequency", choices=ORDERS)
    max_labels: int = option(10, "most labels that are learned and written for a picture", minimum=1)
    scheduled_sampling: float = option(
        0.0,
        "chance, at the end of the schedule, that an own guess is fed in place of the true label",
        minimum=0.0,
        maximum=1.0,
    )
    beam_width: int = option(1, "sequences that the search follows (1: greedy)", minimum=1)
    length_normalisation: float = option(
        0.0,
        "power of the length that divides a sequence's log probability when the best is chosen",
        minimum=0.0,
        maximum=LARGEST_POWER,
    )
    repeats: bool = option(
        False, "let a sequence hold a label more than once, also own guesses in training, as in the originals"
    )
    scores: str = option("chance", "what the score of a label is", choices=SCORES)


class SequenceHead(Head):
    """A decoder that writes labels, trained on sequences and used by searching for the most probable one.

    In evaluation ``forward`` searches and returns logits whose sigmoid is each label's score, so that everything that
    takes scores takes these. In training `objective` unrolls the decoder over the pictures' own labels.
    """

    Options: ClassVar[type] = SequenceOptions
    needs_embeddings: ClassVar[bool] = True
    predicts: ClassVar[str] = "tokens"
    default_loss: ClassVar[str] = "cross_entropy"
    search_options: ClassVar[tuple[str, ...]] = (
        "beam_width",
        "length_normalisation",
        "max_labels",
        "repeats",
        "scores",
    )

    decoder: Decoder
    label_ranks: Tensor

    def __init__(self, inputs: HeadInputs, options: Any) -> None:
        super().__init__(inputs, options)
        self.register_buffer("label_ranks", frequency_ranks(inputs.label_frequencies, len(inputs.vocabulary)))
        # Features after a ReLU have large means in common. A state made from them differs little between pictures, and
        # takes many times as long to learn from; the linear map into the state has no use for a scale of its own.
        channels = nn.BatchNorm2d(inputs.num_features, affine=False)
        self.standardise = channels if options.standardise else nn.Identity()
        self.static_search = False

    @classmethod
    def wants_embeddings(cls, options: SequenceOptions) -> bool:
        """Return whether the vectors of labels are given rather than learned."""
        return options.label_vectors != "learned"

    @abstractmethod
    def start(self, feature_map: Tensor) -> Start:
        """Return where decoding begins for a feature map B×D×h×w."""

    def forward(self, feature_map: Tensor) -> Tensor:
        """Return logits B×L of a feature map B×D×h×w, found by a search."""
        scores = [label_scores(self.search(part), self.options.scores) for part in self._parts(feature_map)]
        return _logits(torch.cat(scores)).to(self.decoder.output.weight.dtype)

    def _parts(self, feature_map: Tensor) -> tuple[Tensor, ...]:
        """Return the pictures in as many parts as keep the candidates of a step small."""
        if self.static_search:
            return (feature_map,)
        candidates = self.options.beam_width * (self.decoder.stop + 1)
        return feature_map.split(max(MOST_CANDIDATES // candidates, 1))

    @torch.no_grad()
    def search(self, feature_map: Tensor, **settings: Any) -> Found:
        """Return the sequences that the search finds.

        Args:
            feature_map: B×D×h×w, or what `pool` keeps of it.
            **settings: Fields of `BeamSearch` in place of the head's own options.
        """
        own = {name: getattr(self.options, name) for name in ("max_labels", "length_normalisation", "repeats")}
        fields = {**own, "width": self.options.beam_width, "static": self.static_search, **settings}
        if not fields["repeats"]:  # there are no longer sequences then, and steps cost time
            fields["max_labels"] = min(fields["max_labels"], self.decoder.stop)
        return BeamSearch(**fields)(self.decoder, self.start(feature_map))

    def follow(self, feature_map: Tensor) -> Followed:
        """Return what the decoder does while it writes the best sequence of each picture; gradients reach the map."""
        labels = self.search(feature_map).labels[:, 0]
        tokens = torch.cat([labels, torch.full_like(labels[:, :1], self.decoder.stop)], dim=1)
        logits, looks = self.unroll(self.start(feature_map), tokens, 0.0)
        precision = torch.promote_types(logits.dtype, torch.float32)
        return Followed(tokens, logits.log_softmax(2, dtype=precision), torch.stack(looks, dim=1) if looks else None)

    def evidence(self, feature_map: Tensor, columns: Sequence[int]) -> Tensor:
        """Return each label's log probability, B×K, at its step of the best sequence (`Followed.steps`)."""
        return self.follow(feature_map).chosen_log_probabilities(columns)

    def objective(self, feature_map: Tensor, targets: Tensor, loss: nn.Module, progress: float) -> Tensor:
        """Return the loss of the sequences that the decoder writes in training."""
        return self.sequence_objective(self.start(feature_map), targets, loss, progress)

    def sequence_objective(self, start: Start, targets: Tensor, loss: nn.Module, progress: float) -> Tensor:
        """Return the loss of what the decoder writes from `start`; targets as in `Head.objective`."""
        if not isinstance(loss, SequenceLoss):
            names = ", ".join(SEQUENCE_LOSSES.names)
            raise OptionError(f"{type(self).__name__} learns from a loss of sequences ({names}), not {loss!r}")
        sequences = sequences_of(targets, self.label_ranks, self.options.order, self.options.max_labels)
        if loss.whole_length:
            sequences = padded(sequences, self.options.max_labels + 1, self.decoder.stop)
        own_guesses = 1.0 if loss.free_running else progress * self.options.scheduled_sampling
        logits, attention = self.unroll(start, sequences, own_guesses)
        result: Tensor = loss(logits, sequences, targets < 0)
        return result + self.penalty(attention, sequences)

    def penalty(self, attention: list[Tensor], sequences: Tensor) -> Tensor | float:
        """Return what is added to the loss for where the decoder looked: T tensors B×N, none without attention."""
        return 0.0

    def unroll(self, start: Start, sequences: Tensor, own_guesses: float) -> tuple[Tensor, list[Tensor]]:
        """Return what the decoder writes when it is fed the true tokens, or its own guesses.

        Args:
            start: Where it begins.
            sequences: B×T, the true tokens.
            own_guesses: Chance of each token that the most probable one so far is fed in place of the true one.

        Returns:
            Logits B×T×(L+1), and for each step the attention B×N, if there is any.
        """
        if own_guesses:
            return self._unroll_guessing(start, sequences, own_guesses)
        decoder, hidden, cell = self.decoder, start.hidden, start.cell
        first = torch.full_like(sequences[:, :1], decoder.start)
        states, looks = [], []
        # What the tokens add, and what the states say, is computed for all steps at once.
        for token_gates in decoder.token_gates(torch.cat([first, sequences[:, :-1]], dim=1)).unbind(1):
            hidden, cell, attention = decoder.step(hidden, cell, token_gates, start.memory)
            states.append(hidden)
            looks += [] if attention is None else [attention]
        return decoder.logits(torch.stack(states, dim=1)), looks

    def _unroll_guessing(self, start: Start, sequences: Tensor, own_guesses: float) -> tuple[Tensor, list[Tensor]]:
        decoder, hidden, cell = self.decoder, start.hidden, start.cell
        token = torch.full_like(sequences[:, 0], decoder.start)
        written = torch.zeros(len(sequences), decoder.stop + 1, dtype=torch.bool, device=sequences.device)
        outputs, looks = [], []
        for expected in sequences.unbind(1):
            hidden, cell, attention = decoder.step(hidden, cell, decoder.token_gates(token), start.memory)
            logits = decoder.logits(hidden)
            outputs.append(logits)
            looks += [] if attention is None else [attention]
            sampled = torch.rand(len(token), device=token.device) < own_guesses
            token = torch.where(sampled, self._guess(logits, written), expected)
            written = written.scatter(1, token.unsqueeze(1), value=True)
        return torch.stack(outputs, dim=1), looks

    def label_vectors_by_stage(self) -> Mapping[str, Tensor]:
        """Return the vectors of written labels, L×E, and the decoder's outputs, L×H; stop and start are in neither."""
        stage = GIVEN_VECTORS if self.options.label_vectors == "fixed" else TRAINED_VECTORS
        outputs = self.decoder.output.weight[: self.decoder.stop]
        return {stage: self.decoder.vectors.labels.detach(), DECODER_OUTPUTS: outputs.detach()}

    def deployed(self) -> nn.Module:
        """Return the head with a search that does the same for every picture."""
        deployed = copy.copy(self)
        deployed.static_search = True
        return deployed

    def _guess(self, logits: Tensor, written: Tensor) -> Tensor:
        """Return the most probable tokens, B; a label that was written before may come again only as `repeats` says."""
        if not self.options.repeats:
            may_repeat = torch.arange(logits.shape[1], device=logits.device) == self.decoder.stop
            logits = logits.masked_fill(written & ~may_repeat, -torch.inf)
        return logits.detach().argmax(1)


def token_vectors(inputs: HeadInputs, options: SequenceOptions, head: str) -> TokenVectors:
    """Return the vectors of labels, stop and start that a head's options ask for."""
    given = None if options.label_vectors == "learned" else inputs.needed_embeddings(head)
    return TokenVectors(
        len(inputs.vocabulary), given, options.embedding_width or DEFAULT_WIDTH, tuned=options.label_vectors == "tuned"
    )


def _logits(scores: Tensor) -> Tensor:
    """Return logits whose sigmoid the scores are; finite also for 0 and 1."""
    scores = scores.clamp(LEAST, 1 - torch.finfo(scores.dtype).eps)
    return torch.log(scores) - torch.log1p(-scores)
