"""Painting a scene: its surroundings first, then its things, those farther away before nearer ones."""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image

from corelate.data.scenes import scenery, things
from corelate.data.scenes.canvas import Canvas, Point
from corelate.data.scenes.grammar import Scene
from corelate.data.scenes.scenery import Layout

# Some pictures are taken in mist or from afar: they make labels hard to see, but not impossible.
HAZE_PROBABILITY = 0.25
HAZE_STRENGTHS = (0.15, 0.55)
THING_SIZES = (0.55, 1.15)

_ON_LAND = ("tree", "house", "people", "flower")

# A thing to be painted later: the height of its foot, by which things are ordered, and how to paint it.
_Thing = tuple[float, Callable[[], None]]


def draw_scene(scene: Scene, seed: int, index: int, size: int) -> Image.Image:
    """Paint a scene.

    Args:
        scene: What it shows.
        seed: With `index` chooses colours, places and sizes.
        index: The scene's number in its series.
        size: Side of the picture, pixels.

    Returns:
        An RGB picture; the same for the same arguments.
    """
    chance = random.Random(f"drawing of scene {index} of series {seed}")
    canvas = Canvas(size, chance, night=scene.shows("night"))
    layout = _lay_out(canvas, scene)
    _paint_surroundings(canvas, scene, layout)
    placed = [*_place_on_water(canvas, scene, layout), *_place_on_land(canvas, scene, layout)]
    for _, paint in sorted(placed, key=lambda thing: thing[0]):
        paint()
    if scene.shows("flower") and layout.land_top < 1:
        _paint_flowers(canvas, scene, layout)
    if scene.shows("bird"):
        _paint_birds(canvas, layout)
    if chance.random() < HAZE_PROBABILITY:
        canvas.haze(canvas.between(*HAZE_STRENGTHS))
    return canvas.finish(noise_seed=chance.getrandbits(64))


def _lay_out(canvas: Canvas, scene: Scene) -> Layout:
    horizon = canvas.between(0.38, 0.56) if scene.shows("sky") else 0.0
    layout = Layout(horizon, land_top=horizon + 0.04, nearness=canvas.between(*THING_SIZES))
    if scene.shows("sea"):
        has_land = scene.shows("beach") or any(scene.shows(label) for label in _ON_LAND)
        layout.land_top = canvas.between(0.72, 0.80) if has_land else 1.0
        layout.water = (horizon, layout.land_top)
    elif scene.shows("lake"):
        depth = 1 - horizon
        layout.water = (horizon + depth * canvas.between(0.08, 0.16), horizon + depth * canvas.between(0.56, 0.68))
        layout.land_top = layout.water[1] + 0.04
    if scene.shows("road"):
        near, far = (canvas.between(0.3, 0.7), 1.0), (canvas.between(0.25, 0.75), horizon)
        layout.road = (near, far, canvas.between(0.18, 0.24), 0.01 if horizon else 0.12)
    return layout


def _paint_surroundings(canvas: Canvas, scene: Scene, layout: Layout) -> None:
    if scene.shows("sky"):
        scenery.paint_sky(canvas, scene, layout)
    if scene.shows("mountain"):
        scenery.paint_mountains(canvas, scene, layout.horizon)
    if scene.shows("sea"):
        scenery.paint_sea(canvas, scene, layout)
    else:
        scenery.paint_ground(canvas, scene, layout)
    if scene.shows("lake"):
        scenery.paint_lake(canvas, layout)
    if layout.road:
        scenery.paint_road(canvas, layout)


def _place_on_water(canvas: Canvas, scene: Scene, layout: Layout) -> list[_Thing]:
    placed: list[_Thing] = []
    if layout.water is None:
        return placed
    top, bottom = layout.water
    if scene.shows("lighthouse"):
        side = 0.68 if canvas.chance.random() < 0.5 else 0
        rock = (canvas.between(0.08, 0.24) + side, layout.horizon + 0.02)
        placed.append((rock[1], lambda: things.paint_lighthouse(canvas, rock, 0.9 * layout.nearness)))
    if scene.shows("boat"):
        for _ in range(canvas.count(1, 2)):
            reach = (top + 0.35 * (bottom - top), bottom - 0.12 * (bottom - top))
            placed.append(
                _thing(canvas, things.paint_boat, (canvas.between(0.22, 0.78), canvas.between(*reach)), layout)
            )
    return placed


def _place_on_land(canvas: Canvas, scene: Scene, layout: Layout) -> list[_Thing]:
    placed: list[_Thing] = []
    if scene.shows("house"):
        for _ in range(canvas.count(1, 2)):
            placed.append(_thing(canvas, things.paint_house, _beside_road(canvas, layout, 0.10, 0.55), layout))
    if scene.shows("tree"):
        for _ in range(canvas.count(2, 5)):
            placed.append(_thing(canvas, things.paint_tree, _beside_road(canvas, layout, 0.02, 0.80), layout))
    if scene.shows("people"):
        for _ in range(canvas.count(1, 4)):
            placed.append(_thing(canvas, things.paint_person, _on_land(canvas, layout, 0.25, 0.95), layout))
    if scene.shows("car") and layout.road:
        (near, bottom), (far, top), near_half, _ = layout.road
        share = canvas.between(0.40, 0.88)
        x = far + (near - far) * share + canvas.between(-0.4, 0.4) * near_half * share
        placed.append(_thing(canvas, things.paint_car, (x, top + (bottom - top) * share), layout))
    return placed


def _thing(canvas: Canvas, paint: Callable[[Canvas, Point, float], None], foot: Point, layout: Layout) -> _Thing:
    return foot[1], lambda: paint(canvas, foot, layout.scale(foot[1]))


def _on_land(canvas: Canvas, layout: Layout, nearest_top: float, nearest_bottom: float) -> Point:
    """Return a place on land, between two shares of the way from its far edge to the bottom of the picture."""
    share = canvas.between(nearest_top, nearest_bottom)
    return canvas.between(0.06, 0.94), layout.land_top + (0.99 - layout.land_top) * share


def _beside_road(canvas: Canvas, layout: Layout, nearest_top: float, nearest_bottom: float) -> Point:
    """Return a place on land that is not in the middle of the road."""
    x, y = _on_land(canvas, layout, nearest_top, nearest_bottom)
    if layout.road is None:
        return x, y
    (near, bottom), (far, top), near_half, far_half = layout.road
    share = (y - top) / (bottom - top)
    middle, half = far + (near - far) * share, far_half + (near_half - far_half) * share + 0.10
    if abs(x - middle) < half:
        x = middle + half * (1 if x >= middle else -1)
    return x, y


def _paint_flowers(canvas: Canvas, scene: Scene, layout: Layout) -> None:
    top = max(layout.land_top, 0.66)
    if scene.shows("field"):
        things.paint_flowers(canvas, top, (0, 1), canvas.count(24, 44))
    else:
        left = canvas.between(0, 0.5)
        things.paint_flowers(canvas, max(top, 0.8), (left, left + 0.4), canvas.count(12, 20))


def _paint_birds(canvas: Canvas, layout: Layout) -> None:
    low, high = (0.06, layout.horizon - 0.08) if layout.horizon else (0.08, 0.5)
    colour = (44, 46, 56) if layout.horizon else (250, 250, 250)
    centre = (canvas.between(0.2, 0.8), canvas.between(low, high))
    for _ in range(canvas.count(2, 5)):
        place = (centre[0] + canvas.between(-0.26, 0.26), max(0.05, centre[1] + canvas.between(-0.14, 0.14)))
        things.paint_bird(canvas, place, canvas.between(0.9, 1.3) * layout.nearness, colour)
