"""The page of a run: all its parts, and what stands in place of those that can't be made."""

from __future__ import annotations

import html
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from corelate.data.scenes.writing import scene_references
from corelate.errors import OptionError, RunError
from corelate.explain.run_material import RunMaterial
from corelate.report import run_page as module
from corelate.report.isolation import isolated
from corelate.report.run_page import PARTS, run_page, write_report
from corelate.report.subject import Subject

from .conftest import HOSTILE, Altered, trained
from .test_html import outline
from .valid_html import problems_of


def page_of(run: Path, **options) -> str:
    return run_page(RunMaterial.open(run), strict=True, **options)


def part_of(run: Path, name: str, *, rule: str | None = None, most_pictures: int = 600) -> str:
    """Return the HTML of one part alone, which takes less time than the page."""
    material = RunMaterial.open(run)
    subject = Subject(material, material.judged(rule), most_pictures, strict=True)
    part = next(part for part in PARTS if part.identifier == name)
    return isolated(lambda: part.content(subject), strict=True)


def parts_of(page: str) -> dict[str, str]:
    """Return the HTML of each part of a page."""
    found = re.findall(r'<section id="([^"]+)"[^>]*>(.*?)</section>', page, flags=re.DOTALL)
    assert [name for name, _ in found] == [part.identifier for part in PARTS]
    return dict(found)


