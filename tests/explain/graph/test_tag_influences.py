from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from corelate.data.vocabulary import Vocabulary
from corelate.errors import ImageReadError, OptionError
from corelate.explain.drawing import draw, page_svg
from corelate.explain.graph.influence_drawing import NAMES, PICTURE
from corelate.explain.graph.sentences import describe_influences
from corelate.explain.graph.tag_influences import MOST_TAGS, TagInfluences, tag_influences
from corelate.explain.run_material import RunMaterial
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

HEADS = {
    "ml_gcn": {"name": "ml_gcn", "hidden": [8]},
    "gcn_dynamic": {"name": "gcn_dynamic", "width": 8},
    "linear": {"name": "linear"},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunMaterial]:
    folder = tmp_path_factory.mktemp("runs")
    for name, head in HEADS.items():
        values = {
            "data": {"spec": "scenes:40?size=32&test=0.3", "validation": 0.25},
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
        train(Recipe.from_values(values), folder / name, Silent())
    return {name: RunMaterial.open(folder / name) for name in HEADS}


@pytest.fixture(params=["ml_gcn", "gcn_dynamic"])
def material(request: pytest.FixtureRequest, runs: dict[str, RunMaterial]) -> RunMaterial:
    return runs[request.param]


def test_logits_are_those_of_the_annotator(material: RunMaterial):
    judged = material.judged()
    for row in (0, 5):
        found = tag_influences(material, judged.names[row], ["sky", "boat"])
        columns = judged.columns_of(["sky", "boat"])
        assert np.allclose(found.scores, judged.scores[row, columns], atol=1e-5)
        assert np.allclose(found.base + found.contributions.sum(1) + found.together, found.logits, atol=1e-5)
        assert np.array_equal(found.predicted, judged.predicted[row, columns])
        limits = judged.decision.thresholds[columns]
        assert np.array_equal(found.thresholds, limits)


def test_only_ml_gcn_adds_up(runs: dict[str, RunMaterial]):
    name = runs["ml_gcn"].judged().names[0]
    exact, rest = (tag_influences(runs[head], name, ["sky"]) for head in ("ml_gcn", "gcn_dynamic"))
    assert (exact.adds_up, rest.adds_up) == (True, False)
    assert exact.together[0] == 0
    assert rest.together[0] != 0
    assert list(rest.parts) == ["its map's largest value", "its own vector"]


def test_a_file_gives_what_the_name_gives(material: RunMaterial, tmp_path: Path):
    name = material.judged().names[2]
    image = material.pictures.open(name)
    image.save(tmp_path / "my picture.png")
    by_name = tag_influences(material, name)
    for picture in (tmp_path / "my picture.png", str(tmp_path / "my picture.png"), image):
        by_file = tag_influences(material, picture)
        assert by_file.tags == by_name.tags
        assert np.array_equal(by_file.contributions, by_name.contributions)
    assert tag_influences(material, tmp_path / "my picture.png").picture == "my picture.png"


def test_usually_the_given_tags_are_explained_best_first(material: RunMaterial):
    judged = material.judged()
    row = int(judged.predicted.sum(1).argmax())
    found = tag_influences(material, judged.names[row])
    given = np.flatnonzero(judged.predicted[row])
    best = given[np.argsort(-judged.scores[row, given], kind="stable")][:MOST_TAGS]
    assert found.tags == tuple(judged.labels[column] for column in best)
    assert found.left_out == max(0, len(given) - MOST_TAGS)


def test_of_a_picture_without_tags_the_best_scored_label_is_explained(
    runs: dict[str, RunMaterial], monkeypatch: pytest.MonkeyPatch
):
    material = runs["ml_gcn"]
    judged = material.judged()
    strict = dataclasses.replace(judged.decision, thresholds=np.ones(len(judged.labels)))
    monkeypatch.setattr(RunMaterial, "judged", lambda self, rule=None: dataclasses.replace(judged, decision=strict))
    found = tag_influences(material, judged.names[0])
    assert found.tags == (judged.labels[int(judged.scores[0].argmax())],)
    assert not found.predicted.any()


def test_a_head_without_a_graph_is_refused(runs: dict[str, RunMaterial]):
    message = r"the head of linear, linear, has no graph .*; ml_gcn and gcn_dynamic have one\. .* explain attention"
    with pytest.raises(OptionError, match=message):
        tag_influences(runs["linear"], "scene-000000.png")


def test_unknown_pictures_and_tags_are_refused_with_the_nearest(runs: dict[str, RunMaterial], tmp_path: Path):
    material = runs["ml_gcn"]
    name = material.judged().names[0]
    with pytest.raises(OptionError, match=f"is neither a file nor a picture .* did you mean .*{name}"):
        tag_influences(material, name.replace(".png", ".jpg"))
    with pytest.raises(OptionError, match="its pictures are scene-"):
        tag_influences(material, "?")
    with pytest.raises(OptionError, match=r"no label 'boot'; did you mean 'boat'"):
        tag_influences(material, name, ["boot"])
    for nothing in ("", "~no user/a.png", "a" * 300):
        with pytest.raises(OptionError, match="is neither a file nor a picture"):
            tag_influences(material, nothing)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ImageReadError, match=r"broken\.png"):
        tag_influences(material, tmp_path / "broken.png")


