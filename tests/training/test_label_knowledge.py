"""What a head knows about labels: where it comes from, and that it stays with the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from corelate.data.images import read_image
from corelate.data.spec import load_annotations
from corelate.errors import CorelateError, OptionError, RunError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embedding_files import save_embeddings
from corelate.labels.embeddings import LabelEmbeddings
from corelate.labels.graph import PRESETS, build_graph
from corelate.labels.graph_files import write_graph
from corelate.models.heads import HEADS
from corelate.training.export import export_run
from corelate.training.feature_cache import FeatureCache
from corelate.training.finished import FinishedRun
from corelate.training.frozen import by_precision
from corelate.training.label_knowledge import LabelFiles
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import resume, train

from .conftest import tensors_of

Recipes = Callable[..., Recipe]
SPEC = "scenes:48?size=32&test=0.25"
GCN = {"name": "ml_gcn", "hidden": [16]}
# Small networks of every kind, so that each head is trained for real.
SMALL = {
    "ml_gcn": {"hidden": [16]},
    "gcn_dynamic": {"width": 16},
    "ml_decoder": {"width": 16, "heads": 2, "groups": 6, "feed_forward": 32},
    "query2label": {"width": 16, "heads": 2, "feed_forward": 32},
    **{name: {"hidden": 16, "max_labels": 4} for name in ("ria", "sr_cnn_rnn", "attention_rnn", "orderless_rnn")},
}


def head(name: str) -> dict[str, object]:
    # The tests' recipe gives the linear head a dropout; the section is replaced, not merged.
    return {"name": name, **SMALL.get(name, {})}


def recipe_with(tiny_recipe: Recipes, options: dict[str, object], **changes: dict[str, object]) -> Recipe:
    values = tiny_recipe(**changes).to_values()
    values["model"] = {key: value for key, value in values["model"].items() if value is not None}
    del values["loss"]  # not every head's
    return Recipe.from_values({**values, "head": options})


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A graph and embeddings of the scenes' labels, made elsewhere."""
    annotations = load_annotations("scenes:300?size=16&seed=9")
    graph = build_graph(CooccurrenceCounts.from_annotations(annotations), PRESETS["paper"])
    vectors = np.random.default_rng(0).normal(size=(len(annotations.vocabulary), 7)).astype(np.float32)
    write_graph(tmp_path / "given.npz", graph)
    save_embeddings(tmp_path / "given.safetensors", LabelEmbeddings(annotations.vocabulary, vectors, "elsewhere"))
    return {"graph": str(tmp_path / "given.npz"), "embeddings": str(tmp_path / "given.safetensors")}


class StoppedError(Exception):
    pass


class StopsInTraining(Silent):
    def begin(self, title: str, total: int, unit: str) -> None:
        if title.startswith("epoch 2"):
            raise StoppedError(title)


@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "fine-tuned"])
@pytest.mark.parametrize("name", HEADS.names)
def test_every_head_trains_and_comes_back(tiny_recipe: Recipes, tmp_path: Path, name: str, frozen: bool):
    recipe = recipe_with(tiny_recipe, head(name), model={"frozen": frozen}, optimisation={"epochs": 1})
    train(recipe, tmp_path / "run")
    run = FinishedRun.open(tmp_path / "run")
    annotator = run.annotator()
    assert type(annotator.head) is HEADS.load(name)
    assert torch.isfinite(annotator(torch.randn(2, 3, 32, 32))).all()
    assert len(np.unique(run.scores().scores)) > len(run.scores().scores), "pictures and labels differ"


@pytest.mark.parametrize("name", HEADS.names)
def test_every_head_is_exported(tiny_recipe: Recipes, tmp_path: Path, name: str):
    # A map of one place can't show whether a network takes any number of them.
    recipe = recipe_with(tiny_recipe, head(name), model={"image_size": [64, 96]}, optimisation={"epochs": 1})
    train(recipe, tmp_path / "run")
    model = export_run(tmp_path / "run", tmp_path / "bundle.zip")
    assert model.largest_difference < 1e-4
    assert model.dynamic_size


@pytest.mark.parametrize("vectors", ["learned", "fixed", "tuned"])
def test_a_head_has_label_vectors_where_its_options_ask_for_them(
    tiny_recipe: Recipes, files: dict[str, str], vectors: str
):
    options = {**head("ria"), "label_vectors": vectors}
    annotations = load_annotations(SPEC)

    def inputs(**more: str):
        choice = recipe_with(tiny_recipe, {**options, **more}).head
        label_files = LabelFiles.read(choice, annotations.vocabulary)
        return label_files.inputs(choice, 8, annotations.vocabulary, annotations.targets)

    if vectors == "learned":
        assert inputs().embeddings is None
        with pytest.raises(
            CorelateError, match=r"head ria learns its label vectors, .* would never be read; set label_vectors"
        ):
            inputs(embeddings=files["embeddings"])
    else:
        assert inputs().embeddings.source.startswith("made from the training labels")
        assert inputs(embeddings=files["embeddings"]).embeddings.width == 7
    assert inputs().graph is None


