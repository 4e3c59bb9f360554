"""Where finished runs look, from pictures to tables and drawings."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from corelate.data.preprocessing import RESIZE_MODES, Preprocessing
from corelate.data.scenes.grammar import LABELS as SCENE_LABELS
from corelate.data.vocabulary import Vocabulary
from corelate.errors import ImageReadError, OptionError
from corelate.explain.attention.attention_maps import MOST_PICTURES, MOST_TAGS, attention_maps
from corelate.explain.attention.gradient_maps import gradient_maps
from corelate.explain.attention.heat_maps import placed
from corelate.explain.attention.looked_at_pictures import LookedAt
from corelate.explain.attention.picture_maps import STOP, AttentionMaps
from corelate.explain.attention.shown_tags import BEST, KnownLabels
from corelate.explain.drawing import draw, encode, page_svg
from corelate.explain.run_material import RunMaterial
from corelate.models.annotator import Annotator, build_head
from corelate.models.heads.base import Head, HeadInputs
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import train

HEADS: dict[str, dict[str, Any]] = {
    "linear": {"name": "linear"},
    "attention_rnn": {"name": "attention_rnn", "hidden": 16, "attention_width": 8, "max_labels": 3, "beam_width": 2},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RunMaterial]:
    """Runs on scenes that are not square for the network: 64×64 pictures, seen as 48×80."""
    folder = tmp_path_factory.mktemp("runs")
    materials = {}
    for name, head in HEADS.items():
        model = {"backbone": "test_resnet", "weights": "none", "image_size": [48, 80]}
        values = {
            "data": {"spec": "scenes:48?size=64"},
            "model": model | {"mean": [0.5] * 3, "std": [0.5] * 3},
            "head": head,
            "optimisation": {"epochs": 1, "batch_size": 12},
            "rule": {"name": "top_k", "k": 2},
            "run": {"accelerator": "cpu", "report": False},
        }
        train(Recipe.from_values(values), folder / name, Silent())
        materials[name] = RunMaterial.open(folder / name)
    return materials


@pytest.fixture(scope="module")
def maps(runs: dict[str, RunMaterial]) -> AttentionMaps:
    return attention_maps(runs["linear"])


def test_four_pictures_evenly_spread_over_the_list(maps: AttentionMaps, runs: dict[str, RunMaterial]):
    names = list(runs["linear"].judged().names)
    assert [picture.name for picture in maps.pictures] == [names[place] for place in (1, 4, 7, 10)]
    assert maps.choice == "4 of 12 measured pictures, evenly spread over their list"
    assert [picture.name for picture in attention_maps(runs["linear"], count=1).pictures] == [names[6]]
    assert len(attention_maps(runs["linear"], count=50).pictures) == 12


def test_given_tags_come_first_then_missed_ones(maps: AttentionMaps, runs: dict[str, RunMaterial]):
    judged = runs["linear"].judged()
    for picture in maps.pictures:
        row = list(judged.names).index(picture.name)
        columns = [judged.labels.index(tag.label) for tag in picture.tags]
        assert [tag.score for tag in picture.tags] == [float(score) for score in judged.scores[row, columns]]
        kinds = ["right" if judged.targets[row, column] == 1 else "wrong" for column in columns[:2]]
        assert [tag.kind for tag in picture.tags] == kinds + ["missed"] * (len(columns) - 2)
        assert judged.predicted[row, columns[:2]].all()
        assert 2 <= len(columns) <= 6
        assert picture.tags[0].score >= picture.tags[1].score


def test_maps_are_those_of_the_network_that_the_scores_are_from(maps: AttentionMaps, runs: dict[str, RunMaterial]):
    annotator, preprocessing = runs["linear"].finished.annotator(), runs["linear"].finished.architecture.preprocessing
    picture = maps.pictures[0]
    pixels = torch.from_numpy(preprocessing(runs["linear"].pictures.open(picture.name)))[None]
    with torch.no_grad():
        features = annotator.backbone(pixels)[0]
    for tag in picture.tags:
        column = runs["linear"].judged().labels.index(tag.label)
        activation = torch.einsum("dhw,d->hw", features, annotator.head.classifier.weight[column]) / features[0].numel()
        assert tag.values.shape == features.shape[1:]
        assert np.allclose(tag.values, activation.relu().detach().numpy(), atol=1e-5)
        logit = (activation.sum() + annotator.head.classifier.bias[column]).item()
        assert tag.score == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-4)


def test_sequences_are_shown_as_they_were_written_and_end_with_stop(runs: dict[str, RunMaterial]):
    found = attention_maps(runs["attention_rnn"])
    assert found.method == "attention"
    for picture in found.pictures:
        steps = [tag.step for tag in picture.tags if tag.step is not None]
        assert picture.tags[-1].kind == STOP
        assert steps == list(range(1, len(steps) + 1))
        assert picture.tags[-1].step == steps[-1]
        assert all(tag.values.sum() == pytest.approx(1, abs=1e-4) for tag in picture.tags)
    others = attention_maps(runs["attention_rnn"], method="hires-cam")
    assert all(tag.kind != STOP for picture in others.pictures for tag in picture.tags)


def test_labels_that_are_asked_for_are_shown_alone(runs: dict[str, RunMaterial]):
    for material in runs.values():
        found = attention_maps(material, labels=["boat", "sky", "boat"], count=2)
        assert [[tag.label for tag in picture.tags] for picture in found.pictures] == [["boat", "sky"]] * 2
        judged, chosen = material.judged(), material.judged().columns_of(["boat", "sky"])
        count = ((judged.targets[:, chosen] == 1) | judged.predicted[:, chosen]).any(1).sum()
        which = "measured pictures that have such a label or were given it, evenly spread over their list"
        assert found.choice == f"2 of {count} {which}"
        for picture in found.pictures:
            row = list(judged.names).index(picture.name)
            assert judged.targets[row, chosen].any() or judged.predicted[row, chosen].any()


def test_a_picture_from_a_file_stands_upright(runs: dict[str, RunMaterial], tmp_path: Path):
    picture = Image.new("RGB", (60, 30), (20, 90, 200))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    found = attention_maps(runs["linear"], files=[tmp_path / "turned.jpg"])
    (shown,) = found.pictures
    assert shown.size == (30, 60)
    assert shown.picture.size == (30, 60)
    assert {tag.kind for tag in shown.tags} == {"unknown"}
    assert len(shown.tags) == 2


def test_a_picture_of_the_data_set_that_was_not_measured_has_no_truth(runs: dict[str, RunMaterial]):
    material = runs["linear"]
    name = next(name for name in material.pictures.annotations.names if name not in material.judged().names)
    (shown,) = attention_maps(material, [name]).pictures
    assert {tag.kind for tag in shown.tags} == {"unknown"}


def test_without_tags_the_best_labels_are_shown_as_not_given():
    known = KnownLabels(np.array([0.1, 0.4, 0.3, 0.2]), np.zeros(4, bool), None)
    assert known.chosen((), 6) == [1, 2]
    assert len(known.chosen((), 6)) == BEST
    assert [known.kind(column) for column in (1, 2)] == ["not given"] * 2


def test_a_true_label_among_the_best_is_missed():
    known = KnownLabels(np.array([0.1, 0.4, 0.3, 0.2]), np.zeros(4, bool), np.array([1, 1, 0, -1]))
    assert known.chosen((), 6) == [1, 2, 0]
    assert [known.kind(column) for column in range(4)] == ["missed", "missed", "not given", "not given"]


def test_written_labels_come_first():
    known = KnownLabels(np.array([0.9, 0.4, 0.8, 0.2]), np.array([True, False, True, False]), np.array([1, 0, 0, 1]))
    assert known.chosen([3, 2], 6) == [3, 2, 0]
    assert known.chosen([3, 2], 2) == [3, 2]
    assert [known.kind(column) for column in range(4)] == ["right", "not given", "wrong", "missed"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "attention"}, "head linear weighs no places"),
        ({"method": "magic"}, "choose one of auto, attention, grad-cam, hires-cam"),
        ({"labels": ["boot"]}, "did you mean 'boat'"),
        ({"names": ["scene-00000.png"]}, "did you mean 'scene-0000"),
        ({"names": ["harbour"]}, "a name is, for example, 'scene-"),
        ({"rule": "magic"}, "choose one of"),
        ({"count": 0}, f"expected 1 to {MOST_PICTURES}"),
        ({"count": MOST_PICTURES + 1}, f"expected 1 to {MOST_PICTURES}"),
        ({"most_tags": 0}, "0 tags a picture"),
        ({"labels": SCENE_LABELS[: MOST_TAGS + 1]}, "21 labels: at most 20"),
    ],
)
def test_what_can_not_be_shown_is_an_error(runs: dict[str, RunMaterial], arguments: dict[str, Any], message: str):
    with pytest.raises(OptionError, match=message):
        attention_maps(runs["linear"], **arguments)


def test_a_run_without_its_pictures_says_so_in_one_sentence(runs: dict[str, RunMaterial], tmp_path: Path):
    material = RunMaterial(runs["linear"].finished)
    recipe = dataclasses.replace(material.recipe, data=dataclasses.replace(material.recipe.data, spec="csv:gone.csv"))
    material.__dict__["recipe"] = recipe
    with pytest.raises(ImageReadError, match=r"the pictures of linear are not at hand .*give picture files") as error:
        attention_maps(material)
    assert "\n" not in str(error.value)
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    assert len(attention_maps(material, files=[tmp_path / "a.png"]).pictures) == 1


def test_a_damaged_file_is_an_error(runs: dict[str, RunMaterial], tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(ImageReadError, match=r"a\.png"):
        attention_maps(runs["linear"], files=[tmp_path / "a.png"])


def test_the_table_has_a_row_for_each_place_and_json_a_grid(maps: AttentionMaps):
    table = maps.table()
    count = sum(tag.values.size for picture in maps.pictures for tag in picture.tags)
    assert table.columns == ("picture", "tag", "kind", "score", "step", "row", "column", "value")
    assert len(table.rows) == count
    assert len(table.to_csv().splitlines()) == count + 1
    content = json.loads(table.to_json())
    assert content["about"]["method"] == "hires-cam"
    first, tag = content["rows"][0], maps.pictures[0].tags[0]
    assert (first["tag"], first["kind"], first["size"]) == (tag.label, tag.kind, [64, 64])
    assert first["frame"] == [0, 0, 64, 64]
    assert np.allclose(first["grid"], tag.values)


def test_overlays_for_a_page(maps: AttentionMaps):
    overlays = maps.pictures[0].overlays(40)
    assert [tag for tag, _ in overlays] == list(maps.pictures[0].tags)
    assert {image.size for _, image in overlays} == {(40, 40)}


def test_the_drawing_can_stand_in_a_page(maps: AttentionMaps):
    figure = draw(maps)
    assert encode(figure, "png", 40).startswith(b"\x89PNG")
    assert "var(--" in page_svg(figure, "attention", "where it looks")


class Colours(nn.Module):
    """A backbone without weights: the mean red, green and blue of each of 12×20 parts of the picture."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return functional.adaptive_avg_pool2d(pixels, (12, 20))


