"""Time of the search of heads that write labels one after another: many pictures at once, one, and as originally done.

    python benchmarks/sequence_speed.py --out benchmarks/results/sequence_speed.json

Decoders have full size (hidden 2,048, 260 labels, label vectors of 300, a map of 14 × 14 × 2,048, attention width
1,024) and random weights. Every sequence ends at its fifth token: four labels and a stop. The encoder is left out; the
projection of the map, which the search needs, is not. Labels may repeat, since the original has no rule against it.
Three ways are timed on one thread, a picture each:

- batch: `BeamSearch`, 32 pictures at once;
- single: `BeamSearch`, one picture at a time;
- plain: one picture at a time, with a row for each unfinished sequence that does all of its own work, and the map
  projected again in every step for every row. It is the algorithm of the seed's beam search, without its output code.

They take turns in each round, so that a busy machine disturbs all alike; the best round counts. Times are those for
which the process had the processor. The program stops if batch and plain do not find the same sequences.
benchmarks/realignment_speed.py times MLA and PLA.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from corelate.models.sequences.beam_search import BeamSearch
from corelate.models.sequences.decoder import AttentionDecoder, Decoder, Memory, Start
from corelate.models.sequences.token_vectors import TokenVectors
from machine import describe

LABELS, HIDDEN, VECTORS, CHANNELS, SIDE, ATTENTION = 260, 2048, 300, 2048, 14, 1024
MAX_LABELS, WIDTHS = 4, (1, 3, 10)
PICTURES = 32
# Of these, so many are searched one at a time in each round.
SINGLE, PLAIN = 8, 4
TOLERANCE = 1e-3


class Pictures(NamedTuple):
    """What an encoder would give for N pictures: first hidden states N×H and, for attention, maps N×D×h×w."""

    hidden: Tensor
    maps: Tensor | None


class Best(NamedTuple):
    """The best sequence of a picture: its labels and its log probability."""

    labels: list[int]
    log_probability: float


def decoders() -> dict[str, Decoder]:
    torch.manual_seed(0)
    ria = Decoder(TokenVectors(LABELS, None, VECTORS, tuned=False), HIDDEN, 0.3, 0.5)
    attention = AttentionDecoder(
        TokenVectors(LABELS, None, VECTORS, tuned=False),
        HIDDEN,
        0.3,
        0.5,
        num_features=CHANNELS,
        attention_width=ATTENTION,
    )
    return {"ria": ria.eval(), "attention": attention.eval()}


def drawn(decoder: Decoder) -> Pictures:
    generator = torch.Generator().manual_seed(1)
    hidden = 0.5 * torch.randn(PICTURES, HIDDEN, generator=generator)
    attends = isinstance(decoder, AttentionDecoder)
    return Pictures(hidden, torch.rand(PICTURES, CHANNELS, SIDE, SIDE, generator=generator) if attends else None)


def part(pictures: Pictures, number: int) -> Pictures:
    chosen = slice(number, number + 1)
    return Pictures(pictures.hidden[chosen], None if pictures.maps is None else pictures.maps[chosen])


def searched(decoder: Decoder, pictures: Pictures, width: int) -> list[Best]:
    memory = None
    if isinstance(decoder, AttentionDecoder):
        assert pictures.maps is not None
        memory = decoder.remember(pictures.maps)
    start = Start(pictures.hidden, torch.zeros_like(pictures.hidden), memory)
    found = BeamSearch(MAX_LABELS, width, repeats=True)(decoder, start)
    best = zip(found.labels[:, 0].tolist(), found.log_probabilities[:, 0].tolist(), strict=True)
    return [Best([label for label in labels if label != decoder.stop], value) for labels, value in best]


def plainly_searched(decoder: Decoder, picture: Pictures, width: int) -> Best:
    """Return the best sequence of one picture, all work done anew for every row in every step."""
    places = None if picture.maps is None else picture.maps.flatten(2).transpose(1, 2)
    hidden, cell = picture.hidden.repeat(width, 1), torch.zeros(width, HIDDEN)
    tokens, totals = torch.full((width, 1), decoder.start), torch.zeros(width, 1)
    finished: list[Best] = []
    for step in range(MAX_LABELS + 1):
        # As many copies of the projected map as there are rows: that is the point of the comparison.
        rows = None if places is None else places.repeat(len(hidden), 1, 1)
        memory = None if rows is None else Memory(rows, decoder.project(rows))
        gates, _ = decoder.transition(hidden.unsqueeze(1), memory)
        hidden, cell = decoder.advance(gates.squeeze(1) + decoder.token_gates(tokens[:, -1]), cell)
        continued = totals + torch.log_softmax(decoder.logits(hidden), dim=1)
        if step == MAX_LABELS:
            continued[:, : decoder.stop] = -torch.inf
        # In the first step all rows are alike.
        values, chosen = (continued[0] if step == 0 else continued.flatten()).topk(len(hidden))
        parents, last = chosen // (LABELS + 1), chosen % (LABELS + 1)
        tokens = torch.cat([tokens[parents], last.unsqueeze(1)], dim=1)
        ended = last == decoder.stop
        for row in ended.nonzero().flatten().tolist():
            finished.append(Best(tokens[row, 1:-1].tolist(), values[row].item()))
        if ended.all():
            break
        alive = ~ended
        hidden, cell, tokens = hidden[parents[alive]], cell[parents[alive]], tokens[alive]
        totals = values[alive].unsqueeze(1)
    return max(finished, key=lambda best: best.log_probability)


def ways(decoder: Decoder, pictures: Pictures, width: int) -> dict[str, Callable[[], list[Best]]]:
    def one_by_one(search: Callable[[Pictures], Best], count: int) -> list[Best]:
        return [search(part(pictures, number)) for number in range(count)]

    return {
        "batch": lambda: searched(decoder, pictures, width),
        "single": lambda: one_by_one(lambda picture: searched(decoder, picture, width)[0], SINGLE),
        "plain": lambda: one_by_one(lambda picture: plainly_searched(decoder, picture, width), PLAIN),
    }


def measure(decoder: Decoder, pictures: Pictures, width: int, rounds: int) -> dict[str, Any]:
    best: dict[str, float] = {}
    found: dict[str, list[Best]] = {}
    for _ in range(rounds + 1):  # the first only warms up, but counts should it be the best
        for name, search in ways(decoder, pictures, width).items():
            started = time.process_time()
            found[name] = search()
            seconds = (time.process_time() - started) / len(found[name])
            best[name] = min(best.get(name, seconds), seconds)
    return {
        **{f"{name}_ms": 1000 * seconds for name, seconds in best.items()},
        "single_over_batch": best["single"] / best["batch"],
        "plain_over_batch": best["plain"] / best["batch"],
        "largest_difference": largest_difference(found["batch"], found["plain"]),
    }


def largest_difference(batch: list[Best], plain: list[Best]) -> float:
    """Return by how much the log probabilities differ; two ways that find other sequences are a mistake."""
    pairs = list(zip(batch, plain, strict=False))  # plain is done for the first few alone
    difference = max(abs(one.log_probability - other.log_probability) for one, other in pairs)
    if difference > TOLERANCE or any(one.labels != other.labels for one, other in pairs):
        raise SystemExit(f"the searches do not find the same: {pairs}")
    return difference


def projections(decoder: AttentionDecoder, search: Callable[[], list[Best]]) -> dict[str, float]:
    """Return calls of the map's projection, places projected and time spent on it, for one picture."""
    started: list[float] = []
    seconds: list[float] = []
    places: list[int] = []

    def note(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        seconds.append(time.process_time() - started[-1])
        places.append(output.shape[:2].numel())

    hooks = [
        decoder.project.register_forward_pre_hook(lambda *_: started.append(time.process_time())),
        decoder.project.register_forward_hook(note),
    ]
    count = len(search())
    for hook in hooks:
        hook.remove()
    return {"calls": len(places) / count, "places": sum(places) / count, "ms": 1000 * sum(seconds) / count}


def table(searches: dict[str, dict[str, dict[str, Any]]]) -> str:
    lines = [
        "| decoder | width | batch, ms | single, ms | plain, ms | single / batch | plain / batch |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, by_width in searches.items():
        for width, figures in by_width.items():
            times = " | ".join(f"{figures[f'{way}_ms']:.1f}" for way in ("batch", "single", "plain"))
            ratios = f"{figures['single_over_batch']:.1f} | {figures['plain_over_batch']:.1f}"
            lines.append(f"| {name} | {width} | {times} | {ratios} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    searches: dict[str, dict[str, dict[str, Any]]] = {}
    projected: dict[str, Any] = {}
    with torch.inference_mode():
        for name, decoder in decoders().items():
            pictures = drawn(decoder)
            searches[name] = {str(width): measure(decoder, pictures, width, arguments.rounds) for width in WIDTHS}
            if isinstance(decoder, AttentionDecoder):
                for width in WIDTHS:
                    each = ways(decoder, pictures, width).items()
                    projected[str(width)] = {way: projections(decoder, search) for way, search in each}
    print(table(searches))
    for width, by_way in projected.items():
        for way, figures in by_way.items():
            counts = f"{figures['calls']:.2f} calls, {figures['places']:.0f} places"
            print(f"projection of the map, width {width}, {way}: {counts}, {figures['ms']:.1f} ms a picture")
    if arguments.out:
        shape = {"pictures": PICTURES, "labels": LABELS, "hidden": HIDDEN, "max_labels": MAX_LABELS}
        report = {"machine": describe(), **shape, "search": searches, "projection": projected}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