def test_a_picture_of_the_run_that_has_gone_is_an_error(runs: dict[str, RunMaterial], monkeypatch: pytest.MonkeyPatch):
    gone = dataclasses.replace(runs["ml_gcn"].pictures, spec="csv:/nowhere/labels.csv")
    monkeypatch.setitem(runs["ml_gcn"].__dict__, "pictures", gone)
    with pytest.raises(ImageReadError, match="the data set can't be read"):
        tag_influences(runs["ml_gcn"], runs["ml_gcn"].judged().names[0])


def made(contributions: list[list[float]], weights: list[list[float]] | None = None, **fields) -> TagInfluences:
    moved = np.array(contributions, float)
    tags, labels = moved.shape
    values = {
        "picture": "a.png",
        "image": Image.new("RGB", (30, 20), "grey"),
        "head": "ml_gcn",
        "labels": tuple(f"label {number}" for number in range(labels)),
        "tags": tuple(f"label {number}" for number in range(tags)),
        "contributions": moved,
        "weights": np.array(weights, float) if weights else (moved != 0).astype(float),
        "base": np.zeros(tags),
        "logits": moved.sum(1),
        "thresholds": np.full(tags, 0.5),
        "predicted": moved.sum(1) >= 0,
    }
    return TagInfluences(**(values | fields))


@pytest.mark.filterwarnings("error")
def test_scores_of_huge_logits_are_numbers():
    assert made([[-1000.0], [1000.0]], labels=("a", "b"), tags=("a", "b")).scores.tolist() == [0, 1]


def test_the_strongest_raise_first_and_lower_then():
    found = made([[9.0, 0.1, -3.0, 2.0, 0.0, -0.2, 4.0]])
    assert found.strongest(0, 3) == [6, 3, 2]
    assert found.strongest(0, 10) == [6, 3, 1, 2, 5]


def test_the_table_has_the_labels_that_a_tag_listens_to():
    found = made([[1.0, -2.0, 0.0, 0.0]], [[0.5, 0.25, 0.25, 0.0]])
    table = found.table()
    assert table.columns == ("tag", "label", "contribution", "weight")
    assert table.rows == [
        ["label 0", "label 1", -2.0, 0.25],
        ["label 0", "label 0", 1.0, 0.5],
        ["label 0", "label 2", 0.0, 0.25],
    ]
    assert table.about["tags"][0]["logit"] == -1
    assert table.about["tags"][0]["threshold"] == 0.5
    assert table.to_json()


