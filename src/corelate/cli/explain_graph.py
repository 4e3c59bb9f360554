"""``corelate explain graph``: which labels go together, and which of them moved a tag."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corelate.errors import OptionError

if TYPE_CHECKING:
    from corelate.explain.explanation import Explanation
    from corelate.labels.graph_options import GraphOptions

USUAL_OUTPUTS = (Path("graph.png"), Path("graph.csv"))


def run(
    source: Annotated[
        str,
        typer.Argument(help="Folder of a finished run, or a data set, as format:path, or counts.", metavar="RUN|SPEC"),
    ],
    *,
    around: Annotated[
        list[str] | None,
        typer.Option(
            help="A label to draw the neighbours of; can be repeated; default: the most frequent ones.", metavar="LABEL"
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="How many edges a neighbour may be away, 1 or 2.")] = 1,
    most: Annotated[
        int | None, typer.Option(help="How many neighbours at most; default: 12 for each label, 40 in all.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="How counts become a graph: seed-gcn, ml-gcn or paper.", metavar="NAME")
    ] = None,
    tau: Annotated[float | None, typer.Option(help="Least probability of an edge; default: the preset's.")] = None,
    p: Annotated[float | None, typer.Option(help="Weight that a label's edges share; default: the preset's.")] = None,
    picture: Annotated[
        str | None,
        typer.Option(
            help="Which labels moved the tags of this picture: its name in the run, or a file.", metavar="NAME|FILE"
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            help="With --picture: a tag to explain; can be repeated; default: those it was given.", metavar="LABEL"
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(help="With --picture: which of the run's decision rules; default: its own.", metavar="NAME"),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: graph.png and graph.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw which labels go together, or which of them raised or lowered the tags of a picture.

    Of a run with a graph inside its head that graph is drawn; of any other run, and of a data set, one that is counted
    on the training pictures. With --picture the head must tie labels by a graph: ml_gcn or gcn_dynamic.
    """
    from corelate.cli.console import print_lines
    from corelate.cli.data_graph import graph_options
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or list(USUAL_OUTPUTS)
    check_outputs(paths)
    options = graph_options(preset, tau, p)
    if picture is None:
        unused = [name for name, value in (("--tag", tag), ("--rule", rule)) if value]
        _refuse(unused, "say of which picture with --picture")
        explanation, lines = _near(source, around or [], steps, most, options)
    else:
        given = (("--around", around), ("--most", most is not None), ("--steps", steps != 1))
        counting = (("--preset", preset), ("--tau", tau is not None), ("--p", p is not None))
        _refuse([name for name, value in (*given, *counting) if value], "it belongs to a drawing without --picture")
        explanation, lines = _moved(source, picture, tag or [], rule)
    write_outputs(paths, explanation)
    print_lines([*lines, *(f"Written: {path}" for path in paths)])


def _refuse(unused: list[str], advice: str) -> None:
    if unused:
        raise OptionError(f"{' and '.join(unused)}: {advice}")


def _folder(source: str) -> Path:
    return Path(os.path.expanduser(source))  # noqa: PTH111 (a name that is no user's is left as it is)


def _near(
    source: str, around: list[str], steps: int, most: int | None, options: GraphOptions
) -> tuple[Explanation, list[str]]:
    from corelate.explain.graph.label_graph import label_graph_of
    from corelate.explain.graph.neighbourhood import neighbourhood
    from corelate.explain.graph.sentences import describe_neighbourhood

    if os.path.isdir(_folder(source)):  # noqa: PTH112 (pathlib raises an error at a long spec)
        from corelate.explain.run_material import RunMaterial

        known = label_graph_of(RunMaterial.open(_folder(source)), options)
    elif ":" not in source and not source.lower().endswith(".json"):
        raise OptionError(
            f"{source!r} is neither the folder of a run nor a data set; write format:path, e.g. csv:a.csv"
        )
    else:
        known = label_graph_of(source, options)
    near = neighbourhood(known, around, steps=steps, most=most)
    return near, describe_neighbourhood(near)


def _moved(source: str, picture: str, tags: list[str], rule: str | None) -> tuple[Explanation, list[str]]:
    from corelate.explain.graph.sentences import describe_influences
    from corelate.explain.graph.tag_influences import tag_influences
    from corelate.explain.run_material import RunMaterial

    material = RunMaterial.open(_folder(source))
    found = tag_influences(material, picture, tags, rule=rule)
    return found, describe_influences(found)
