"""Beam search over sequences of labels: all pictures of a batch at once, greedy where the width is 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from corelate.errors import OptionError
from corelate.models.sequences.decoder import Decoder, Memory, Start

NEVER = -math.inf
# Of a length; 1 compares sequences by the mean of a token, and far larger ones by their lengths alone.
LARGEST_POWER = 10.0


class Found(NamedTuple):
    """What a search found for B pictures: up to K sequences each, the best first.

    Attributes:
        labels: B×K×M, int64; filled up with stop, which is L.
        log_probabilities: B×K, of the labels and the stop after them; -inf where there are fewer than K sequences.
        ranking: B×K, by what they are compared: the log probability, or that normalised by length.
        chances: B×L, the least that the probability of each label can be (see `BeamSearch`).
    """

    labels: Tensor
    log_probabilities: Tensor
    ranking: Tensor
    chances: Tensor


@dataclass(frozen=True)
class BeamSearch:
    """Finds the sequences of labels to which a decoder gives the largest probabilities.

    In each step every unfinished sequence of a picture is continued by each label and by stop, and the best
    continuations are kept: as many as the width, less the sequences that have ended. Those are set aside until the end.
    A sequence of the greatest length can only end, so that a search always does, whatever the decoder was taught.

    Probabilities are the decoder's own: nothing is shared out again among what a sequence may hold.

    On its way the search adds up the probability of each label: of all continuations by it, also of those that are
    dropped. Continuations in one step, and first occurrences in several, exclude each other; what is missing from
    the label's true probability is what sequences that were dropped would have written later.

    Attributes:
        max_labels: Greatest number of labels in a sequence, M.
        width: Sequences that are kept for each picture, K.
        length_normalisation: Finished sequences are compared by their log probability divided by their number of
            tokens, stop among them, to the power of this.
        repeats: Whether a sequence may hold a label more than once.
        static: Do the same work for every picture, as an exported network must.

    Raises:
        OptionError: A width or greatest length below 1, or a power of the length beyond 0 to 10.

    Source: the search of the seed's recurrent annotators, for many pictures at once.
    """

    max_labels: int
    width: int = 1
    length_normalisation: float = 0.0
    repeats: bool = False
    static: bool = False

    def __post_init__(self) -> None:
        for name in ("max_labels", "width"):
            if getattr(self, name) < 1:
                raise OptionError(f"beam search: {name} = {getattr(self, name)}: must be at least 1")
        if not 0 <= self.length_normalisation <= LARGEST_POWER:
            raise OptionError(
                f"beam search: length_normalisation = {self.length_normalisation}: must be from 0 to {LARGEST_POWER:g}"
            )

    def __call__(self, decoder: Decoder, start: Start) -> Found:
        """Search.

        Args:
            decoder: Writes the labels; in evaluation mode.
            start: Where it begins, for each of B pictures.
        """
        token_gates = decoder.token_gates if self.static else self._token_gates(decoder, len(start.hidden))
        live = _begin(decoder, start)
        done = _Finished.none(self.width, self.max_labels, live.totals, decoder.stop)
        chances: list[Tensor] = []
        for step in range(self.max_labels + 1):
            hidden, cell = decoder.advance(live.gates, live.cell)
            continued = live.totals.unsqueeze(2) + self._log_probabilities(decoder.logits(hidden), live.labels, step)
            chances.append(self._newly_written(continued, live.labels))
            totals, parents, tokens = self._best(continued, done.room)
            labels = torch.cat([_rows(live.labels, parents), tokens.unsqueeze(2)], dim=2)
            ended = tokens == decoder.stop
            done = done.joined_by(totals.masked_fill(~ended, NEVER), labels[:, :, :-1], self.length_normalisation)
            totals = totals.masked_fill(ended, NEVER)
            if step == self.max_labels or not (self.static or torch.isfinite(totals).any()):
                break
            gates = self._gates(decoder, hidden, start.memory, parents, totals)
            live = _Live(totals, labels, gates + token_gates(tokens), _rows(cell, parents))
        return Found(done.labels, done.log_probabilities, done.ranking, torch.stack(chances).sum(0))

    def _token_gates(self, decoder: Decoder, pictures: int) -> Callable[[Tensor], Tensor]:
        """Return what gives the tokens' parts of the gates: from a table of all tokens, if more will be asked for."""
        if pictures * self.width * self.max_labels <= decoder.start:
            return decoder.token_gates
        table = decoder.token_gates(torch.arange(decoder.start + 1, device=decoder.output.weight.device))
        return lambda tokens: functional.embedding(tokens, table)

    def _log_probabilities(self, logits: Tensor, labels: Tensor, step: int) -> Tensor:
        """Return log probabilities B×R×(L+1), -inf for what may not follow the labels B×R×step."""
        stop = logits.shape[2] - 1
        values = functional.log_softmax(logits, dim=2, dtype=torch.promote_types(logits.dtype, torch.float32))
        if step == self.max_labels:
            return torch.cat([torch.full_like(values[:, :, :stop], NEVER), values[:, :, stop:]], dim=2)
        return values if self.repeats or not step else values.scatter(2, labels, NEVER)

    def _newly_written(self, continued: Tensor, labels: Tensor) -> Tensor:
        """Return the probability that each label is written now and was not before, B×L."""
        if self.repeats and labels.shape[2]:  # without repeats what was written is left out already
            continued = continued.scatter(2, labels, NEVER)
        return continued[:, :, :-1].exp().sum(1)

    def _best(self, continued: Tensor, room: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log probabilities, parents and last tokens of the best continuations B×R×(L+1), each B×K."""
        outputs = continued.shape[2]
        totals, places = continued.flatten(1).topk(min(self.width, continued.shape[1] * outputs), dim=1)
        taken = torch.arange(totals.shape[1], device=totals.device) >= room
        return totals.masked_fill(taken, NEVER), places // outputs, places % outputs

    def _gates(
        self, decoder: Decoder, hidden: Tensor, memory: Memory | None, parents: Tensor, totals: Tensor
    ) -> Tensor:
        """Return what the next step of each continuation owes to its parent's state, B×K×4H."""
        if self.static or hidden.shape[1] == 1:
            return _rows(decoder.transition(hidden, memory)[0], parents)
        # Continuations share parents, and most states have none that is kept: each is computed once, or not at all.
        kept = torch.isfinite(totals).to(torch.int64)
        used = torch.zeros(hidden.shape[:2], dtype=torch.int64, device=hidden.device).scatter_add_(1, parents, kept) > 0
        if memory is None:
            # Without a picture to look at, states of all pictures are alike.
            hidden, used, parents = hidden.flatten(0, 1)[None], used.view(1, -1), _flat_rows(parents, used).view(1, -1)
        most = int(used.sum(1).max())
        states = used.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :most]
        own = (used.cumsum(1).gather(1, parents) - 1).clamp(0, most - 1)
        return _rows(decoder.transition(_rows(hidden, states), memory)[0], own).view(*totals.shape, -1)


