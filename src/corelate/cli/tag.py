"""``corelate tag``: tag photos and folders with an annotator bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corelate.cli.exit_codes import INTERRUPTED
from corelate.errors import OptionError
from corelate.tagging.writers import WRITERS

if TYPE_CHECKING:
    from corelate.cli.tag_progress import TagProgress
    from corelate.cli.tag_rows import TagRows
    from corelate.decisions.base import Decision
    from corelate.tagging.output import Existing, RunRecord, TaggingOutput
    from corelate.tagging.pictures import FoundPicture, SkippedPicture
    from corelate.tagging.pipeline import PipelineOptions
    from corelate.tagging.tagger import Tagger
    from corelate.tagging.walk import PictureWalk


def run(
    bundle: Annotated[Path, typer.Argument(help="Annotator bundle: a folder or a .zip.")],
    pictures: Annotated[list[Path], typer.Argument(help="Photos and folders of photos.", metavar="PHOTO|FOLDER...")],
    *,
    write: Annotated[
        str | None,
        typer.Option(help=f"Writers, with commas between: {', '.join(WRITERS.names)}. Without it tags are printed."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write to.", metavar="DIR")] = None,
    rule: Annotated[str | None, typer.Option(help="One of the bundle's decision rules, by name.")] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Give every label whose score is at least this, instead of a rule.")
    ] = None,
    max_tags: Annotated[int | None, typer.Option(help="Keep at most so many of the best tags.", min=1)] = None,
    batch_size: Annotated[int, typer.Option(help="Pictures the network sees at once.", min=1)] = 16,
    threads: Annotated[
        int | None,
        typer.Option(help="Threads of the network, and as many to read pictures; default: one a core.", min=1),
    ] = None,
    any_suffix: Annotated[
        bool, typer.Option("--any-suffix", help="Go by what files hold and not by what their names say.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the output that is there.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output that is there.")] = False,
    all_scores: Annotated[
        bool, typer.Option("--all-scores", help="Also write the scores of all labels (jsonl only).")
    ] = False,
) -> None:
    """Tag photos and folders with an annotator bundle."""
    from corelate.cli.console import console, error_console
    from corelate.cli.tag_progress import TagProgress
    from corelate.cli.tag_rows import TagRows
    from corelate.tagging.pipeline import PipelineOptions
    from corelate.tagging.tagger import Tagger
    from corelate.tagging.walk import PictureWalk

    names = _writer_names(write, out, all_scores)
    existing = _existing(resume, overwrite, writing=bool(names))
    walk = PictureWalk(pictures, any_suffix)
    tagger = Tagger.open(bundle, threads)
    decision = _decision(tagger, rule, threshold)
    options = PipelineOptions(batch_size, threads, max_tags, any_suffix, keep_scores=all_scores)
    total = _count(walk)
    sink: TaggingOutput | TagRows = TagRows(console)
    if out is not None:
        sink = _output(out, names, tagger, _record(walk, tagger, rule, threshold, options))
        sink.open(existing)
    progress = TagProgress(error_console, total, quiet=out is None and console.is_terminal)
    _tag(walk, tagger, decision=decision, options=options, sink=sink, progress=progress)
    progress.summarise()
    if progress.skipped:
        raise typer.Exit(1)


def _tag(
    walk: PictureWalk,
    tagger: Tagger,
    *,
    decision: Decision,
    options: PipelineOptions,
    sink: TaggingOutput | TagRows,
    progress: TagProgress,
) -> None:
    """Tag what the sink does not have yet; when interrupted, leave it to be resumed."""
    from corelate.tagging.pipeline import tag_pictures

    def missing() -> Iterator[FoundPicture | SkippedPicture]:
        for picture in walk:
            if picture.name in sink:
                progress.count_earlier()
            else:
                yield picture

    try:
        with progress, closing(sink), closing(tag_pictures(tagger, missing(), decision, options)) as results:
            for picture in results:
                sink.write(picture)
                progress.count(picture)
            sink.finish()
    except KeyboardInterrupt:
        progress.summarise()
        folder = getattr(sink, "folder", None)
        kept = f"; what was written is kept in {folder}, repeat the command with --resume to go on" if folder else ""
        typer.echo(f"stopped before the end{kept}", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _writer_names(write: str | None, out: Path | None, all_scores: bool) -> list[str]:
    """Return the registered names of the writers asked for, each once; none when tags are printed."""
    if write is None:
        if out is not None:
            raise OptionError(f"--out needs --write, e.g. --write jsonl; writers: {', '.join(WRITERS.names)}")
        if all_scores:
            raise OptionError("--all-scores needs --write jsonl and --out DIR")
        return []
    names = [WRITERS.get(name.strip()).name for name in write.split(",")]
    if out is None:
        raise OptionError(f"--write {write} needs --out DIR, the folder to write to")
    if all_scores and not any(WRITERS.load(name).takes_all_scores for name in names):
        raise OptionError(f"--all-scores needs --write jsonl: {', '.join(names)} writes the scores of the tags only")
    return list(dict.fromkeys(names))


def _existing(resume: bool, overwrite: bool, *, writing: bool) -> Existing:
    from corelate.tagging.output import Existing

    if resume and overwrite:
        raise OptionError("--resume and --overwrite contradict each other: choose one")
    if (resume or overwrite) and not writing:
        raise OptionError(f"--{'resume' if resume else 'overwrite'} needs --write and --out")
    if resume:
        return Existing.RESUME
    return Existing.OVERWRITE if overwrite else Existing.REFUSE


def _decision(tagger: Tagger, rule: str | None, threshold: float | None) -> Decision:
    from corelate.decisions.fixed import Fixed

    if threshold is None:
        return tagger.rule(rule)
    if rule is not None:
        raise OptionError("--rule and --threshold both say which labels are given: choose one")
    return Fixed(threshold).for_labels(len(tagger.labels))


def _count(walk: PictureWalk) -> int:
    from corelate.data.image_formats import PICTURE_SUFFIXES

    total = walk.count()
    if not total:
        raise OptionError(
            f"no picture found: folders are searched for files that end in {', '.join(sorted(PICTURE_SUFFIXES))}; "
            "name other files one by one, or use --any-suffix"
        )
    return total


def _output(out: Path, names: list[str], tagger: Tagger, record: RunRecord) -> TaggingOutput:
    from corelate.tagging.output import TaggingOutput

    if out.exists() and not out.is_dir():
        raise OptionError(f"--out {out} is a file; give a folder")
    vocabulary = tagger.description.vocabulary
    return TaggingOutput(out, {name: WRITERS.load(name)(out, vocabulary) for name in names}, record)


def _record(
    walk: PictureWalk, tagger: Tagger, rule: str | None, threshold: float | None, options: PipelineOptions
) -> RunRecord:
    from corelate.tagging.output import RunRecord
    from corelate.tagging.pictures import encodable

    return RunRecord(
        root=encodable(str(walk.root)),
        annotator=tagger.bundle.fingerprint,
        rule=None if threshold is not None else rule or tagger.description.decision,
        threshold=threshold,
        max_tags=options.max_tags,
        all_scores=options.keep_scores,
    )