def test_labels_are_counted_on_the_pictures_that_teach(tiny_recipe: Recipes, tmp_path: Path):
    train(recipe_with(tiny_recipe, {**GCN, "preset": "ml-gcn"}, optimisation={"epochs": 1}), tmp_path / "run")
    about = json.loads((tmp_path / "run" / "annotator.json").read_text())
    assert about["label_graph"]["source"] == "counted on 27 pictures", "48 less 12 for testing and 9 for choosing"
    assert about["label_graph"]["settings"]["tau"] == 0.4
    network = FinishedRun.open(tmp_path / "run").annotator().head
    assert network.edge_weights.abs().sum() > 0
    assert network.embeddings.shape == (22, about["label_embeddings"]["width"])
    assert network.embeddings.abs().sum() > 0


def test_each_fold_counts_its_own_pictures(tiny_recipe: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    counted = []
    original = CooccurrenceCounts.from_targets

    def counts(targets, vocabulary):
        counted.append(len(targets))
        return original(targets, vocabulary)

    monkeypatch.setattr(CooccurrenceCounts, "from_targets", counts)
    recipe = recipe_with(tiny_recipe, GCN, data={"folds": 3}, model={"frozen": True}, optimisation={"epochs": 1})
    train(recipe, tmp_path / "run")
    assert sorted(set(counted)) == [24, 36], "two thirds in a fold, all for the kept network, never the test pictures"


def test_files_are_read_once_and_never_needed_again(tiny_recipe: Recipes, files: dict[str, str], tmp_path: Path):
    recipe = recipe_with(tiny_recipe, {**GCN, **files})
    train(recipe, tmp_path / "whole")
    with pytest.raises(StoppedError):
        train(recipe, tmp_path / "run", StopsInTraining())
    for place in files.values():
        Path(place).unlink()
    resume(tmp_path / "run")
    assert tensors_of(tmp_path / "run") == tensors_of(tmp_path / "whole")
    export_run(tmp_path / "run", tmp_path / "bundle")
    # Not even the copies in the run folder are needed, and no place of the maker's disk is told.
    for kept in ("label-graph.json", "label-embeddings.npz"):
        (tmp_path / "run" / kept).unlink()
    assert FinishedRun.open(tmp_path / "run").annotator().head.embeddings.shape == (22, 7)
    for file in (tmp_path / "run" / "annotator.json", tmp_path / "bundle" / "annotator.json"):
        assert str(tmp_path) not in file.read_text()
        assert "given.npz" in file.read_text()


def test_damaged_pictures_are_not_counted(tiny_recipe: Recipes, tmp_path: Path):
    annotations = load_annotations("scenes:12?size=32")
    rows = ["path,labels"]
    for number in range(len(annotations)):
        read_image(annotations.pictures[number]).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,{';'.join(annotations.labels_of(number))}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    for number in (0, 3, 5):
        (tmp_path / f"{number}.png").write_bytes(b"no picture")
    recipe = recipe_with(tiny_recipe, GCN, data={"spec": f"csv:{tmp_path}/labels.csv"}, optimisation={"epochs": 1})
    train(recipe, tmp_path / "run")
    about = json.loads((tmp_path / "run" / "annotator.json").read_text())
    assert about["label_graph"]["source"] == "counted on 7 pictures", "12 less 3 damaged and 2 for choosing"


def test_annotators_of_before_there_were_graphs_come_back(tiny_recipe: Recipes, tmp_path: Path):
    train(tiny_recipe(optimisation={"epochs": 1}), tmp_path / "run")
    path = tmp_path / "run" / "annotator.json"
    about = json.loads(path.read_text())
    del about["label_graph"], about["label_embeddings"]
    path.write_text(json.dumps(about))
    assert FinishedRun.open(tmp_path / "run").annotator().head.classifier.out_features == 22


@pytest.mark.parametrize(
    ("key", "field", "value"), [("label_graph", "edges", 10**13), ("label_embeddings", "width", 10**12)]
)
def test_a_description_that_asks_for_too_much_memory_is_refused(
    tiny_recipe: Recipes, tmp_path: Path, key: str, field: str, value: int
):
    train(recipe_with(tiny_recipe, GCN, optimisation={"epochs": 1}), tmp_path / "run")
    path = tmp_path / "run" / "annotator.json"
    about = json.loads(path.read_text())
    about[key][field] = value
    path.write_text(json.dumps(about))
    with pytest.raises(RunError, match="damaged or of another version"):
        FinishedRun.open(tmp_path / "run").annotator()


def test_a_head_with_nothing_to_learn_is_refused_before_anything_is_done(tiny_recipe: Recipes, tmp_path: Path):
    recipe = recipe_with(tiny_recipe, {**GCN, "layer_factors": [0.0, 0.0]}, model={"frozen": True})
    with pytest.raises(OptionError, match="nothing is left to learn"):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_maps_that_are_read_as_they_are_needed_give_the_same_weights(
    tiny_recipe: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    recipe = recipe_with(tiny_recipe, {"name": "csra"}, model={"frozen": True, "image_size": [64]}, data={"folds": 2})
    train(recipe, tmp_path / "held")
    original = FeatureCache.gather
    monkeypatch.setattr(FeatureCache, "gather", lambda cache, digests: original(cache, digests, memory_bytes=0))
    train(recipe, tmp_path / "read")
    assert tensors_of(tmp_path / "held") == tensors_of(tmp_path / "read")


def test_maps_are_kept_in_half_precision_where_they_fit():
    small, large, pooled = torch.full((2, 3, 3), 1.5), torch.full((2, 3, 3), 1e5), torch.full((2, 1, 1), 1.5)
    halves, wholes = by_precision([(0, small), (1, large), (2, pooled), (3, small)])
    assert [(row, feature.dtype) for row, feature in halves] == [(0, torch.float16), (3, torch.float16)]
    assert [(row, feature.dtype) for row, feature in wholes] == [(1, torch.float32), (2, torch.float32)]
    assert by_precision([(2, pooled)]) == [[(2, pooled)]]


def test_files_make_the_same_head_in_every_fold(tiny_recipe: Recipes, files: dict[str, str]):
    options = recipe_with(tiny_recipe, {**GCN, **files}).head
    annotations = load_annotations(SPEC)
    read = LabelFiles.read(options, annotations.vocabulary)
    few, many = (read.inputs(options, 8, annotations.vocabulary, annotations.targets.select(range(n))) for n in (3, 40))
    assert few.graph is many.graph
    assert few.embeddings is many.embeddings


@pytest.mark.parametrize("kind", ["graph", "embeddings"])
def test_a_file_about_other_labels_is_refused_before_anything_is_done(
    tiny_recipe: Recipes, tmp_path: Path, kind: str, files: dict[str, str]
):
    table = tmp_path / "labels.csv"
    table.write_text("path,labels\n" + "".join(f"{number}.png,zebra;gnu\n" for number in range(8)))
    recipe = recipe_with(tiny_recipe, {**GCN, kind: files[kind]}, data={"spec": f"csv:{table}?labels_only=true"})
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CorelateError, match=r"given\.(npz|safetensors)"):
        train(recipe, tmp_path / "run")
    assert sorted(tmp_path.iterdir()) == before


def test_embeddings_of_another_width_are_refused(tiny_recipe: Recipes, files: dict[str, str], tmp_path: Path):
    recipe = recipe_with(tiny_recipe, {**GCN, **files, "embedding_width": 8})
    with pytest.raises(CorelateError, match=r"given\.safetensors holds vectors of width 7, .* asks for 8"):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_vectors_made_from_labels_have_the_width_asked_for(tiny_recipe: Recipes, tmp_path: Path):
    train(recipe_with(tiny_recipe, {**GCN, "embedding_width": 5}, optimisation={"epochs": 1}), tmp_path / "run")
    assert FinishedRun.open(tmp_path / "run").annotator().head.embeddings.shape == (22, 5)


def test_a_finished_graph_keeps_its_settings(tiny_recipe: Recipes, files: dict[str, str], tmp_path: Path):
    vocabulary = load_annotations(SPEC).vocabulary
    for options in ({"preset": "seed-gcn"}, {"tau": 0.3}, {"p": 0.9}):
        head = recipe_with(tiny_recipe, {**GCN, "graph": files["graph"], **options}).head
        with pytest.raises(CorelateError, match=r"given\.npz is a finished graph and was built with .*can't change"):
            LabelFiles.read(head, vocabulary)
    for options in ({}, {"preset": "paper"}, {"preset": "paper", "tau": 0.4}):
        head = recipe_with(tiny_recipe, {**GCN, "graph": files["graph"], **options}).head
        read = LabelFiles.read(head, vocabulary)
        assert read.graph.settings == PRESETS["paper"]
        assert "tau 0.4, p 0.2" in next(read.describe())


def test_a_missing_file_is_refused(tiny_recipe: Recipes, tmp_path: Path):
    recipe = recipe_with(tiny_recipe, {**GCN, "graph": str(tmp_path / "no.npz")})
    with pytest.raises(CorelateError, match=r"no\.npz"):
        train(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_head_that_can_t_be_built_is_refused_before_the_pictures_are_looked_at(tiny_recipe: Recipes, tmp_path: Path):
    class Titles(Silent):
        seen: tuple[str, ...] = ()

        def begin(self, title: str, total: int, unit: str) -> None:
            self.seen = (*self.seen, title)

    titles = Titles()
    with pytest.raises(OptionError, match="1 layer_factors for 2 graph layers"):
        train(recipe_with(tiny_recipe, {**GCN, "layer_factors": [2.0]}), tmp_path / "run", titles)
    assert titles.seen == ()


def test_places_of_files_are_made_absolute(
    tiny_recipe: Recipes, files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    named = {key: Path(place).name for key, place in files.items()}
    recipe = recipe_with(tiny_recipe, {**GCN, **named}).with_absolute_paths()
    assert recipe.head.options.graph == files["graph"]
    assert recipe.head.options.embeddings == files["embeddings"]
