"""Where label counts come from: the training pictures of a data set, or a file of counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats import FORMATS
from corelate.data.formats.vocabulary_files import read_vocabulary
from corelate.data.originals import without_generated
from corelate.data.problems import Problems
from corelate.data.roles import rows_with_role
from corelate.data.spec import DataSpec, load_annotations
from corelate.errors import DataError, OptionError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.counts_files import read_counts

COUNTS = "counts"


@dataclass(frozen=True)
class CountedSource:
    """Counts, and what they were counted on.

    Attributes:
        counts: The counts.
        source: What was counted, in words.
        problems: What was wrong with the data set.
    """

    counts: CooccurrenceCounts
    source: str
    problems: Problems = field(default_factory=lambda: Problems(""))


def counts_of(spec: str, annotations: AnnotationSet | None = None) -> CountedSource:
    """Count the labels of a data set, or read a file of counts.

    Args:
        spec: A data spec; ``counts:FILE.json[?labels=FILE.txt]``, the labels one a line and relative to the counts; or
            only the path of a file of counts that ends in ``.json``. Of a data set that gives its pictures splits, the
            training pictures count, unless ``?split=`` chooses others.
        annotations: The data set, where it has been read already.

    Raises:
        OptionError: The spec is wrong.
        DataError: The data set can't be read, or has no training pictures.
        GraphError: The file of counts can't be used.
    """
    name, _, _ = spec.partition(":")
    if name == COUNTS:
        return _from_file(spec, spec.removeprefix(f"{COUNTS}:"))
    if name not in FORMATS and spec.partition("?")[0].lower().endswith(".json"):
        return _from_file(spec, spec)
    return _from_data(spec, load_annotations(spec) if annotations is None else annotations)


def _from_file(spec: str, rest: str) -> CountedSource:
    location, _, query = rest.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, separator="&")
    options = dict(pairs)
    foreign = [key for key in options if key != "labels"]
    if foreign or not location or len(pairs) > len(options) or options.get("labels") == "":
        problem = "has no path"
        if location:
            problem = f"does not know the option {foreign[0]!r}" if foreign else "must name one file with labels="
        raise OptionError(f"{spec!r} {problem}; write {COUNTS}:FILE.json or {COUNTS}:FILE.json?labels=FILE.txt")
    path = Path(location).expanduser()
    vocabulary = read_vocabulary(path.parent / Path(options["labels"]).expanduser()) if "labels" in options else None
    read = read_counts(path, vocabulary)
    return CountedSource(read.counts, f"counts in {read.source}")


def _from_data(spec: str, annotations: AnnotationSet) -> CountedSource:
    annotations = without_generated(annotations)
    split = DataSpec.parse(spec).split
    if split is not None:
        chosen, words = annotations, f"split {split}, {len(annotations)} pictures"
    elif annotations.splits is None:
        chosen, words = annotations, f"all {len(annotations)} pictures"
    else:
        chosen = _training_pictures(annotations)
        words = f"the training pictures, {len(chosen)} of {len(annotations)}"
    source = f"{annotations.source}, counted on {words}"
    return CountedSource(CooccurrenceCounts.from_annotations(chosen), source, annotations.problems)


def _training_pictures(annotations: AnnotationSet) -> AnnotationSet:
    rows = rows_with_role(annotations, "train")
    if not len(rows):
        splits = ", ".join(annotations.split_names())
        raise DataError(
            f"{annotations.source} has no training pictures, its splits are {splits}; choose one with ?split="
        )
    return annotations.select(rows)
