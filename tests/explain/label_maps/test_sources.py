"""Maps of finished runs: tiny ones, trained here, each once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corelate.data.spec import load_annotations
from corelate.errors import EmbeddingError, OptionError
from corelate.explain.drawing import draw
from corelate.explain.label_maps import label_maps, map_of_data
from corelate.explain.run_material import RunMaterial
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embedding_files import save_embeddings
from corelate.labels.embeddings import LabelEmbeddings
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

SCENES = "scenes:48?size=32&test=0.25"


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of all labels of scenes but one."""
    vocabulary = load_annotations(SCENES).vocabulary
    known = list(vocabulary)[1:]
    file = tmp_path_factory.mktemp("words") / "words.npz"
    vectors = np.random.default_rng(0).standard_normal((len(known), 9))
    save_embeddings(file, LabelEmbeddings(type(vocabulary)(known), vectors, "words"))
    return file


@pytest.fixture(scope="module")
def run_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    @cache
    def trained(name: str, **options: Any) -> Path:
        model = {"backbone": "test_resnet", "weights": "none", "image_size": [32], "mean": [0.5] * 3, "std": [0.5] * 3}
        values = {
            "data": {"spec": SCENES, "validation": 0.25},
            "model": model,
            "head": {"name": name, **options},
            "optimisation": {"epochs": 1, "batch_size": 16},
            "run": {"accelerator": "cpu", "report": False},
        }
        path = tmp_path_factory.mktemp("runs") / name
        train(Recipe.from_values(values), path, Silent())
        return path

    return trained


def test_classifiers_of_a_linear_head(run_with: Callable[..., Path]):
    material = RunMaterial.open(run_with("linear"))
    annotator = material.annotator
    maps = label_maps(material, iterations=500)
    assert [label_map.stage for label_map in maps.maps] == ["classifiers"]
    assert maps.labels == material.finished.architecture.vocabulary.labels
    assert maps.counts is not None and maps.counts.tolist() == material.training_counts.tolist()
    assert maps.notes == (
        "The training began with random numbers, or did not keep what it began with: there is no map of before.",
    )
    assert maps.source == "linear, head linear"
    directions = annotator.head.classifier.weight.detach().double().numpy()
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    cosines = directions @ directions.T - 9 * np.eye(len(directions))
    assert maps.maps[0].nearest[:, 0].tolist() == cosines.argmax(axis=1).tolist()


def test_lines_come_from_the_training_pictures(run_with: Callable[..., Path]):
    maps = label_maps(RunMaterial.open(run_with("linear")), method="pca")
    annotations = load_annotations(SCENES)
    training = annotations.select(np.flatnonzero(np.asarray(annotations.splits) != "test"))
    counts = CooccurrenceCounts.from_annotations(training)
    both = counts.pairs.toarray()
    assert len(maps.pairs) and all(both[one, other] > 0 for one, other in maps.pairs)
    labels = (counts.occurrences > 0).sum()
    assert maps.chance == pytest.approx((both > 0).sum() / (labels * (labels - 1)))


@pytest.mark.parametrize("data_are_gone", [False, True])
def test_of_many_labels_the_most_frequent_are_mapped(
    run_with: Callable[..., Path], words: Path, tmp_path: Path, data_are_gone: bool
):
    material = RunMaterial.open(run_with("linear"))
    everything = label_maps(material, method="pca", vectors=words)
    if data_are_gone:
        run = shutil.copytree(run_with("linear"), tmp_path / "run")
        recipe = (run / "recipe.toml").read_text(encoding="utf-8")
        (run / "recipe.toml").write_text(recipe.replace(SCENES, "csv:gone.csv"), encoding="utf-8")
        material = RunMaterial.open(run)
    maps = label_maps(material, method="pca", vectors=words, most_labels=6)
    assert len(maps.labels) == 6 and [label for label in everything.labels if label in maps.labels] == [*maps.labels]
    assert sorted(maps.counts) == sorted(everything.counts)[-6:]
    columns = [everything.labels.index(label) for label in maps.labels]
    assert maps.counts.tolist() == everything.counts[columns].tolist()
    assert maps.notes[0] == f"Mapped are the 6 most frequent of {len(everything.labels)} labels."
    if not data_are_gone:
        assert len(maps.pairs) and maps.pairs.max() < 6
    assert len(label_maps(material, method="pca", most_labels=100).labels) == len(everything.labels)