@pytest.mark.parametrize("count", [1, 3])
def test_each_tag_has_its_panel(count: int):
    moved = np.random.default_rng(0).normal(size=(count, 12))
    figure = draw(made(moved.tolist()))
    titles = [axes.get_title("left") for axes in figure.axes]
    assert [title for title in titles if title] == [f"label {number}" for number in range(count)]
    renderer = figure.canvas.get_renderer()
    width, height = figure.canvas.get_width_height()
    for axes in figure.axes:
        box = axes.get_tightbbox(renderer)
        assert (min(box.x0, box.y0), box.x1 <= width, box.y1 <= height) >= (0, True, True)


def test_bars_are_the_contributions_and_the_way_ends_at_the_logit():
    found = made([[2.0, *[0.5, -0.25] * 5]])
    _, way, labels = draw(found).axes
    assert [round(bar.get_width(), 6) for bar in labels.patches] == [0.5] * 5 + [-0.25] + [-1.0]
    assert [text.get_text() for text in labels.get_yticklabels()][-1] == "4 others"
    last = way.patches[-1]
    assert last.get_x() + last.get_width() == pytest.approx(found.logits[0])
    marked = [line.get_xdata()[0] for line in way.lines]
    assert found.logits[0] in marked
    assert math.log(0.5 / 0.5) in marked


def test_a_tag_that_listens_to_nobody_says_so():
    figure = draw(made([[1.0, 0.0]]))
    assert any(text.get_text() == "listens to no other label" for axes in figure.axes for text in axes.texts)
    assert "  listens to no other label" in describe_influences(made([[1.0, 0.0]]))


@pytest.mark.parametrize("size", [(300, 40), (40, 300), (1, 1)])
def test_pictures_of_any_shape_keep_their_proportions(size: tuple[int, int]):
    figure = draw(made([[1.0, 0.5]], image=Image.new("RGB", size)))
    box = figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(size[0] / size[1], rel=0.02)
    assert box.y0 >= 0


def test_awkward_names_and_certain_thresholds_are_drawn():
    labels = Vocabulary(["$x$ <b>" * 20, "海" * 30, "plain"])
    found = made([[1.0, -0.5, 0.1]], labels=labels.labels, tags=(labels[0],), thresholds=np.array([0.0]))
    svg = page_svg(draw(found), "influences", "what moved the tag")
    assert "var(--series-1)" in svg
    assert "var(--series-2)" in svg


def test_wide_names_stay_in_their_places():
    labels = ("W" * 40, "ж" * 40, *(f"M{number}" * 20 for number in range(6)))
    moved = np.linspace(-1, 2, 24).reshape(3, 8).tolist()
    figure = draw(made(moved, labels=labels, tags=labels[:3], picture="W" * 60))
    renderer, width = figure.canvas.get_renderer(), figure.bbox.width
    assert figure.texts[0].get_window_extent(renderer).x1 <= (PICTURE + NAMES) * figure.dpi
    for axes in figure.axes[1:]:
        box = axes.get_tightbbox(renderer)
        assert box.x0 >= PICTURE * figure.dpi
        assert box.x1 <= width
        others = [other for other in figure.axes if other is not axes]
        assert not any(box.overlaps(other.get_window_extent(renderer)) for other in others)


def test_words_say_what_moved_and_what_that_means(material: RunMaterial):
    lines = describe_influences(tag_influences(material, material.judged().names[0], ["sky"]))
    assert lines[1].startswith("sky: logit ")
    assert any(line.startswith("  raised by: ") or line.startswith("  lowered by: ") for line in lines)
    adds_up = "The shares add up to the logit." in lines[-1]
    assert adds_up == (material.recipe.head.name == "ml_gcn")


def test_training_mode_is_never_left_on(material: RunMaterial):
    name = material.judged().names[0]
    torch.manual_seed(0)
    first = tag_influences(material, name, ["sky"])
    assert np.array_equal(first.contributions, tag_influences(material, name, ["sky"]).contributions)