def pointing_head(name: str, **options: Any) -> Head:
    """A head whose label red is the red channel, and so on."""
    head: Any = build_head(name, options, HeadInputs(3, Vocabulary(["red", "green", "blue"])))
    layers = {"linear": "classifier", "csra": "classifiers", "gcn_dynamic": "map_classifier"}
    with torch.no_grad():
        weight = getattr(head, layers[name]).weight
        weight.copy_(torch.eye(3).repeat(len(weight) // 3, 1))
    return head.eval()


@pytest.mark.parametrize("resize", RESIZE_MODES)
@pytest.mark.parametrize(
    ("name", "options"),
    [("linear", {}), ("linear", {"pooling": "max"}), ("csra", {"heads": 2}), ("gcn_dynamic", {"width": 4})],
)
@pytest.mark.parametrize("size", [(320, 200), (150, 300)])
def test_the_maps_point_at_what_the_labels_are(resize: str, name: str, options: dict[str, Any], size: tuple[int, int]):
    """The pointing game: the hottest pixel of each label lies on the patch of its colour, in 3 × 25 of 75 trials."""
    preprocessing = Preprocessing(96, 160, resize=resize, mean=(0.0,) * 3, std=(1.0,) * 3)
    annotator = Annotator(Colours(), pointing_head(name, **options))  # type: ignore[arg-type]
    left, top, right, bottom = preprocessing.frame(size)
    chance = np.random.default_rng(0)
    for _ in range(25):
        picture, boxes = Image.new("RGB", size), []
        # In three columns of what is seen, each as large as two cells and more.
        seen = (max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1]))
        side = round(2.2 * max((right - left) / 20, (bottom - top) / 12))
        part = (seen[2] - seen[0]) / 3
        for column in range(3):
            x = round(seen[0] + part * column + chance.random() * max(part - side, 0))
            y = round(seen[1] + chance.random() * (seen[3] - seen[1] - side))
            boxes.append((x, y, x + min(side, int(part)), y + side))
            picture.paste(tuple(255 * (channel == column) for channel in range(3)), boxes[-1])
        looked_at = LookedAt.of(picture, "", None, preprocessing)
        features = annotator.backbone(torch.from_numpy(looked_at.pixels)[None])
        found = annotator.head.attention(features, range(3))
        found = gradient_maps(annotator.head, features, range(3)) if found is None else found
        for (x0, y0, x1, y1), values in zip(boxes, found[0].detach().numpy(), strict=True):
            fine = np.nan_to_num(placed(values, looked_at.frame, size), nan=-1)
            # A cell is as fine as a map can tell; at the picture's edge half of one is equally hot.
            y, x = np.argwhere(fine >= fine.max() - 1e-6).mean(0)
            assert x0 <= x < x1
            assert y0 <= y < y1


def test_the_example_of_the_page_runs(
    runs: dict[str, RunMaterial], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    page = (Path(__file__).parents[3] / "docs" / "explain" / "attention.md").read_text(encoding="utf-8")
    example = (
        page.split("```python\n")[1].split("```")[0].replace("runs/mine", str(runs["linear"].finished.folder.path))
    )
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (60, 30), (20, 90, 200)).save("harbour.jpg")
    exec(compile(example, "attention.md", "exec", dont_inherit=True), {})
    assert capsys.readouterr().out.startswith("boat 0.")
    with Image.open("boat.png") as image:
        assert image.size == (60, 30)
    assert Path("harbour.svg").exists()