def test_before_and_after_of_ml_gcn(run_with: Callable[..., Path], words: Path):
    material = RunMaterial.open(run_with("ml_gcn", embeddings=str(words)))
    maps = label_maps(material, method="pca")
    assert [(label_map.stage, label_map.width) for label_map in maps.maps] == [
        ("given vectors", 9),
        ("classifiers", 96),
    ]
    first = load_annotations(SCENES).vocabulary[0]
    assert maps.notes == (f"1 label has no vector of its own, and stands anywhere: {first}.",)
    draw(maps)


def test_before_of_vectors_that_were_tuned_is_read_from_the_run(run_with: Callable[..., Path], words: Path):
    run = run_with("ria", label_vectors="tuned", embeddings=str(words), hidden=16, max_labels=4)
    maps = label_maps(RunMaterial.open(run), method="pca")
    assert [label_map.stage for label_map in maps.maps] == ["given vectors", "trained vectors", "decoder outputs"]
    before, after = (np.array(label_map.places) for label_map in maps.maps[:2])
    assert not np.allclose(before, after)


def test_vectors_of_a_file_stand_before_the_runs(run_with: Callable[..., Path], words: Path):
    maps = label_maps(RunMaterial.open(run_with("linear")), method="pca", vectors=words)
    assert [label_map.stage for label_map in maps.maps] == ["vectors of words.npz", "classifiers"]


def test_a_run_whose_data_are_gone(run_with: Callable[..., Path], tmp_path: Path):
    run = shutil.copytree(run_with("linear"), tmp_path / "run")
    recipe = (run / "recipe.toml").read_text(encoding="utf-8")
    (run / "recipe.toml").write_text(recipe.replace(SCENES, "csv:gone.csv"), encoding="utf-8")
    (run / "label-counts.json").unlink()
    maps = label_maps(RunMaterial.open(run), method="pca")
    assert maps.counts is None and maps.chance is None and not len(maps.pairs)
    text = " ".join(maps.notes)
    assert "No lines between labels" in text and "gone.csv" in text and "of one size" in text
    draw(maps)


def test_a_run_whose_data_have_other_labels(run_with: Callable[..., Path], tmp_path: Path):
    run = shutil.copytree(run_with("linear"), tmp_path / "run")
    (tmp_path / "labels.csv").write_text("path,labels\na.jpg,other\n")
    recipe = (run / "recipe.toml").read_text(encoding="utf-8")
    changed = recipe.replace(SCENES, f"csv:{tmp_path / 'labels.csv'}?labels_only=true")
    (run / "recipe.toml").write_text(changed, encoding="utf-8")
    maps = label_maps(RunMaterial.open(run), method="pca")
    assert "has other labels than the run" in " ".join(maps.notes)
    assert maps.counts is not None


def test_a_head_without_label_vectors(run_with: Callable[..., Path], monkeypatch: pytest.MonkeyPatch):
    from corelate.models.heads.linear import LinearHead

    monkeypatch.setattr(LinearHead, "label_vectors_by_stage", lambda self: {})
    with pytest.raises(OptionError, match="head linear holds no vector of a label"):
        label_maps(RunMaterial.open(run_with("linear")))


def test_a_run_that_went_astray(run_with: Callable[..., Path]):
    material = RunMaterial.open(run_with("linear"))
    annotator = material.annotator
    annotator.head.classifier.weight.data[2, 0] = np.nan
    with pytest.raises(EmbeddingError, match=r"classifiers of 1 labels, the first '.*not finite"):
        label_maps(material)


def test_the_labels_of_a_data_set(words: Path):
    maps = map_of_data(SCENES)
    assert [label_map.stage for label_map in maps.maps] == ["vectors counted on the labels"]
    assert "counted on the training pictures" in maps.source and len(maps.pairs)
    (given,) = map_of_data(SCENES, vectors=words).maps
    assert (given.stage, given.width) == ("vectors of words.npz", 9)
