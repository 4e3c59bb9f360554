from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from corelate.report.comparison import Comparison
from corelate.report.comparison_page import PARTS, comparison_page, write_comparison
from corelate.report.comparison_sections import labels as labels_section
from corelate.report.comparison_sections.words import interval_text, listed, percent, signed

from .comparison_runs import LOG, scene_targets, write_run
from .valid_html import problems_of

HOSTILE = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'


class Tree(HTMLParser):
    """Collects the elements of a page and its visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)


def page_of(*paths: Path, **options) -> Tree:
    return Tree(comparison_page(Comparison.of(paths, resamples=options.pop("resamples", 30), **options), strict=True))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    top = tmp_path_factory.mktemp("runs")
    return [write_run(top / name, noise=noise, seed=seed) for name, noise, seed in (("good", 0.56, 1), ("bad", 0.8, 3))]


@pytest.fixture(scope="module")
def page(runs) -> Tree:
    return page_of(*runs, resamples=200)


def test_a_page_has_all_parts_and_pictures_and_asks_for_nothing(page):
    assert [attributes["id"] for tag, attributes in page.elements if tag == "section"] == list(PARTS)
    assert page.count("svg") == 3
    sources = [attributes["src"] for tag, attributes in page.elements if tag == "img"]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert not [tag for tag, _ in page.elements if tag in ("iframe", "object", "embed")]
    assert not [attributes for _, attributes in page.elements if (attributes.get("href") or "#")[0] not in "#d"]
    assert page.count("script") == 1


def test_the_page_is_proper_html(runs):
    assert problems_of(comparison_page(Comparison.of(runs, resamples=5), strict=True)) == []


def test_what_is_said_of_differences(runs, page):
    assert "good is the baseline. It was measured on 24 pictures with 22 labels, as were all others." in page.text
    assert "11 intervals are shown" in page.text
    assert "200 times" in page.text
    assert "worse" in page.text
    assert "about 5 % of them" in page.text
    assert page.count("strong") > 0
    assert "90 % interval" in page_of(*runs, level=0.9).text


def test_a_run_beside_itself(runs):
    page = page_of(runs[0], runs[0])
    assert page.count("strong") == 0
    assert "The runs give every picture the same tags." in page.text
    assert re.search(r"All \d+ options are the same", page.text)


def test_one_run(runs):
    page = page_of(runs[0])
    assert "With one run, there is nothing to compare" in page.text
    assert "intervals are shown" not in page.text
    assert "Δ" not in page.text
    assert "Two runs that were measured on the same pictures and labels are needed." in page.text


def test_runs_that_can_t_be_paired_are_marked(runs, tmp_path):
    targets, labels, names = scene_targets()
    elsewhere = write_run(tmp_path / "elsewhere", targets=targets[:10], labels=labels, names=names[:10])
    page = page_of(runs[0], elsewhere)
    assert (
        "elsewhere can't be paired with good: it was measured on other pictures: 10 of its 10 are among the 24 of "
        "good. Its figures stand beside the others, but no figure can be compared."
    ) in page.text
    assert "No run can be paired with the baseline" in page.text
    assert page.count("strong") == 0
    assert "Δ" not in page.text
    page = page_of(runs[0], elsewhere, runs[1])
    assert "as were 1 of the 2 others" in page.text
    assert "better than every other of the 2 paired runs" in page.text


def test_runs_with_other_labels_show_the_differences_of_common_ones(runs, tmp_path):
    targets, labels, names = scene_targets()
    fewer = write_run(tmp_path / "fewer", targets=targets[:, :8], labels=labels[:8], names=names)
    page = page_of(runs[0], fewer)
    assert "but only single labels can be compared" in page.text
    assert "ΔAP B" in page.text


def test_cautions_are_said_once_and_of_whom(runs, tmp_path):
    noted = write_run(tmp_path / "noted", note="seed protocol: chosen on the test split; odd", seed=5)
    page = page_of(runs[0], noted)
    assert "noted: seed protocol: chosen on the test split." in page.text
    assert "noted: odd." in page.text
    # Of the 22 labels, some are on none of the 24 pictures.
    assert page.text.count("labels have no picture in the test split") == 1
    assert re.search(r"All runs: \d of 22 labels have no picture", page.text)


def test_different_rules_are_said(runs, tmp_path):
    other = write_run(tmp_path / "other", rule="top_k")
    assert "The runs use different decision rules." in page_of(runs[0], other).text
    assert "different decision rules" not in page_of(runs[0], other, rule="top_k").text


def test_hostile_names_are_text(tmp_path):
    targets, labels, names = scene_targets()
    labels = [HOSTILE, "$x$ \n\u202eab", "長" * 200, *labels[3:]]
    names = [f"{name}{HOSTILE}" for name in names]
    folders = [tmp_path / '<b onclick="x">&', tmp_path / "_[red]\n$"]
    paths = [
        write_run(folder, targets=targets, labels=labels, names=names, noise=noise)
        for folder, noise in zip(folders, (0.56, 0.8), strict=True)
    ]
    page = page_of(*paths)
    assert page.count("script") == 1
    assert not [attributes for _, attributes in page.elements if {"onerror", "onclick"} & attributes.keys()]
    assert "alert(1)" in page.text
    assert '<b onclick="x">&' in page.text


def test_pictures_that_are_not_at_hand(tmp_path):
    gone = {"data": {"spec": "csv:nowhere.csv"}}
    page = page_of(
        write_run(tmp_path / "a", noise=0.56, recipe=gone), write_run(tmp_path / "b", noise=0.8, recipe=gone)
    )
    assert "The pictures are not at hand, only their tags:" in page.text
    assert page.count("img") == 0


def test_a_picture_that_is_gone_is_a_sentence(tmp_path):
    targets, labels, names = scene_targets()
    renamed = [f"old-{name}" for name in names]
    paths = [
        write_run(tmp_path / name, targets=targets, labels=labels, names=renamed, noise=noise)
        for name, noise in (("a", 0.56), ("b", 0.8))
    ]
    assert "any more" in page_of(*paths).text


def test_many_runs(runs, tmp_path):
    others = [write_run(tmp_path / f"run {number}", noise=0.6 + number / 50, seed=number) for number in range(9)]
    page = page_of(runs[0], *others, resamples=10)
    assert "99 intervals are shown" in page.text
    assert "ΔF1 J" in page.text
    assert page.count("h4") == 9


def test_very_many_labels_are_cut_to_those_that_most_pictures_have(runs, monkeypatch):
    monkeypatch.setattr(labels_section, "MOST_CELLS", 80)
    page = comparison_page(Comparison.of(runs, resamples=5))
    assert "Of 22 labels, the 10 that most pictures have." in page
    rows = re.findall(r'id="labels-table".*?</table>', page, re.DOTALL)[0]
    assert rows.count("<tr>") == 11
    counts = [int(value) for value in re.findall(r'scope="row"[^>]*>[^<]*</th><td[^>]*>(\d+)', rows)]
    assert len(counts) == 10
    assert counts == sorted(counts, reverse=True)


def test_labels_that_few_pictures_have_are_not_drawn(tmp_path):
    targets = np.eye(6, dtype=np.int8)
    rng = np.random.default_rng(0)
    paths = [
        write_run(tmp_path / name, rng.random((6, 6)).astype(np.float32), targets, list("abcdef"), list("uvwxyz"))
        for name in ("a", "b")
    ]
    assert (
        "No label that at least 10 pictures have differs in average precision: nothing to draw." in page_of(*paths).text
    )


def test_one_label(tmp_path):
    targets = np.array([[1], [0]] * 10, np.int8)
    names = [f"{number}.png" for number in range(20)]
    rng = np.random.default_rng(0)
    paths = [
        write_run(tmp_path / name, rng.random((20, 1)).astype(np.float32), targets, ["only"], names)
        for name in ("a", "b")
    ]
    assert "only (10)" in page_of(*paths).text


def test_a_damaged_log_costs_only_its_part(runs, tmp_path):
    damaged = write_run(tmp_path / "damaged", log=LOG.replace("0.3", "oops"))
    page = page_of(runs[0], damaged)
    assert re.search(r"Not shown: .*log\.csv can't be read", page.text)
    assert "intervals are shown" in page.text


def test_runs_without_curves_are_named(runs, tmp_path):
    unjudged = write_run(tmp_path / "unjudged", log=None)
    assert "no log is left, of unjudged." in page_of(runs[0], unjudged).text


def test_recipes(runs, tmp_path):
    bce = write_run(tmp_path / "bce", recipe={"loss": {"name": "bce"}})
    assert "loss.gamma_negative" in page_of(runs[0], bce).text


def test_the_same_comparison_gives_the_same_page(runs):
    first, second = (comparison_page(Comparison.of(runs, resamples=20)) for _ in range(2))
    assert first == second


def test_folders_of_the_page_are_made(runs, tmp_path):
    file = tmp_path / "new" / "page.HTML"
    write_comparison(file, Comparison.of(runs, resamples=5))
    assert file.read_text().startswith("<!doctype html>")


def test_words():
    assert [signed(value) for value in (0.1, -0.0001, 0.0, None)] == ["+0.100", "−0.000", "0.000", "–"]
    assert signed(-3.0, whole=True) == "−3"
    assert interval_text((-0.1, 0.2)) == "−0.100 to +0.200"
    assert interval_text(None) == percent(None) == "–"
    assert percent(0.5) == "50.0 %"
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
