"""Options that every data spec takes, whatever its format, and what they do to the set that was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.options import option


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


# Those that name files.
FILES = ("splits", "merge", "hierarchy")


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
    if options.merge or options.minimum_count or options.hierarchy:
        from corelate.data.curation import CurationOptions, curate

        wanted = CurationOptions(options.merge, options.minimum_count, options.hierarchy)
        annotations = curate(annotations, wanted, options.split)
    return annotations.split(options.split) if options.split else annotations
