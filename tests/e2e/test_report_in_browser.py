"""The page of a run in a real browser: tables sort, fields filter, pictures load, and nothing else happens.

Needs Chromium, as the system installs it, and Playwright; skipped without them, unless CORELATE_REQUIRE_BROWSER=1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corelate.explain.run_material import RunMaterial
from corelate.report.html import Column, element, escape, table
from corelate.report.page import Section, render_page
from corelate.report.run_page import write_report

from ..report.conftest import HOSTILE, hostile_run  # noqa: F401  # A fixture.
from .conftest import Open

pytestmark = pytest.mark.browser
NARROW = {"width": 400, "height": 800}
LIGHT_BACK, DARK_BACK = "rgb(245, 246, 248)", "rgb(20, 24, 28)"


@pytest.fixture(scope="module")
def hostile_page(hostile_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return write_report(hostile_run, tmp_path_factory.mktemp("page") / "hostile.html", strict=True)


@pytest.fixture(scope="module")
def plain_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a page of a table whose order is known, and of cards more than are shown at once."""
    rows = [["b10", 0.25, 7], ["b9", None, 1000], ["Ä", 0.75, 20], ["a", float("nan"), 3], [None, 0.5, 0]]
    columns = [Column("name"), Column("share", True), Column("count", True)]
    content = table("t", columns, rows, filter_label="Name", caption="A table")
    path = tmp_path_factory.mktemp("page") / "plain.html"
    path.write_text(render_page("Plain", "", [Section("one", "One", content)]), encoding="utf-8")
    return path


def column(page: Any, place: int) -> list[str]:
    rows = page.locator("#t tbody tr:not([hidden])")
    return [row.locator("th, td").nth(place).inner_text() for row in rows.all()]


def shown_pictures(page: Any) -> list[str]:
    return page.locator("#picture-list > li:not([hidden]) .name").all_inner_texts()


def scrolls_sideways(page: Any) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


def background(page: Any) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def background_after_reload(page: Any) -> str:
    """Reload, a moment later: a busy browser has not yet written what a page asked it to remember."""
    page.wait_for_timeout(100)
    page.reload()
    return background(page)


def test_a_table_is_sorted_by_numbers_and_by_text(opened: Open, plain_page: Path):
    page = opened(plain_page)
    heads = page.locator("#t thead th")
    assert heads.evaluate_all("all => all.map(head => head.ariaSort)") == ["none"] * 3
    heads.nth(1).locator("button").click()
    assert column(page, 1) == ["0.750", "0.500", "0.250", "–", "–"]
    assert heads.evaluate_all("all => all.map(head => head.ariaSort)") == ["none", "descending", "none"]
    heads.nth(1).locator("button").click()
    assert column(page, 1) == ["0.250", "0.500", "0.750", "–", "–"], "what is undefined stays last"
    assert heads.nth(1).get_attribute("aria-sort") == "ascending"
    heads.nth(2).locator("button").click()
    assert column(page, 2) == ["1,000", "20", "7", "3", "0"], "numbers and not texts"
    heads.nth(0).locator("button").click()
    assert column(page, 0) == ["a", "Ä", "b9", "b10", "–"], "as readers order names"
    heads.nth(0).locator("button").click()
    assert column(page, 0) == ["b10", "b9", "Ä", "a", "–"]


def test_a_table_is_filtered_by_its_first_column(opened: Open, plain_page: Path):
    page = opened(plain_page)
    page.get_by_role("searchbox", name="Name").fill(" B ")
    assert column(page, 0) == ["b10", "b9"]
    assert page.locator("output").inner_text() == "2 of 5"
    page.get_by_role("searchbox", name="Name").fill("")
    assert len(column(page, 0)) == 5
    assert page.locator("output").inner_text() == "5"


