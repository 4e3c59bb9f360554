from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import OptionError
from corelate.explain.drawing import DOTS_PER_INCH, draw, drawing_style, encode
from corelate.explain.judged import Judged
from corelate.explain.run_material import RunMaterial
from corelate.explain.run_pictures import RunPictures
from corelate.explain.sheet import prediction_sheet as module
from corelate.explain.sheet.prediction_sheet import prediction_sheet

Judge = Callable[..., Judged]
SHAPES = {"portrait.png": (40, 90), "panorama.png": (300, 60), "square.png": (50, 50), "dot.png": (1, 1)}


@pytest.fixture
def shapes(tmp_path: Path) -> RunPictures:
    """Pictures of several shapes, one that is damaged and one that is gone."""
    for name, size in SHAPES.items():
        Image.new("RGB", size, (200, 30, 30)).save(tmp_path / name)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 40)
    table = tmp_path / "labels.csv"
    table.write_text("path,labels\n" + "".join(f"{name},a\n" for name in [*SHAPES, "broken.png"]))
    return RunPictures(f"csv:{table}")


def drawn_texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def check_within(figure: Figure) -> None:
    """No text leaves the sheet, and none lies on another."""
    figure.set_dpi(DOTS_PER_INCH)
    with drawing_style():
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in figure.findobj(Text) if text.get_text()]
    width, height = figure.bbox.size
    outside = [box for box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
    assert not outside
    for number, box in enumerate(boxes):
        # Descenders of one line may touch the next by a pixel.
        touching = [other for other in boxes[:number] if min(box.x1, other.x1) - max(box.x0, other.x0) > 1]
        assert all(min(box.y1, other.y1) - max(box.y0, other.y0) < 4 for other in touching)


def test_table(judge: Judge):
    judged = judge([[0.9, 0.8, 0.1], [0.1, 0.2, 0.7], [0.1, 0.1, 0.1]], [[1, 0, 1], [0, 0, -1], [0, 0, 0]])
    table = prediction_sheet(judged, order="first").table()
    assert table.columns == ("picture", "kind", "label", "score", "threshold")
    assert table.rows == [
        ("0.png", "right", "a", 0.9, 0.5),
        ("0.png", "wrong", "b", 0.8, 0.5),
        ("0.png", "missed", "c", 0.1, 0.5),
        ("1.png", "unknown", "c", 0.7, 0.5),
        ("2.png", "none", None, None, None),
    ]
    assert table.about == {
        "source": "some pictures",
        "rule": "fixed",
        "order": "first",
        "label": None,
        "seed": None,
        "pictures": 3,
        "available": 3,
        "tags": {"right": 1, "wrong": 1, "missed": 1, "unknown": 1},
    }
    assert json.loads(table.to_json())["rows"][4]["label"] is None


def test_headings(judge: Judge):
    judged = judge([[0.9, 0.1], [0.8, 0.1], [0.1, 0.7]], [[0, 0], [0, 0], [0, 0]])
    assert prediction_sheet(judged, count=2).heading == "2 of 3 pictures, the most confident errors first"
    assert prediction_sheet(judged, count=99, order="first").heading == "All 3 pictures, in the order of the data"
    by_label = prediction_sheet(judged, count=1, label="a", order="random")
    assert by_label.heading == "1 of 2 pictures with the label 'a', true or given, drawn at random"
    assert prediction_sheet(judged, label="b").heading == "The only picture with the label 'b', true or given"


def test_the_first_error(judge: Judge):
    judged = judge([[0.9, 0.1], [0.6, 0.3]], [[0, 1], [0, 1]])
    first = prediction_sheet(judged).first_error
    assert first is not None
    assert (first.label, first.kind) == ("a", "wrong")
    of_label = prediction_sheet(judged, label="b").first_error
    assert of_label is not None
    assert (of_label.label, of_label.kind) == ("b", "missed")
    assert prediction_sheet(judge([[0.9]], [[1]])).first_error is None


def test_no_picture_with_the_label(judge: Judge):
    with pytest.raises(OptionError, match="no picture of some pictures has the label 'b' or was given it"):
        prediction_sheet(judge([[0.9, 0.1]], [[1, 0]]), label="b")


def test_signs_names_and_scores_are_drawn(judge: Judge):
    judged = judge([[0.9, 0.8, 0.1, 0.6]], [[1, 0, 1, -1]], labels=["sky", "sea", "boat", "sun"])
    texts = drawn_texts(draw(prediction_sheet(judged)))
    for text in ("✓", "sky", "✗", "sea 0.80", "–", "boat 0.10", "?", "sun", "0.png", "some pictures, rule fixed"):
        assert text in texts


def test_a_dollar_begins_no_formula(judge: Judge):
    judged = judge([[0.9]], [[1]], labels=["$\\alpha$"], names=["$x$"])
    figure = draw(prediction_sheet(judged))
    assert {"$\\alpha$", "$x$"} <= set(drawn_texts(figure))
    assert not any(text.get_parse_math() for text in figure.findobj(Text) if "$" in text.get_text())


def test_scores_alone_make_panels_of_text(judge: Judge):
    figure = draw(prediction_sheet(judge([[0.9]] * 5, [[1]] * 5)))
    assert not figure.axes[0].images
    check_within(figure)


def test_pictures_keep_their_proportions(judge: Judge, shapes: RunPictures):
    judged = judge([[0.9]] * 4, [[1]] * 4, names=list(SHAPES))
    figure = draw(prediction_sheet(judged, shapes, order="first"))
    for image, (width, height) in zip(figure.axes[0].images, SHAPES.values(), strict=True):
        left, right, bottom, top = image.get_extent()
        assert (right - left) / (bottom - top) == pytest.approx(width / height)
        assert right - left <= 2.3 + 1e-9
        assert bottom - top <= 1.9 + 1e-9


def test_what_can_not_be_shown_says_why(judge: Judge, shapes: RunPictures):
    judged = judge([[0.9]] * 3, [[1]] * 3, names=["square.png", "broken.png", "gone.png"])
    sheet = prediction_sheet(judged, shapes, order="first")
    assert len(sheet.problems) == 2
    assert sheet.problems[0].startswith("broken.png: damaged, or not a proper PNG picture")
    assert sheet.problems[1] == f"gone.png: not in {shapes.spec} any more"
    figure = draw(sheet)
    assert len(figure.axes[0].images) == 1
    assert any(text.startswith("damaged, or not") for text in drawn_texts(figure))
    check_within(figure)


def test_a_data_set_that_is_gone_is_said_once(judge: Judge, tmp_path: Path):
    pictures = RunPictures(f"csv:{tmp_path / 'gone.csv'}")
    sheet = prediction_sheet(judge([[0.9]] * 3, [[1]] * 3), pictures)
    assert len(sheet.problems) == 1
    texts = " ".join(drawn_texts(draw(sheet)))
    assert texts.count("gone.csv") == 1
    assert "without pictures" in texts


@pytest.mark.parametrize("columns", [1, 4])
def test_nothing_overlaps_whatever_the_labels(judge: Judge, columns: int):
    generator = np.random.default_rng(1)
    labels = [f"label {number}" + " and so on" * (number % 5 == 0) * 20 for number in range(60)]
    labels[:4] = ["شجرة", "木", "$x$\n<b>", "a" * 200]
    scores, targets = generator.random((5, 60)), generator.integers(-1, 2, (5, 60))
    judged = judge(scores, targets, labels=labels, names=["n" * 200, "", "日本.png", "\x1b[2J", "a"])
    figure = draw(prediction_sheet(judged, columns=columns))
    assert any(re.search(r"\+\d+ more$", text) for text in drawn_texts(figure))
    check_within(figure)


def test_forty_tags_on_one_picture(judge: Judge):
    judged = judge(np.full((1, 45), 0.9), np.ones((1, 45)), labels=[f"label number {row}" for row in range(45)])
    lines = [text for text in drawn_texts(draw(prediction_sheet(judged))) if text.startswith("label number")]
    assert len(lines) == 7
    shown = sum(line.count("label number") for line in lines)
    assert lines[-1].endswith(f"+{45 - shown} more")


def test_kinds_share_the_lines(judge: Judge):
    labels = [f"label number {row}" for row in range(45)]
    targets = np.arange(45) % 3 != 0
    judged = judge(np.where(np.arange(45) % 3 == 2, 0.1, 0.9)[None], targets[None], labels=labels)
    lines = [text for text in drawn_texts(draw(prediction_sheet(judged))) if text.startswith("label number")]
    # Wrong, missed and right ones in turns.
    assert len(lines) == 7
    assert sum(" 0.90" in line for line in lines) == 3
    assert sum(" 0.10" in line for line in lines) == 2


def test_a_picture_without_tags(judge: Judge):
    assert "no tags" in drawn_texts(draw(prediction_sheet(judge([[0.1]], [[0]]))))


def test_a_rule_that_never_predicts(judge: Judge):
    sheet = prediction_sheet(judge([[0.3, 0.4], [0.1, 0.2]], [[1, 0], [1, 1]], 1.0))
    assert dict(sheet.counts) == {"missed": 3}
    draw(sheet)


def test_one_label_and_one_picture(judge: Judge):
    sheet = prediction_sheet(judge([[0.9]], [[1]]))
    assert sheet.columns == 1
    check_within(draw(sheet))


def test_five_thousand_labels():
    generator = np.random.default_rng(3)
    scores = generator.random((3, 5000), dtype=np.float32)
    targets = (generator.random((3, 5000)) < 0.01).astype(np.int8)
    labels = [f"label {column}" for column in range(5000)]
    names = [f"{row}.png" for row in range(3)]
    for decision in (TopKDecision(k=5), TopKDecision(k=5000)):
        sheet = prediction_sheet(Judged(scores, targets, labels, names, decision, "many"))
        draw(sheet)
        assert len(sheet.table().rows) > 3 * 5


@pytest.mark.parametrize("count", [1, 2, 33])
def test_any_count(judge: Judge, count: int):
    judged = judge(np.full((120, 2), 0.7), np.ones((120, 2)))
    sheet = prediction_sheet(judged, count=count)
    assert len(sheet.entries) == count
    assert len([text for text in drawn_texts(draw(sheet)) if text.endswith(".png")]) == count


def test_columns(judge: Judge):
    judged = judge(np.full((400, 1), 0.7), np.ones((400, 1)))
    assert [prediction_sheet(judged, count=count).columns for count in (3, 24, 25, 400)] == [3, 4, 6, 10]
    assert prediction_sheet(judged, columns=7).columns == 7
    with pytest.raises(OptionError, match="columns is 21; expected 1 to 20"):
        prediction_sheet(judged, columns=21)


def test_too_many_for_a_drawing_are_data_still(judge: Judge):
    judged = judge(np.full((501, 1), 0.7), np.ones((501, 1)))
    sheet = prediction_sheet(judged, count=501)
    assert len(sheet.table().rows) == 501
    with pytest.raises(OptionError, match="501 pictures are too many for one drawing; choose at most 500 by --count"):
        draw(sheet)


def test_scenes_of_a_run(tiny_run: Path):
    material = RunMaterial.open(tiny_run)
    sheet = prediction_sheet(material.judged(), material.pictures, count=6)
    assert sheet.problems == []
    figure = draw(sheet)
    assert len(figure.axes[0].images) == 6
    check_within(figure)


def test_pictures_are_read_once_and_for_drawings_only(judge: Judge, shapes: RunPictures, monkeypatch):
    opened = []
    monkeypatch.setattr(module, "_image", lambda pictures, name: opened.append(name) or "gone")
    sheet = prediction_sheet(judge([[0.9]] * 4, [[1]] * 4, names=list(SHAPES)), shapes)
    sheet.table()
    assert not opened
    draw(sheet)
    draw(sheet)
    assert sorted(opened) == sorted(SHAPES)


def test_each_picture_stays_its_own_in_an_svg(judge: Judge, shapes: RunPictures):
    judged = judge([[0.9]] * 4, [[1]] * 4, names=list(SHAPES))
    text = encode(draw(prediction_sheet(judged, shapes)), "svg").decode()
    assert text.count("<image ") == 4


def test_the_same_sheet_gives_the_same_file(tiny_run: Path):
    def written() -> bytes:
        material = RunMaterial.open(tiny_run)
        return encode(draw(prediction_sheet(material.judged(), material.pictures, count=3, order="random")), "png", 30)

    assert written() == written()