def words(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


def not_shown(page: str) -> dict[str, str]:
    return {name: words(part) for name, part in parts_of(page).items() if "Not shown" in part}


@pytest.fixture(scope="session")
def tiny_page(tiny_run: Path) -> str:
    return page_of(tiny_run)


@pytest.fixture(scope="session")
def tiny_parts(tiny_page: str) -> dict[str, str]:
    return parts_of(tiny_page)


def test_every_part_of_a_plain_run_is_shown(tiny_page: str):
    assert not_shown(tiny_page) == {}


def test_the_page_needs_no_network(tiny_page: str):
    assert set(re.findall(r'(?:src|href)="([^"#]{0,5})', tiny_page)) <= {"data:", ""}
    # Names of XML's own, which nothing looks up.
    assert set(re.findall(r"https?://[^\s\"'<)]+", tiny_page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_the_page_is_proper_html(tiny_page: str):
    assert problems_of(tiny_page) == []


def test_the_summary_has_the_figures_of_every_rule(tiny_run: Path, tiny_parts: dict[str, str]):
    metrics = json.loads((tiny_run / "metrics.json").read_text())
    summary = words(tiny_parts["summary"])
    for name, report in metrics["rules"].items():
        assert name in summary
        assert f"{report['overall']['f1']:.3f}" in summary
        assert f"{report['map']:.3f}" in summary
    assert "global_f (default)" in summary
    assert summary.count(" to ") >= 4, "an interval below each main figure"
    assert "12 pictures chose the epoch and the thresholds" not in summary
    assert re.search(r"Only \d+ pictures chose the epoch and the thresholds", summary)
    assert "18 pictures of the test split" in summary


def test_every_label_has_a_row(tiny_run: Path, tiny_parts: dict[str, str]):
    labels = json.loads((tiny_run / "annotator.json").read_text())["vocabulary"]
    rows = re.findall(r"data-pictures-of>([^<]+)</button>", tiny_parts["labels"])
    assert sorted(rows) == sorted(labels)
    counts = dict(zip(labels, json.loads((tiny_run / "label-counts.json").read_text())["present"], strict=True))
    assert [counts[label] for label in rows] == sorted(counts.values(), reverse=True)


def test_every_picture_has_its_tags(tiny_run: Path, tiny_parts: dict[str, str]):
    judged = RunMaterial.open(tiny_run).judged()
    cards = re.findall(r"<li>(.*?)</li>", tiny_parts["pictures"], flags=re.DOTALL)
    assert len(cards) == len(judged.names) == 18
    for card in cards:
        name = re.search(r'class="name"[^>]*>([^<]+)<', card)
        assert name is not None
        row = judged.names.index(name[1])
        for kind, cells in {
            "right": judged.predicted[row] & (judged.targets[row] == 1),
            "wrong": judged.predicted[row] & (judged.targets[row] == 0),
            "missed": ~judged.predicted[row] & (judged.targets[row] == 1),
        }.items():
            found = re.findall(rf'class="tag {kind}"[^>]*>([^<]+)<', card)
            assert sorted(found) == sorted(np.array(judged.labels)[cells])
        assert 'src="data:image/webp;base64,' in card


def test_another_rule_gives_other_tags(tiny_run: Path):
    assert "not the run&#x27;s own rule" in part_of(tiny_run, "summary", rule="top_k")
    tags = re.findall(r'class="tag (?:right|wrong)" title', part_of(tiny_run, "pictures", rule="top_k"))
    assert len(tags) == 18 * 5
    with pytest.raises(OptionError, match="has no rule 'best': choose one of fixed"):
        page_of(tiny_run, rule="best")


def test_a_sample_is_called_one(tiny_run: Path):
    pictures = part_of(tiny_run, "pictures", most_pictures=8)
    assert "8 of 18 pictures of the test split: the 6 with the most confident errors, and 2 drawn" in pictures
    assert pictures.count("<img") == 8


def test_no_pictures_where_none_are_asked_for(tiny_run: Path):
    for name in ("pictures", "attention"):
        part = part_of(tiny_run, name, most_pictures=0)
        assert "<img" not in part
        assert "No pictures were asked for" in part
    with pytest.raises(OptionError, match="--pictures is -1"):
        page_of(tiny_run, most_pictures=-1)


def test_hostile_names_are_text(hostile_run: Path):
    page = page_of(hostile_run)
    assert not_shown(page) == {}
    assert problems_of(page) == []
    assert page.count("</script>") == 1
    assert "<img src=x" not in page
    # The text of an attribute may look like another one; a parser is not deceived.
    assert all("onerror" not in attributes for _, attributes in outline(page).elements)
    for label in HOSTILE.values():
        assert html.escape(label) in page
    # What the drawings show of them is text, too, and no formula.
    drawings = "".join(re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL))
    assert "<script" not in drawings
    assert "<img" not in drawings


def test_without_the_pictures_their_names_and_tags_are_shown(copied_run: Path):
    recipe = copied_run / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("scenes:60?size=32&test=0.3", "csv:/gone/labels.csv"))
    pictures = part_of(copied_run, "pictures")
    assert "The pictures are not at hand, only their names and tags: " in pictures
    assert "/gone/labels.csv" in pictures
    assert "<img" not in pictures
    assert pictures.count("<li>") == 18
    assert "Not shown: the pictures are not at hand" in part_of(copied_run, "attention")
    assert "/gone/labels.csv" in part_of(copied_run, "label_graph")
    assert "<svg" in part_of(copied_run, "label_map"), "the network alone is enough"


def test_pictures_that_have_changed_their_names_are_said_to_be_missing(altered_run: Altered):
    targets = np.eye(6, 4, dtype=np.int8)
    run = altered_run(targets * 0.5 + 0.2, targets, ["a", "b", "c", "d"])
    pictures = part_of(run, "pictures")
    assert "6 of them can&#x27;t be read any more" in pictures
    assert "picture-00000.png: not in scenes:60" in pictures
    assert "none of the pictures can be read any more" in part_of(run, "attention")


def test_one_label_only(tmp_path: Path):
    rows = []
    for number, scene in enumerate(scene_references(40, 1, 32)):
        (tmp_path / scene.name).write_bytes(scene.read())
        rows.append(f"{scene.name},{'sea' if 'sea' in scene.labels else ''},{'test' if number % 3 == 1 else 'train'}")
    (tmp_path / "labels.csv").write_text("path,labels,split\n" + "\n".join(rows) + "\n")
    page = page_of(trained(tmp_path / "one", data={"spec": f"csv:{tmp_path / 'labels.csv'}"}))
    assert "to give 1 label." in page
    assert "data-pictures-of>sea</button>" in page
    # Nothing goes together with anything, and that is said; all else is shown.
    assert not_shown(page).keys() <= {"label_map", "label_graph"}


def test_labels_that_are_never_predicted_and_pictures_without_any_label(altered_run: Altered):
    targets = np.zeros((7, 3), np.int8)
    targets[:2, 0] = 1
    targets[0, 1] = -1
    run = altered_run(np.full((7, 3), 0.25), targets, ["a", "b", "c"])
    summary = words(part_of(run, "summary", rule="fixed"))
    assert "2 of 3 labels have no picture in the test split" in summary
    assert "of which the truth is not known: 1; they count in no figure" in summary
    # No tag was given: precision is not 0, there is none.
    row = re.search(r"<tr><th[^>]*><button[^>]*>b</button></th>(.*?)</tr>", part_of(run, "labels", rule="fixed"))
    assert row is not None
    assert words(row[1]).split()[:6] == ["1", "0", "0", "–", "–", "–"]


def test_a_tag_of_which_nobody_knows_whether_it_is_true_is_shown_as_such(altered_run: Altered):
    targets = np.array([[-1, 0], [1, 0]], np.int8)
    pictures = part_of(altered_run(np.array([[0.9, 0.1], [0.8, 0.1]]), targets, ["a", "b"]), "pictures", rule="fixed")
    assert re.search(r'class="tag unknown"[^>]*>a<', pictures)
    assert "predicted, truth unknown" in pictures
    assert 'value="unknown">with unknown tags' in pictures


def test_many_labels_are_cut_and_said_to_be(altered_run: Altered, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("corelate.report.sections.labels.MOST_ROWS", 5)
    targets = (np.random.default_rng(1).random((20, 12)) < 0.3).astype(np.int8)
    labels = part_of(altered_run(targets * 0.6 + 0.1, targets, [f"label {column}" for column in range(12)]), "labels")
    assert "the 5 most frequent of 12 labels; corelate explain table RUN" in labels
    assert re.findall(r"data-pictures-of>([^<]+)<", labels) == [f"label {column}" for column in (11, 10, 9, 8, 7)]


def test_a_map_of_many_labels_has_the_most_frequent(tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("corelate.report.sections.label_map.MOST_LABELS", 7)
    part = part_of(tiny_run, "label_map")
    assert "Mapped are the 7 most frequent of 22 labels." in part and "Of 22 labels it shows 7; corelate" in part


def test_many_tags_of_a_picture_are_cut(altered_run: Altered):
    targets = np.zeros((3, 90), np.int8)
    targets[0] = 1
    run = altered_run(np.full((3, 90), 0.9), targets, [f"label {column}" for column in range(90)])
    assert "and 50 more" in part_of(run, "pictures", rule="fixed")


def test_the_notes_of_the_run_stand_first(copied_run: Path):
    metrics = json.loads((copied_run / "metrics.json").read_text())
    metrics |= {"protocol": "seed", "note": "seed protocol: these figures are optimistic; and another note"}
    metrics["data_problems"] = {"missing picture": 1200}
    (copied_run / "metrics.json").write_text(json.dumps(metrics))
    summary = part_of(copied_run, "summary")
    notes = re.findall(r'<p class="note">([^<]+)</p>', summary)
    assert notes[0] == "Seed protocol: these figures are optimistic."
    assert notes[1] == "And another note."
    assert "missing picture: 1,200" in notes[-1]
    assert summary.index(notes[0]) < summary.index("tiles")


def test_a_thinned_out_run_has_its_page(copied_run: Path):
    shutil.rmtree(copied_run / "training")
    for name in ("label-counts.json", "validation-scores.npz", "environment.json", "model.safetensors"):
        (copied_run / name).unlink()
    assert not_shown(page_of(copied_run, most_pictures=1)).keys() == {"training", "attention", "label_map"}
    (copied_run / "annotator.json").unlink()
    assert "Not shown" not in part_of(copied_run, "summary")


def test_without_matplotlib_the_numbers_are_still_shown(tiny_run: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "corelate.explain.drawing", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    labels = part_of(tiny_run, "labels")
    assert "this needs matplotlib; install it with: pip install" in labels
    assert 'id="label-table"' in labels, "the table needs no drawing"
    assert part_of(tiny_run, "pictures").count("<img") == 18
    assert "Not shown" not in part_of(tiny_run, "summary")


def test_an_unexpected_error_stops_one_part_only(
    tiny_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(*_, **__):
        raise ValueError("a <broken> part")

    monkeypatch.setattr("corelate.report.sections.loss.gradients_of", broken)
    monkeypatch.setattr(module, "PARTS", PARTS[-2:])
    page = run_page(RunMaterial.open(tiny_run))
    assert page.count("Not shown") == 1
    assert "[optimisation]" in page, "the recipe is shown"
    assert "ValueError: a &lt;broken&gt; part" in page
    assert capsys.readouterr().err.count("ValueError: a <broken> part") == 1
    with pytest.raises(ValueError, match="broken"):
        page_of(tiny_run)


def test_where_the_page_is_written(copied_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PARTS", PARTS[-1:])
    assert write_report(copied_run) == copied_run / "report.html"
    other = tmp_path / "new folder" / "page.html"
    assert write_report(copied_run, other) == other
    assert "<h1>copied</h1>" in other.read_text(encoding="utf-8")
    with pytest.raises(OptionError, match=r"--out .*scores\.npz: the name of a page ends with"):
        write_report(copied_run, copied_run / "scores.npz")
    (copied_run / "metrics.json").unlink()
    with pytest.raises(RunError, match="is not finished"):
        write_report(copied_run)
