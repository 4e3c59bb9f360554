from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from corelate.data.spec import load_annotations
from corelate.errors import OptionError
from corelate.explain.graph.label_graph import label_graph_of
from corelate.explain.run_material import RunMaterial
from corelate.labels.graph_options import GraphOptions
from corelate.metrics.wilson import wilson_interval
from corelate.training.finished import FinishedRun
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

SCENES = "scenes:40?size=32&test=0.3"


def run_of(folder: Path, head: dict) -> RunMaterial:
    values = {
        "data": {"spec": SCENES, "validation": 0.25},
        "model": {
            "backbone": "test_resnet",
            "weights": "none",
            "image_size": [32],
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
        },
        "head": head,
        "loss": {"name": "asymmetric"},
        "optimisation": {"epochs": 1, "batch_size": 14},
        "rule": {"name": "global_f"},
        "run": {"accelerator": "cpu", "report": False},
    }
    train(Recipe.from_values(values), folder / head["name"], Silent())
    return RunMaterial.open(folder / head["name"])


@pytest.fixture(scope="module")
def graph_run(tmp_path_factory: pytest.TempPathFactory) -> RunMaterial:
    return run_of(tmp_path_factory.mktemp("run"), {"name": "ml_gcn", "hidden": [8], "preset": "ml-gcn"})


@pytest.fixture(scope="module")
def plain_run(tmp_path_factory: pytest.TempPathFactory) -> RunMaterial:
    return run_of(tmp_path_factory.mktemp("run"), {"name": "linear"})


@pytest.mark.parametrize("preset", ["seed-gcn", "ml-gcn", "paper"])
def test_probabilities_are_shares_of_pictures(preset: str):
    known = label_graph_of("scenes:60?size=32", GraphOptions(preset=preset))
    present = load_annotations("scenes:60?size=32&split=train").targets.dense() == 1
    edges = known.edges
    tau = GraphOptions(preset=preset).settings().tau
    expected = {}
    for condition in range(present.shape[1]):
        for implied in range(present.shape[1]):
            both = sum(bool(row[condition] and row[implied]) for row in present)
            if condition != implied and both and both / present[:, condition].sum() >= tau:
                expected[condition, implied] = (both, present[:, condition].sum())
    found = {
        (int(c), int(i)): (int(both), int(given))
        for c, i, both, given in zip(edges.conditions, edges.implied, edges.pictures, edges.given, strict=True)
    }
    assert found == expected
    assert np.allclose(edges.probabilities, [both / given for both, given in expected.values()])
    assert np.array_equal(edges.evidence, wilson_interval(edges.pictures, edges.given)[:, 0])
    assert np.array_equal(known.occurrences, present.sum(0))


def test_weights_are_those_of_the_matrix():
    known = label_graph_of("scenes:60?size=32", GraphOptions(preset="paper"))
    dense = known.graph.dense()
    assert np.allclose(known.edges.weights, dense[known.edges.conditions, known.edges.implied])
    assert np.allclose(known.loops, np.diag(dense))


def test_of_a_label_of_one_picture_little_is_known(tmp_path: Path):
    rows = ["a.jpg,rare;sky"] + [f"{number}.jpg,cloud;sky" for number in range(30)] + ["b.jpg,cloud"]
    (tmp_path / "labels.csv").write_text("path,labels\n" + "\n".join(rows) + "\n")
    known = label_graph_of(f"csv:{tmp_path / 'labels.csv'}?labels_only=true")
    edges, column = known.edges, known.vocabulary.index
    evidence = {
        (known.vocabulary[c], known.vocabulary[i]): value
        for c, i, value in zip(edges.conditions.tolist(), edges.implied.tolist(), edges.evidence, strict=True)
    }
    assert edges.probabilities[edges.conditions == column("rare")] == 1
    assert evidence["rare", "sky"] < evidence["cloud", "sky"]


def test_the_graph_inside_a_head_is_the_one_it_multiplies_with(graph_run: RunMaterial):
    known = label_graph_of(graph_run)
    rows, columns, weights = graph_run.finished.annotator().head.graph_edges()
    dense = np.zeros((len(known.vocabulary),) * 2, np.float32)
    dense[rows, columns] = weights
    assert np.array_equal(known.graph.dense(), dense)
    assert known.graph.settings == GraphOptions(preset="ml-gcn").settings()
    assert "where those that a label listens to imply it" in known.about
    assert np.array_equal(known.occurrences, graph_run.training_counts)
    # In this graph the rows hear: an edge leads from the column, the condition, to the row.
    between = rows != columns
    assert set(zip(known.edges.conditions.tolist(), known.edges.implied.tolist(), strict=True)) == set(
        zip(columns[between].tolist(), rows[between].tolist(), strict=True)
    )
    assert known.edges.probabilities is None
    assert known.edges.strengths.max() == 1


def test_of_a_graph_without_settings_nobody_knows_what_its_directions_mean(
    graph_run: RunMaterial, monkeypatch: pytest.MonkeyPatch
):
    unknown = dataclasses.replace(graph_run.finished.architecture, label_graph={"source": "made elsewhere"})
    monkeypatch.setattr(FinishedRun, "architecture", unknown)
    assert "are taken to imply it, since how the graph was built is not known" in label_graph_of(graph_run).about


def test_a_finished_graph_is_not_built_in_another_way(graph_run: RunMaterial):
    with pytest.raises(OptionError, match=r"part of the head of ml_gcn .* in place of the run: scenes:40"):
        label_graph_of(graph_run, GraphOptions(tau=0.3))


def test_of_another_run_the_training_pictures_are_counted(plain_run: RunMaterial):
    known, direct = label_graph_of(plain_run, GraphOptions(tau=0.3)), label_graph_of(SCENES, GraphOptions(tau=0.3))
    assert np.array_equal(known.graph.dense(), direct.graph.dense())
    assert known.about.startswith("the head of linear, linear, holds no graph of labels; this one is of scenes:40")


def test_there_may_be_no_edges_at_all():
    known = label_graph_of("scenes:40?size=32", GraphOptions(p=0.0))
    assert len(known.edges) == 0
    assert known.edges.strengths.shape == known.edges.evidence.shape == (0,)
