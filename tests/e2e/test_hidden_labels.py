"""A test of the idea behind label graphs: what an archive of tags knows finds labels that a picture implies, not shows.

In scenes a boat on the sea by day means a bird, drawn or not. Here each such label is tagged in 20 of 400 pictures, too
few to learn the rules from; 3,000 sets of tags without pictures know them. docs/hidden-labels.md says more.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corelate.data.scenes.grammar import LABELS, RULES, Scene, compose
from corelate.data.scenes.reference import SceneReference
from corelate.data.spec import load_annotations
from corelate.data.targets import ABSENT, PRESENT, UNKNOWN
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embedding_files import save_embeddings
from corelate.labels.graph import PRESETS, build_graph
from corelate.labels.graph_files import write_graph
from corelate.labels.label_vectors import embeddings_from_counts
from corelate.metrics.ranking import average_precision
from corelate.metrics.scores_file import read_scores
from corelate.training.recipe import Recipe
from corelate.training.run import train

IMPLIED = sorted({rule.label for rule in RULES if rule.hidden})
OTHERS = [label for label in LABELS if label not in IMPLIED]
PICTURES, TAGGED, MEASURED, ARCHIVE = 400, 20, 800, 3000
# Numbers of the series: no scene has two roles.
BACKBONE_SERIES, OWN_SERIES, TEST_SERIES, ARCHIVE_SERIES = 101, 102, 103, 104
SEEDS = (1, 2, 3)

Row = dict[str, Any]


@dataclass(frozen=True)
class Study:
    """Everything on disk that heads are trained and measured with.

    Attributes:
        folder: Holds a table of tags for each seed, graphs and label vectors.
        weights: Of the frozen backbone.
        targets: N×5 of the test pictures, by the pictures' names: is the label hidden? Where it is drawn nobody asks.
    """

    folder: Path
    weights: Path
    targets: dict[str, list[int]]

    def precision(self, name: str, head: Row) -> float:
        """Return how well a head tells hidden labels from absent ones: mean over labels and seeds."""
        return float(np.mean([self._run(name, head, seed) for seed in SEEDS]))

    def _run(self, name: str, head: Row, seed: int) -> float:
        place = self.folder / f"{name}-{seed}"
        network = {"weights": str(self.weights), "frozen": True}
        train(recipe(self.folder, f"tags-{seed}.csv", head, epochs=20, seed=seed, **network), place)
        found = read_scores(place / "scores.npz")
        assert found.labels is not None
        assert found.names is not None
        columns = [found.labels.index(label) for label in IMPLIED]
        targets = np.array([self.targets[name] for name in found.names], np.int8)
        return float(average_precision(found.scores[:, columns], targets).mean())


def recipe(folder: Path, table: str, head: Row, *, epochs: int, seed: int = 1, **network: Any) -> Recipe:
    pixels = {"image_size": [64], "mean": [0.5] * 3, "std": [0.5] * 3}
    return Recipe.from_values(
        {
            "data": {"spec": f"csv:{folder / table}?labels=*", "validation": 0.2},
            "model": {"backbone": "test_byobnet", "weights": "none", **pixels, **network},
            "head": head,
            "loss": {"name": "bce"},
            "optimisation": {"epochs": epochs, "batch_size": 32, "learning_rate": 4e-3, "weight_decay": 0.02},
            "run": {"accelerator": "cpu", "threads": 1, "seed": seed, "cache": str(folder / "cache"), "report": False},
        }
    )


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Draw the scenes, train the backbone and write what the archive knows."""
    write_knowledge(tmp_path)
    measured = draw(tmp_path, TEST_SERIES, MEASURED, "test")
    learning = draw(tmp_path, OWN_SERIES, PICTURES, "train")
    for seed in SEEDS:
        write_table(tmp_path / f"tags-{seed}.csv", partly_tagged(rows_of(learning), seed) + rows_of(measured))
    targets = {path: [hidden(scene, label) for label in IMPLIED] for path, (scene, _) in measured.items()}
    return Study(tmp_path, train_backbone(tmp_path), targets)


