"""``corelate explain labels``: the labels as a map, alike ones near each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corelate.errors import OptionError

if TYPE_CHECKING:
    from corelate.explain.label_maps import LabelMaps, MapOptions


def run(
    source: Annotated[Path | None, typer.Argument(help="Folder of a finished run.", metavar="RUN")] = None,
    *,
    data: Annotated[
        str | None,
        typer.Option(help="Without RUN: map the labels of this data set, by how they go together.", metavar="SPEC"),
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(
            help="File of word or label vectors: drawn before the run's own, or in place of the data set's.",
            metavar="FILE",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(help="tsne, pca, or umap, which needs the package umap-learn.", metavar="NAME")
    ] = "tsne",
    distance: Annotated[
        str, typer.Option(help="What makes vectors alike: cosine (their direction) or euclidean.", metavar="NAME")
    ] = "cosine",
    perplexity: Annotated[
        float, typer.Option(help="t-SNE: about how many neighbours count; at most a third of the labels.")
    ] = 40.0,
    iterations: Annotated[
        int | None, typer.Option(help="t-SNE: most steps; default: 1000, above 500 labels 500.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the start of t-SNE and UMAP, and of the coloured regions.")] = 1,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File to write: .png, .svg, .pdf, .csv or .json; can be repeated; default: labels.png and labels.csv.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Draw the labels as a map for each kind of vector that a run has of them, such that alike ones are near.

    One map shows the vectors that the training began with, if there were any, others what it made of them and the
    classifiers. Dots and texts are larger for usual labels; lines join labels that go together. The distance between
    far groups means little.
    """
    from rich.text import Text

    from corelate.cli.console import console
    from corelate.explain.label_maps.map_options import MapOptions
    from corelate.explain.outputs import check_outputs, write_outputs

    paths = out or [Path("labels.png"), Path("labels.csv")]
    check_outputs(paths)
    options = MapOptions(method, distance, perplexity, iterations, seed)
    maps = _maps(source, data, vectors, options)
    write_outputs(paths, maps)
    lines = [maps.source, *maps.describe(), *(f"Written: {path}" for path in paths)]
    console.print(Text("\n".join(lines)))


def _maps(source: Path | None, data: str | None, vectors: Path | None, options: MapOptions) -> LabelMaps:
    """Return the maps of a run or of a data set.

    Raises:
        OptionError: Neither or both are given.
    """
    from corelate.explain.label_maps import label_maps, map_of_data

    if source is not None and data is not None:
        raise OptionError("give a run or --data SPEC, not both: a run knows its data set")
    if source is not None:
        from corelate.explain.run_material import RunMaterial

        return label_maps(RunMaterial.open(source), options, vectors=vectors)
    if data is None:
        raise OptionError("give the folder of a finished run, or --data SPEC for the labels of a data set alone")
    return map_of_data(data, options, vectors=vectors)