class _Live(NamedTuple):
    """Sequences that have not ended, R for each picture.

    Attributes:
        totals: B×R, log probabilities; -inf for those that take no further part.
        labels: B×R×steps.
        gates: B×R×4H, all parts of the gates of the next step.
        cell: B×R×H.
    """

    totals: Tensor
    labels: Tensor
    gates: Tensor
    cell: Tensor


def _begin(decoder: Decoder, start: Start) -> _Live:
    hidden, cell = start.hidden.unsqueeze(1), start.cell.unsqueeze(1)
    precision = torch.promote_types(hidden.dtype, torch.float32)
    totals = torch.zeros(hidden.shape[:2], dtype=precision, device=hidden.device)
    tokens = torch.full_like(totals, decoder.start, dtype=torch.int64)
    gates = decoder.transition(hidden, start.memory)[0] + decoder.token_gates(tokens)
    return _Live(totals, tokens.unsqueeze(2)[:, :, :0], gates, cell)


@dataclass(frozen=True)
class _Finished:
    """Sequences that have ended, up to K for each picture, the best first.

    Attributes:
        labels: B×K×M, filled up with stop.
        log_probabilities: B×K; -inf where there is none.
        ranking: B×K.
        stop: The token.
    """

    labels: Tensor
    log_probabilities: Tensor
    ranking: Tensor
    stop: int

    @classmethod
    def none(cls, width: int, max_labels: int, like: Tensor, stop: int) -> _Finished:
        """Return K places for each picture, with nothing in them."""
        nothing = like.new_full((like.shape[0], width), NEVER)
        labels = torch.full((like.shape[0], width, max_labels), stop, device=like.device)
        return cls(labels, nothing, nothing, stop)

    @property
    def room(self) -> Tensor:
        """How many sequences of each picture may still end, B×1."""
        return (~torch.isfinite(self.log_probabilities)).sum(1, keepdim=True)

    def joined_by(self, totals: Tensor, labels: Tensor, length_normalisation: float) -> _Finished:
        """Return these and others: log probabilities B×R (-inf for none) of labels B×R×steps and a stop each."""
        width, missing = self.labels.shape[1], self.labels.shape[2] - labels.shape[2]
        labels = labels.masked_fill(totals.unsqueeze(2) == NEVER, self.stop)
        ranking = torch.cat([self.ranking, totals / (labels.shape[2] + 1) ** length_normalisation], dim=1)
        # There are never more than K, so that only empty places fall out.
        ranking, best = ranking.topk(width, dim=1)
        everything = torch.cat([self.labels, functional.pad(labels, (0, missing), value=self.stop)], dim=1)
        log_probabilities = torch.cat([self.log_probabilities, totals], dim=1).gather(1, best)
        return _Finished(_rows(everything, best), log_probabilities, ranking, self.stop)


def _rows(values: Tensor, rows: Tensor) -> Tensor:
    """Return the chosen rows B×K of each picture's rows B×R×…: B×K×…."""
    return values.flatten(0, 1).index_select(0, _flat_rows(rows, values).flatten()).unflatten(0, rows.shape)


def _flat_rows(rows: Tensor, values: Tensor) -> Tensor:
    """Return where the chosen rows B×K of each picture are among the rows of all pictures' values B×R×…."""
    return rows + torch.arange(values.shape[0], device=rows.device).unsqueeze(1) * values.shape[1]
