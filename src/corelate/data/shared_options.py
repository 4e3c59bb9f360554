"""Options that every data spec takes, whatever its format, and what they do to the set that was read."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.errors import OptionError
from corelate.options import option

GENERATED, GENERATED_WEIGHT = "generated", "generated_weight"
# Each repeat within an epoch is a draw of its own; more of them would only fill the memory.
MAX_GENERATED_WEIGHT = 1000.0


@dataclass(frozen=True)
class SharedOptions:
    """Options of every spec; names of files are relative to the working directory."""

    split: str = option("", "Keep only the pictures of this split.")
    splits: str = option("", "File of splits or folds by picture (corelate data split), in place of the set's own.")
    group: str = option(
        "", "What must not be divided: folder, or name:PATTERN, a regular expression whose match names the group."
    )
    merge: str = option("", "File of labels that become one: each name and what it becomes.")
    minimum_count: int = option(0, "Drop labels that fewer training pictures have.")
    hierarchy: str = option("", "File of labels that imply others: each child and its parent.")
    generated: str = option("", "Folder of pictures generated from the set's own; several with commas between.")
    generated_weight: float = option(
        1.0,
        "How often an epoch takes each generated picture, on average; 0: never.",
        minimum=0.0,
        maximum=MAX_GENERATED_WEIGHT,
    )


# Those that name files.
FILES = ("splits", "merge", "hierarchy", GENERATED)


def apply_shared_options(annotations: AnnotationSet, options: SharedOptions) -> AnnotationSet:
    """Return the set as the options want it.

    The labels are settled on all pictures before a split is chosen, so that all splits have one vocabulary.

    Raises:
        OptionError: An option has a value that is not allowed.
        DataError: A file can't be read or does not fit the set, or there is no such split.
    """
    if options.splits:
        from corelate.data.division_files import with_divisions

        annotations = with_divisions(annotations, Path(options.splits).expanduser())
    if options.group:
        from corelate.data.grouping import with_groups

        annotations = with_groups(annotations, options.group)
    listed = annotations
    if options.merge or options.minimum_count or options.hierarchy:
        from corelate.data.curation import CurationOptions, curate

        wanted = CurationOptions(options.merge, options.minimum_count, options.hierarchy)
        annotations = curate(annotations, wanted, options.split)
    annotations = _with_generated(annotations, listed, options)
    return annotations.split(options.split) if options.split else annotations


def generated_folders(text: str) -> list[str]:
    """Return the folders that an option names: one, or several with commas between."""
    with suppress(OSError):  # several folders together may be too long for a name
        if text and Path(text).expanduser().exists():
            return [text]
    return [part.strip() for part in text.split(",") if part.strip()]


def _with_generated(annotations: AnnotationSet, listed: AnnotationSet, options: SharedOptions) -> AnnotationSet:
    """Return the set with the generated pictures that are asked for, after all that real pictures alone decide."""
    from corelate.data.generated import check_weight, with_generated, with_weight

    weight = options.generated_weight
    check_weight(weight)
    for folder in generated_folders(options.generated):
        annotations = with_generated(annotations, Path(folder).expanduser(), weight, listed=listed)
    if weight == 1:
        return annotations
    if annotations.originals is None:
        raise OptionError(
            f"{GENERATED_WEIGHT}={weight:g}: there are no generated pictures; name their folder in generated="
        )
    return with_weight(annotations, weight)
