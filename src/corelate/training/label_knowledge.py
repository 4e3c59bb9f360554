"""What a head is told about the labels before any picture: the label graph and the label embeddings of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import EmbeddingError, GraphError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embedding_files import load_embeddings, save_embeddings
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import LabelGraph, build_graph
from corelate.labels.graph_files import graph_from_file, write_graph
from corelate.labels.graph_options import GraphOptions
from corelate.labels.label_vectors import DEFAULT_WIDTH, embeddings_from_counts
from corelate.models.heads import HEADS
from corelate.models.heads.base import HeadInputs
from corelate.training.choices import Choice
from corelate.training.run_folder import RunFolder


@dataclass(frozen=True)
class LabelFiles:
    """What a recipe's head takes from files: the same for every fold, and kept in the run folder.

    Attributes:
        graph: The graph, if a file was named.
        embeddings: The embeddings, if a file was named.
    """

    graph: LabelGraph | None = None
    embeddings: LabelEmbeddings | None = None

    @classmethod
    def read(cls, head: Choice, vocabulary: Vocabulary, folder: RunFolder | None = None) -> LabelFiles:
        """Read the files that the head's options name; a run that goes on reads its own copies.

        Raises:
            CorelateError: A file can't be read, or is about other labels.
        """
        head_type, options = HEADS.load(head.name), head.options
        graph = embeddings = None
        if head_type.needs_graph and options.graph:
            path = _kept_or_given(folder.label_graph if folder else None, options.graph)
            graph = graph_from_file(path, vocabulary, options.settings())
            _check_settings(graph, options)
        if head_type.needs_embeddings and options.embeddings:
            if not head_type.wants_embeddings(options):
                raise EmbeddingError(
                    f"head {head.name} learns its label vectors, and {options.embeddings} would never be read; "
                    "set label_vectors to fixed or tuned, or leave embeddings out"
                )
            path = _kept_or_given(folder.label_embeddings if folder else None, options.embeddings)
            embeddings = load_embeddings(path, vocabulary, missing=options.missing_words)
            if options.embedding_width not in (None, embeddings.width):
                raise EmbeddingError(
                    f"{options.embeddings} holds vectors of width {embeddings.width}, and embedding_width asks for "
                    f"{options.embedding_width}; leave it out or give another file"
                )
        return cls(graph, embeddings)

    def describe(self) -> Iterator[str]:
        """Give lines for the user: what was read, and what was missing in it."""
        if self.graph is not None:
            yield f"label graph: {self.graph.edges} edges, {self.graph.source}{_in_words(self.graph)}"
        if self.embeddings is not None:
            yield self.embeddings.summary()

    def keep(self, folder: RunFolder) -> None:
        """Put copies into the run folder, so that the run can go on without the files."""
        if self.graph is not None and not folder.label_graph.exists():
            write_graph(folder.label_graph, self.graph)
        if self.embeddings is not None and not folder.label_embeddings.exists():
            save_embeddings(folder.label_embeddings, self.embeddings)

    def inputs(self, head: Choice, num_features: int, vocabulary: Vocabulary, targets: TargetMatrix) -> HeadInputs:
        """Return what the head is built for; what no file says is counted on the training labels.

        Args:
            head: The head and its options.
            num_features: Channels of the feature map.
            vocabulary: The L labels.
            targets: N×L targets of the pictures that the head will learn from, and of no others.
        """
        head_type, options = HEADS.load(head.name), head.options
        graph, embeddings = self.graph, self.embeddings
        wants_embeddings = head_type.wants_embeddings(options)
        counted = (head_type.needs_graph and graph is None) or (wants_embeddings and embeddings is None)
        counts: Any = CooccurrenceCounts.from_targets(targets, vocabulary) if counted else None
        if head_type.needs_graph and graph is None:
            graph = build_graph(counts, options.settings())
        if wants_embeddings and embeddings is None:
            embeddings = embeddings_from_counts(counts, options.embedding_width or DEFAULT_WIDTH)
        return HeadInputs(num_features, vocabulary, targets.label_frequencies(), graph, embeddings)


NO_FILES = LabelFiles()


def _kept_or_given(kept: Path | None, given: str) -> Path:
    """Return the run's own copy of a file if there is one, else the place that the recipe names."""
    return kept if kept is not None and kept.exists() else Path(given).expanduser()


def _check_settings(graph: LabelGraph, options: GraphOptions) -> None:
    """Refuse options that a finished graph, which keeps the settings it was built with, would leave unheard.

    Raises:
        GraphError: The recipe asks for other settings.
    """
    given = [name for name in ("preset", "tau", "p") if getattr(options, name) is not None]
    if not given or graph.settings == options.settings():
        return
    asked = dataclasses.asdict(options.settings())
    own = None if graph.settings is None else dataclasses.asdict(graph.settings)
    if own is None:
        difference = "does not say how it was built"
    else:
        difference = "was built with " + ", ".join(f"{key} = {own[key]!r}" for key in own if own[key] != asked[key])
    raise GraphError(
        f"{options.graph} is a finished graph and {difference}; the recipe's {', '.join(given)} can't change that: "
        f"leave {'them' if len(given) > 1 else 'it'} out, or give a file of counts"
    )


def _in_words(graph: LabelGraph) -> str:
    return "" if graph.settings is None else f", tau {graph.settings.tau:g}, p {graph.settings.p:g}"


def describe_graph(graph: LabelGraph | None) -> dict[str, Any] | None:
    """Return what the annotator's description says about its graph: enough to make room for it."""
    if graph is None:
        return None
    settings = None if graph.settings is None else dataclasses.asdict(graph.settings)
    return {"edges": graph.edges, "source": graph.source, "settings": settings}


def describe_embeddings(embeddings: LabelEmbeddings | None) -> dict[str, Any] | None:
    """Return what the annotator's description says about its embeddings: enough to make room for them."""
    if embeddings is None:
        return None
    return {"width": embeddings.vectors.shape[1], "source": embeddings.source, "missing": list(embeddings.missing)}