def hidden(scene: Scene, label: str) -> int:
    if label in scene.hidden:
        return PRESENT
    return UNKNOWN if label in scene.labels else ABSENT


def draw(folder: Path, series: int, count: int, split: str) -> dict[str, tuple[Scene, str]]:
    """Draw scenes into a folder; return each with its split, by its path."""
    scenes = {}
    for index in range(count):
        path = f"{split}-{series}-{index}.png"
        SceneReference(series, index, 64).draw().save(folder / path, compress_level=1)
        scenes[path] = (compose(series, index), split)
    return scenes


def rows_of(scenes: dict[str, tuple[Scene, str]]) -> list[Row]:
    return [
        {"path": path, "split": split, **{label: int(label in scene.labels) for label in LABELS}}
        for path, (scene, split) in scenes.items()
    ]


def partly_tagged(rows: list[Row], seed: int) -> list[Row]:
    """Leave the cells of the implied labels empty, which means unknown, in all but some rows for each label."""
    generator = np.random.default_rng(seed)
    for label in IMPLIED:
        for index in generator.permutation(len(rows))[TAGGED:]:
            rows[index][label] = ""
    return rows


def write_table(path: Path, rows: list[Row], labels: tuple[str, ...] | list[str] = LABELS) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "split", *labels], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def write_knowledge(folder: Path) -> None:
    """Write what the archive knows, vectors that know nothing, and the graph given to other labels."""
    archive = {f"{index}.jpg": (compose(ARCHIVE_SERIES, index), "") for index in range(ARCHIVE)}
    write_table(folder / "archive.csv", rows_of(archive))
    counts = CooccurrenceCounts.from_annotations(
        load_annotations(f"csv:{folder}/archive.csv?labels=*&labels_only=true")
    )
    graph, vectors = build_graph(counts, replace(PRESETS["paper"], p=0.5)), embeddings_from_counts(counts)
    write_graph(folder / "graph.npz", graph)
    save_embeddings(folder / "vectors.npz", vectors)
    generator = np.random.default_rng(0)
    save_embeddings(folder / "noise.npz", replace(vectors, vectors=generator.standard_normal(vectors.vectors.shape)))
    order = generator.permutation(len(LABELS))
    adjacency = graph.adjacency[order].tocsc()[:, order].tocsr()
    write_graph(folder / "shuffled.npz", replace(graph, adjacency=adjacency))


def train_backbone(folder: Path) -> Path:
    """Train a network that learns the other labels on scenes of its own, and never hears of the implied ones."""
    scenes = draw(folder, BACKBONE_SERIES, 1200, "train")
    write_table(folder / "others.csv", rows_of(scenes), OTHERS)
    train(recipe(folder, "others.csv", {"name": "linear", "dropout": 0.0}, epochs=4), folder / "backbone")
    return folder / "backbone" / "model.safetensors"


@pytest.mark.slow
def test_an_archive_of_tags_finds_labels_that_are_implied_and_not_drawn(study: Study):
    def precision(graph: str, vectors: str) -> float:
        files = {"graph": str(study.folder / graph), "embeddings": str(study.folder / vectors)}
        return study.precision(f"{graph}-{vectors}", {"name": "ml_gcn", "hidden": [128], **files})

    linear = study.precision("linear", {"name": "linear", "dropout": 0.1, "bias": "prior"})
    archive = precision("graph.npz", "vectors.npz")
    graph_alone = precision("graph.npz", "noise.npz")
    shuffled = precision("shuffled.npz", "noise.npz")
    found = f"linear {linear:.3f}, archive {archive:.3f}, its graph alone {graph_alone:.3f}, shuffled {shuffled:.3f}"
    assert linear > 0.15, f"a linear head learns something from 20 tags; one that guesses has 0.05: {found}"
    assert archive > linear + 0.1, found
    assert graph_alone > shuffled + 0.15, f"it is this graph that helps, not any: {found}"
