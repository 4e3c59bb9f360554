from __future__ import annotations

import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.explain.drawing import draw, encode, page_svg
from corelate.explain.label_maps import LabelMaps, MapOptions, map_labels
from corelate.labels.cooccurrence import CooccurrenceCounts

QUICK = MapOptions("pca")


def random_maps(
    labels: int, stages: int = 1, names: list[str] | None = None, spread: float = 3, method: str = "pca"
) -> LabelMaps:
    random = np.random.default_rng(labels)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = names or [
        f"{''.join(random.choice(list(letters), random.integers(2, 11)))}{number}" for number in range(labels)
    ]
    usual = np.minimum(3 / np.arange(1, labels + 1), 0.5)
    targets = TargetMatrix.from_dense((random.random((500, labels)) < usual).astype(np.int8))
    together = CooccurrenceCounts.from_targets(targets, Vocabulary(words))
    centres = random.standard_normal((12, 8))
    vectors = {
        f"stage {stage}": centres[random.integers(0, 12, labels)] + spread * random.standard_normal((labels, 8))
        for stage in range(stages)
    }
    return map_labels(vectors, words, together=together, options=MapOptions(method, iterations=500))


def names_in(figure: Figure, maps: LabelMaps) -> list[list[Text]]:
    return [[text for text in axes.texts if text.get_text() in set(maps.labels)] for axes in figure.axes]


def boxes_of(figure: Figure, texts: list[Text]) -> list[Bbox]:
    renderer = figure.canvas.get_renderer()
    return [text.get_window_extent(renderer) for text in texts]


def overlapping(boxes: list[Bbox]) -> int:
    """Return how many pairs of boxes have an area in common."""
    extents = np.array([box.extents for box in boxes])
    low = np.maximum(extents[:, None, :2], extents[None, :, :2])
    high = np.minimum(extents[:, None, 2:], extents[None, :, 2:])
    return int(np.triu((high > low).all(axis=2), 1).sum())


@pytest.fixture(scope="module")
def usual() -> tuple[LabelMaps, Figure]:
    maps = random_maps(260, 2, method="tsne")
    return maps, draw(maps)


@pytest.mark.parametrize("dots_per_inch", [150, 300])
def test_no_two_texts_overlap_and_nearly_all_labels_are_named(usual: tuple[LabelMaps, Figure], dots_per_inch: int):
    maps, figure = usual
    figure.set_dpi(dots_per_inch)
    for texts in names_in(figure, maps):
        assert len(texts) >= 0.9 * 260
        assert overlapping(boxes_of(figure, texts)) == 0


def test_in_tight_crowds_most_labels_are_named():
    maps = random_maps(260, spread=0.5)
    figure = draw(maps)
    figure.set_dpi(150)
    (texts,) = names_in(figure, maps)
    assert len(texts) >= 0.6 * 260
    assert overlapping(boxes_of(figure, texts)) == 0
    # Those that are left out are rare ones.
    named = np.isin(maps.labels, [text.get_text() for text in texts])
    assert maps.counts[named].mean() > maps.counts[~named].mean()


def test_every_text_is_inside_its_panel(usual: tuple[LabelMaps, Figure]):
    maps, figure = usual
    for axes, texts in zip(figure.axes, names_in(figure, maps), strict=True):
        frame = axes.get_window_extent()
        for box in boxes_of(figure, texts):
            assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1


def test_it_is_said_how_many_are_named(usual: tuple[LabelMaps, Figure]):
    maps, figure = usual
    for axes, texts in zip(figure.axes, names_in(figure, maps), strict=True):
        assert any(f"{len(texts)} of 260 labels named" in text.get_text() for text in axes.texts)


def test_usual_labels_have_large_texts_and_dots(usual: tuple[LabelMaps, Figure]):
    maps, figure = usual
    order = np.argsort(maps.counts)
    sizes = {text.get_text(): text.get_fontsize() for text in names_in(figure, maps)[0]}
    assert sizes[maps.labels[order[-1]]] > min(sizes.values()) + 2
    assert maps.labels[order[-1]] in sizes
    sizes_of_dots = {line.get_markersize() for line in figure.axes[0].lines}
    assert max(sizes_of_dots) > 2 * min(sizes_of_dots)


def test_every_label_has_a_dot_in_the_colour_of_its_group(usual: tuple[LabelMaps, Figure]):
    maps, figure = usual
    for axes in figure.axes:
        dots = [len(line.get_xdata()) for line in axes.lines]
        colours: dict[str, int] = {}
        for line, count in zip(axes.lines, dots, strict=True):
            colours[line.get_color()] = colours.get(line.get_color(), 0) + count
        assert sorted(colours.values()) == sorted(np.bincount(maps.groups).tolist())


def test_the_drawing_is_light_on_a_page(usual: tuple[LabelMaps, Figure]):
    _, figure = usual
    text = page_svg(figure, "labels", "Maps of labels")
    assert len(text) < 250_000
    for variable in ("--ink", "--soft", "--line", "--series-1"):
        assert f"var({variable})" in text


def test_many_dots_are_one_picture():
    maps = random_maps(1600)
    figure = draw(maps)
    assert all(line.get_rasterized() for line in figure.axes[0].lines)
    assert 50 < len(names_in(figure, maps)[0]) <= 400
    text = page_svg(figure, "labels", "A map of labels")
    assert len(text) < 600_000 and text.count("<use") < 100 and "<image" in text


def test_the_same_maps_give_the_same_file():
    assert encode(draw(random_maps(30)), "svg") == encode(draw(random_maps(30)), "svg")


STRANGE = ["$x$ $", "<b>&amp;", "日本語のラベル", "שלום עולם", "مرحبا", "x" * 200, "[red]a[/red]", "👩‍👩‍👧", "{\\it a}"]


def test_names_of_strangers():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        maps = random_maps(len(STRANGE), names=STRANGE)
        figure = draw(maps)
        encode(figure, "png")
        text = page_svg(figure, "labels", "A map")
    shown = [item.get_text() for item in figure.axes[0].texts]
    assert "$x$ $" in shown and "<b>&amp;" in shown
    assert not any("x" * 30 in item for item in shown) and any(item.startswith("xxx") for item in shown)
    assert "<b>" not in text


def test_names_that_are_no_labels_of_a_data_set():
    vectors = np.random.default_rng(0).standard_normal((6, 3))
    maps = map_labels({"line\nbreak": vectors}, ["a\nb", "a\nb", "", " ", "\x00", "\ud800"], options=QUICK)
    assert encode(draw(maps), "png").startswith(b"\x89PNG")
    assert "</svg>" in page_svg(draw(maps), "labels", "A map")


@pytest.mark.parametrize(("labels", "stages", "wide"), [(20, 1, False), (20, 2, True), (20, 3, True), (100, 2, False)])
def test_few_labels_stand_side_by_side(labels: int, stages: int, wide: bool):
    figure = draw(random_maps(labels, stages))
    assert len(figure.axes) == stages
    tops = {round(axes.get_position().y1, 3) for axes in figure.axes[:2]}
    assert (len(figure.axes) > 1 and len(tops) == 1) == wide
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert overlapping(boxes) == 0


def test_nothing_is_cut_off():
    for labels, stages in ((20, 1), (20, 2), (100, 1)):
        figure = draw(random_maps(labels, stages))
        width, height = figure.get_size_inches() * figure.dpi
        for text in [*figure.texts, *(item for axes in figure.axes for item in axes.texts)]:
            box = text.get_window_extent(figure.canvas.get_renderer())
            assert box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height
