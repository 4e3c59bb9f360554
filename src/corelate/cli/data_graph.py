"""``corelate data graph``: which labels go together."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corelate.errors import OptionError

if TYPE_CHECKING:
    from corelate.labels.counts_sources import CountedSource
    from corelate.labels.graph import LabelGraph
    from corelate.labels.graph_options import GraphOptions
    from corelate.labels.graph_summary import GraphSummary, Implication

SHOWN_LABELS = 10


def run(
    spec: Annotated[
        str,
        typer.Argument(
            help="Data set, as format:path, e.g. csv:labels.csv, or counts:FILE.json[?labels=FILE.txt].", metavar="SPEC"
        ),
    ],
    *,
    preset: Annotated[
        str, typer.Option(help="How counts become a graph: seed-gcn, ml-gcn or paper.", metavar="NAME")
    ] = "seed-gcn",
    tau: Annotated[float | None, typer.Option(help="Least probability of an edge; default: the preset's.")] = None,
    p: Annotated[float | None, typer.Option(help="Weight that a label's edges share; default: the preset's.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the graph there: FILE.npz, FILE.json or FILE.graphml.", metavar="FILE")
    ] = None,
    top: Annotated[int, typer.Option(help="How many of the strongest edges to print.", min=0)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show which labels go together, and write their graph.

    Of a data set with given splits the training pictures are counted, unless ?split= chooses others.
    """
    from rich.text import Text

    from corelate.cli.console import error_console, print_lines
    from corelate.labels.counts_sources import counts_of
    from corelate.labels.graph import build_graph
    from corelate.labels.graph_files import check_suffix, write_graph
    from corelate.labels.graph_summary import strongest_edges, summarise_graph

    options = graph_options(preset, tau, p)
    settings = options.settings()
    if out is not None:
        check_suffix(out)
    counted = counts_of(spec)
    graph = build_graph(counted.counts, settings, counted.source)
    summary = summarise_graph(graph)
    # With p = 0 pairs may reach tau, but their edges have no weight.
    strongest = strongest_edges(counted.counts, settings.tau, top if summary.edges else 0)
    if out is not None:
        write_graph(out, graph, counted.counts)
    if as_json:
        values = _values(counted, graph, options, summary, strongest) | {"out": None if out is None else str(out)}
        typer.echo(json.dumps(values, indent=2, ensure_ascii=False))
    else:
        lines = _lines(counted, graph, options, summary, strongest)
        print_lines([*lines, *([f"Written to {out}"] if out else [])])
    if counted.problems:
        error_console.print(Text(f"Problems\n{counted.problems.report()}"))
        raise typer.Exit(1)


def graph_options(preset: str | None, tau: float | None, p: float | None) -> GraphOptions:
    """Return how counts become a graph.

    Raises:
        OptionError: A value is not allowed; all of them are in the message.
    """
    from corelate.labels.graph_options import GraphOptions
    from corelate.options import read_options

    problems: list[str] = []
    options = read_options(GraphOptions, {"preset": preset, "tau": tau, "p": p}, problems, "--")
    if problems:
        raise OptionError("; ".join(problems))
    return options


def _lines(
    counted: CountedSource,
    graph: LabelGraph,
    options: GraphOptions,
    summary: GraphSummary,
    strongest: list[Implication],
) -> list[str]:
    settings = options.settings()
    share = f" ({100 * summary.mutual / summary.edges:.0f} % mutual)" if summary.edges else ""
    lines = [
        counted.source,
        f"{len(graph.vocabulary)} labels; preset {options.preset}, tau {settings.tau:g}, p {settings.p:g}",
        f"Edges: {summary.edges}{share}",
        f"Labels without any edge: {_counted(summary.without_edges)}",
        f"Labels that follow from no other: {_counted(summary.implied_by_none)}",
        f"Labels that imply no other: {_counted(summary.implying_none)}",
        f"Matrix: sum {summary.sum:.4f}, trace {summary.trace:.4f}, "
        f"row sums {summary.least_row_sum:.4f} to {summary.greatest_row_sum:.4f}",
    ]
    if strongest:
        lines.append("Strongest edges, with pictures that have both:")
    lines += [
        f"  {edge.condition} → {edge.implied} {edge.probability:.2f} ({edge.pictures} of {edge.of})"
        for edge in strongest
    ]
    return lines


def _values(
    counted: CountedSource,
    graph: LabelGraph,
    options: GraphOptions,
    summary: GraphSummary,
    strongest: list[Implication],
) -> dict[str, Any]:
    return {
        "source": counted.source,
        "pictures": counted.counts.pictures or None,
        "labels": len(graph.vocabulary),
        "preset": options.preset,
        "settings": asdict(options.settings()),
        **summary.to_json(),
        "strongest": [asdict(edge) for edge in strongest],
        "problems": counted.problems.counts(),
    }


def _counted(labels: list[str]) -> str:
    if not labels:
        return "0"
    more = ", …" if len(labels) > SHOWN_LABELS else ""
    return f"{len(labels)} ({', '.join(labels[:SHOWN_LABELS])}{more})"