def test_every_picture_is_drawn(opened: Open, hostile_page: Path):
    page = opened(hostile_page)
    assert page.locator("#picture-list img").count() == 20
    # Pictures further down are drawn when they come into view.
    last = page.locator("#picture-list img").last
    last.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=last.element_handle())
    wrong = page.evaluate(
        """async () => {
          const images = [...document.images];
          await Promise.all(images.map((image) => { image.loading = "eager"; return image.decode(); }));
          return images.filter((image) => !image.naturalWidth || !image.alt || !image.width).length;
        }"""
    )
    assert wrong == 0
    assert page.locator("#attention img").count() > 4
    # Each drawing has words for those who do not see it, and takes room.
    for drawing in page.locator("figure svg").all():
        box = drawing.bounding_box()
        assert box["width"] > 200
        assert box["height"] > 100
        assert drawing.get_attribute("role") == "img"
        assert drawing.get_attribute("aria-label")


def test_a_label_of_the_table_shows_its_pictures(opened: Open, hostile_run: Path, hostile_page: Path):  # noqa: F811
    judged = RunMaterial.open(hostile_run).judged()
    counts = dict(zip(judged.labels, (judged.targets == 1).sum(axis=0), strict=True))
    label = max((label for label in judged.labels if label not in HOSTILE.values()), key=lambda label: counts[label])
    place = list(judged.labels).index(label)
    expected = {
        name
        for name, given, target in zip(judged.names, judged.predicted[:, place], judged.targets[:, place], strict=True)
        if given or target == 1
    }
    page = opened(hostile_page)
    page.locator("#label-table").get_by_role("button", name=label, exact=True).click()
    assert set(shown_pictures(page)) == expected
    assert page.locator("#picture-count").inner_text() == f"{len(expected)} of 20 pictures"
    assert page.locator("#picture-label").input_value() == label
    assert page.evaluate("document.activeElement.id") == "pictures-title"
    assert page.locator("#pictures").bounding_box()["y"] < 200
    marked = page.locator("#picture-list > li:not([hidden]) .tag.wanted").all_inner_texts()
    assert marked == [label] * len(expected)
    page.get_by_role("button", name="Show all").click()
    assert len(shown_pictures(page)) == 20


def test_pictures_are_chosen_by_tag_kind_and_order(opened: Open, hostile_page: Path):
    page = opened(hostile_page)
    first = shown_pictures(page)
    tag = page.locator("#picture-list button.tag").first
    label = tag.inner_text()
    tag.click()
    assert page.locator("#picture-label").input_value() == label
    for card in page.locator("#picture-list > li:not([hidden])").all():
        assert label in card.locator(".tag").all_inner_texts()
    page.get_by_role("combobox", name="Pictures").select_option("missed")
    for card in page.locator("#picture-list > li:not([hidden])").all():
        assert label in card.locator(".tag.missed").all_inner_texts(), "this label is missed, and not some other"
    page.locator("#picture-label").fill("no such label")
    assert shown_pictures(page) == []
    assert page.locator("#picture-count").inner_text() == "0 of 20 pictures"
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("combobox", name="Order").select_option("name")
    assert shown_pictures(page) == sorted(first)
    page.get_by_role("combobox", name="Order").select_option("random")
    assert sorted(shown_pictures(page)) == sorted(first)
    page.get_by_role("combobox", name="Order").select_option("errors")
    assert shown_pictures(page) == first


def test_many_pictures_are_shown_a_part_at_a_time(opened: Open, hostile_page: Path, tmp_path: Path):
    text = hostile_page.read_text(encoding="utf-8")
    start, end = (
        text.index('id="picture-list">') + len('id="picture-list">'),
        text.index("</ul>", text.index("picture-list")),
    )
    cards = []
    for number in range(130):
        label = ("sea", "Sea", "seaside")[number % 3] if number < 6 else "sky"
        tag = f'<button type="button" class="tag right" title="score">{label}</button>'
        name = element("p", escape(f"{number}.png"), class_="name")
        cards.append(element("li", name + element("div", tag, class_="tags")))
    path = tmp_path / "many.html"
    path.write_text(text[:start] + "\n".join(cards) + text[end:], encoding="utf-8")
    page = opened(path)
    assert shown_pictures(page) == [f"{number}.png" for number in range(60)]
    more = page.locator("#picture-more")
    assert more.inner_text() == "Show more (60 of 130)"
    more.focus()
    page.keyboard.press("Enter")
    assert len(shown_pictures(page)) == 120
    # The focus is where reading goes on.
    assert page.evaluate("document.activeElement.closest('li').querySelector('.name').textContent") == "60.png"
    more.click()
    assert len(shown_pictures(page)) == 130
    assert not more.is_visible()
    # A label, a label but for its capitals, and a part of several.
    for text, found in (("Sea", [1, 4]), ("sea", [0, 3]), ("SEA", [0, 1, 3, 4]), ("seas", [2, 5]), ("SE", range(6))):
        page.locator("#picture-label").fill(text)
        assert shown_pictures(page) == [f"{number}.png" for number in found], text


