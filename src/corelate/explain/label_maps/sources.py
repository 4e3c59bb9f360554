"""Where label vectors come from: a finished run, or a data set and a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from corelate.errors import CorelateError, OptionError
from corelate.explain.label_maps.map_options import MapOptions
from corelate.explain.label_maps.maps import LabelMaps, map_labels

if TYPE_CHECKING:
    from corelate.data.vocabulary import Vocabulary
    from corelate.explain.run_material import RunMaterial
    from corelate.labels.cooccurrence import CooccurrenceCounts


def label_maps(
    material: RunMaterial,
    options: MapOptions | None = None,
    *,
    vectors: Path | None = None,
    most_labels: int | None = None,
    **settings: Any,
) -> LabelMaps:
    """Return maps of what a run's head holds as one vector for each label: before and after the training.

    Args:
        material: The run.
        options: How the maps are made.
        vectors: A file of word or label vectors that is drawn before the run's own.
        most_labels: Of more labels only so many are mapped, the most frequent ones, as if there were no others.
        **settings: Fields of `MapOptions`, in place of `options`.

    Raises:
        OptionError: An option that is not allowed, or the head holds no vector of a label.
        EmbeddingError: The vectors are not finite, or the file can't be used.
        MissingExtraError: UMAP is asked for and not installed.
    """
    options = options or MapOptions(**settings)
    vocabulary = material.finished.architecture.vocabulary
    before, notes = _before(material, vocabulary, vectors)
    stages = _stages_of_head(material)
    notes = [*notes, *_notes_on_start(before | stages)]
    together, problem = _counted(material, vocabulary)
    counts = material.training_counts
    if counts is None and together is not None:
        counts = together.occurrences
    if counts is None:
        notes.append("Nothing tells how often the labels occur: all dots and texts are of one size.")
    if problem:
        notes.append(f"No lines between labels, and no word on which go together: {problem}")
    mapped, left_out = _mapped(counts, len(vocabulary), most_labels)
    return map_labels(
        {stage: values[mapped] for stage, values in (before | stages).items()},
        [vocabulary[label] for label in mapped],
        counts=None if counts is None else counts[mapped],
        together=None if together is None else _among(together, mapped),
        options=options,
        source=f"{material.name}, head {material.recipe.head.name}",
        notes=[*left_out, *notes],
    )


def map_of_data(spec: str, options: MapOptions | None = None, *, vectors: Path | None = None) -> LabelMaps:
    """Return a map of the labels of a data set, without any run.

    Args:
        spec: The data set, or a file of counts; see `corelate.labels.counts_sources.counts_of`.
        options: How the map is made.
        vectors: A file of word or label vectors; by default they are made from how labels go together.

    Raises:
        CorelateError: Data set, file or options can't be used.
    """
    from corelate.labels.counts_sources import counts_of
    from corelate.labels.embedding_files import load_embeddings
    from corelate.labels.label_vectors import embeddings_from_counts

    counted = counts_of(spec)
    vocabulary = counted.counts.vocabulary
    if vectors is None:
        embeddings, stage = embeddings_from_counts(counted.counts), "vectors counted on the labels"
    else:
        embeddings, stage = load_embeddings(vectors, vocabulary), f"vectors of {vectors.name}"
    return map_labels(
        {stage: embeddings.vectors},
        vocabulary.labels,
        together=counted.counts,
        options=options,
        source=counted.source,
        notes=_missing(embeddings.missing),
    )


def _stages_of_head(material: RunMaterial) -> dict[str, np.ndarray]:
    head = material.annotator.head
    stages = {stage: vectors.float().cpu().numpy() for stage, vectors in head.label_vectors_by_stage().items()}
    if not stages:
        raise OptionError(f"{material.name}: head {material.recipe.head.name} holds no vector of a label to be drawn")
    return stages


def _before(
    material: RunMaterial, vocabulary: Vocabulary, given: Path | None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return vectors from files, by stage, and notes: the user's, and those that the run began with."""
    from corelate.labels.embedding_files import load_embeddings
    from corelate.models.heads.base import GIVEN_VECTORS

    files = {} if given is None else {f"vectors of {given.name}": given}
    kept = material.finished.folder.label_embeddings
    if kept.exists():
        # A head that keeps them as they are says the same, and in the same place.
        files[GIVEN_VECTORS] = kept
    read = {stage: load_embeddings(file, vocabulary) for stage, file in files.items()}
    missing = dict.fromkeys(label for embeddings in read.values() for label in embeddings.missing)
    return {stage: embeddings.vectors for stage, embeddings in read.items()}, _missing(tuple(missing))


def _notes_on_start(stages: dict[str, np.ndarray]) -> list[str]:
    from corelate.models.heads.base import GIVEN_VECTORS

    if GIVEN_VECTORS in stages:
        return []
    return ["The training began with random numbers, or did not keep what it began with: there is no map of before."]


def _counted(material: RunMaterial, vocabulary: Vocabulary) -> tuple[CooccurrenceCounts | None, str]:
    """Return how often labels stand together in the data set's training pictures, or why that is not known."""
    from corelate.data.roles import rows_with_role
    from corelate.labels.cooccurrence import CooccurrenceCounts

    annotations = material.pictures.annotations
    if annotations is None:
        return None, f"the data set can't be read ({material.pictures.problem})."
    if annotations.vocabulary != vocabulary:
        return None, f"{material.pictures.spec} has other labels than the run."
    try:
        rows = rows_with_role(annotations, "train")
    except CorelateError as error:
        return None, f"{error}."
    if not len(rows):
        return None, f"{material.pictures.spec} has no training pictures any more."
    return CooccurrenceCounts.from_annotations(annotations.select(rows)), ""


def _mapped(counts: np.ndarray | None, labels: int, most: int | None) -> tuple[np.ndarray, list[str]]:
    """Return the columns of the labels that are mapped, and a note if these are not all."""
    if most is None or labels <= most:
        return np.arange(labels), []
    if counts is None:
        return np.arange(most), [f"Mapped are the first {most:,} of {labels:,} labels."]
    usual = np.argsort(-counts, kind="stable")[:most]
    return np.sort(usual), [f"Mapped are the {most:,} most frequent of {labels:,} labels."]


def _among(counts: CooccurrenceCounts, columns: np.ndarray) -> CooccurrenceCounts:
    """Return the counts of some labels alone; what is unknown is not kept."""
    from corelate.data.vocabulary import Vocabulary
    from corelate.labels.cooccurrence import CooccurrenceCounts

    some = Vocabulary([counts.vocabulary[column] for column in columns])
    pairs = counts.pairs[columns][:, columns]
    return CooccurrenceCounts(some, pairs, counts.occurrences[columns], counts.pictures)


def _missing(labels: tuple[str, ...]) -> list[str]:
    if not labels:
        return []
    named = ", ".join(labels[:5]) + (", …" if len(labels) > 5 else "")
    if len(labels) == 1:
        return [f"1 label has no vector of its own, and stands anywhere: {named}."]
    return [f"{len(labels)} labels have no vector of their own, and stand anywhere: {named}."]