def test_dark_by_the_system_and_by_the_button(opened: Open, plain_page: Path):
    dark = opened(plain_page, scheme="dark")
    assert background(dark) == DARK_BACK
    page = opened(plain_page)
    assert background(page) == LIGHT_BACK
    button = page.locator("#theme")
    assert button.get_attribute("aria-label") == "Colours: as the system"
    button.click()
    assert (background(page), button.get_attribute("aria-label")) == (LIGHT_BACK, "Colours: light")
    button.click()
    assert (background(page), button.get_attribute("aria-label")) == (DARK_BACK, "Colours: dark")
    assert any(background_after_reload(page) == DARK_BACK for _ in range(10)), "remembered"
    page.emulate_media(media="print")
    assert background(page) == "rgba(0, 0, 0, 0)", "paper is light"
    assert not page.locator("nav").is_visible()


def test_a_drawing_takes_the_colours_of_the_page(opened: Open, hostile_page: Path):
    inks = {
        scheme: opened(hostile_page, scheme=scheme).evaluate(
            "getComputedStyle(document.querySelector('#training figure svg text')).fill"
        )
        for scheme in ("light", "dark")
    }
    assert inks["light"] != inks["dark"]


def test_everything_works_from_the_keyboard(opened: Open, hostile_page: Path):
    page = opened(hostile_page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.locator("#theme").focus()
    page.keyboard.press("Enter")
    assert page.locator("#theme").get_attribute("aria-label") == "Colours: light"
    page.locator("#label-table thead button").first.focus()
    page.keyboard.press("Space")
    assert page.locator("#label-table thead th").first.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#label-table thead th").nth(1).get_attribute("aria-sort") == "descending"
    page.locator("#label-table tbody button").first.focus()
    label = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    assert page.locator("#picture-label").input_value() == label
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "picture-label", "the next stop after the heading"
    # Whatever has the focus shows it, and has a name.
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a, [tabindex='0']")]
          .filter((part) => !(part.textContent.trim() || part.labels?.length || part.ariaLabel)).length"""
    )
    assert nameless == 0


def test_hostile_names_do_nothing_and_break_nothing(opened: Open, hostile_page: Path):
    page = opened(hostile_page)
    assert page.locator("img[src='x'], [onerror], [onclick]").count() == 0
    assert page.locator("script").count() == 1
    in_table = page.locator("#label-table tbody button").all_inner_texts()
    assert set(HOSTILE.values()) <= set(in_table), "each label reads as it is"
    assert not scrolls_sideways(page)
    for label in HOSTILE.values():
        page.locator("#label-table tbody button").nth(in_table.index(label)).click()
        assert page.locator("#picture-label").input_value() == label
        marked = page.locator("#picture-list > li:not([hidden]) .tag.wanted").all_inner_texts()
        assert set(marked) == {label} or not shown_pictures(page)
    page.get_by_role("button", name="Show all").click()
    page.wait_for_timeout(100)


def test_a_telephone_shows_the_page_without_moving_it_sideways(opened: Open, hostile_page: Path):
    page = opened(hostile_page, viewport=NARROW)
    assert not scrolls_sideways(page)
    page.locator("nav a").last.click()
    assert not scrolls_sideways(page)


def test_without_scripts_everything_is_there_to_be_read(browser: Any, hostile_page: Path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(hostile_page.resolve().as_uri())
    assert page.locator("#picture-list > li").count() == 20
    assert page.locator("#picture-list > li").last.is_visible()
    assert not page.locator("#picture-controls").is_visible(), "controls that would do nothing are not shown"
    context.close()
