"""What fills a scene from back to front: sky, mountains, water, ground and road."""

from __future__ import annotations

import math
from dataclasses import dataclass

from corelate.data.scenes.canvas import Canvas, Colour, Point
from corelate.data.scenes.grammar import Scene

SUNSET_ABOVE_HORIZON = 0.12

_DAY_SKIES = (((96, 158, 222), (196, 222, 240)), ((64, 130, 205), (170, 208, 236)), ((150, 176, 200), (216, 222, 226)))
_SUNSET_SKY = ((112, 116, 176), (250, 176, 112))
_NIGHT_SKY = ((10, 14, 60), (120, 124, 176))
_SEAS = (((66, 136, 178), (22, 84, 140)), ((78, 160, 176), (24, 106, 136)), ((96, 130, 150), (50, 84, 110)))
_LAKES: tuple[Colour, ...] = ((86, 150, 190), (70, 128, 160), (110, 160, 180))
_FIELDS: tuple[Colour, ...] = ((118, 172, 74), (142, 178, 70), (196, 182, 84))
_BARE_GROUNDS: tuple[Colour, ...] = ((150, 132, 104), (134, 134, 118), (120, 122, 116), (166, 142, 110))
_ROCKS: tuple[Colour, ...] = ((96, 100, 84), (110, 104, 96))
_SANDS: tuple[Colour, ...] = ((232, 210, 158), (222, 196, 140), (240, 222, 178))
_MOUNTAINS: tuple[Colour, ...] = ((112, 118, 140), (126, 116, 112), (92, 112, 118))
_RAINBOW: tuple[Colour, ...] = ((226, 70, 70), (240, 160, 60), (244, 230, 90), (90, 190, 100), (80, 120, 220))


@dataclass
class Layout:
    """Where things can stand.

    Attributes:
        horizon: Height at which the ground begins; 0 where the picture shows no sky.
        land_top: Height below which things can stand on land; 1 where there is only water.
        nearness: How large things look at the bottom of the picture.
        water: Top and bottom of the sea or lake, or None.
        road: Middle of the road at the picture's bottom and at its far end, and half its width at both, or None.
        shining_at: Where the sun or the moon stands from left to right, or None.
    """

    horizon: float
    land_top: float
    nearness: float = 1.0
    water: tuple[float, float] | None = None
    road: tuple[Point, Point, float, float] | None = None
    shining_at: float | None = None

    def scale(self, height: float) -> float:
        """Return how large things look that stand at a height: less the farther up, that is, the farther away."""
        return self.nearness * (0.42 + 0.58 * (height - self.horizon) / (1 - self.horizon))


def paint_sky(canvas: Canvas, scene: Scene, layout: Layout) -> None:
    """Paint the sky and what is in it, down to a little below the horizon."""
    horizon = layout.horizon
    place = (canvas.between(0.12, 0.88), canvas.between(0.09, horizon - 0.06))
    if scene.shows("sun") or scene.shows("moon"):
        layout.shining_at = place[0]
    sunset = scene.shows("sun") and horizon - place[1] < SUNSET_ABOVE_HORIZON
    skies = _DAY_SKIES[canvas.count(0, len(_DAY_SKIES) - 1)]
    top, bottom = _NIGHT_SKY if canvas.night else _SUNSET_SKY if sunset else skies
    canvas.gradient(canvas.vary(top), canvas.vary(bottom), 0, horizon + 0.03)
    if scene.shows("stars"):
        _paint_stars(canvas, horizon)
    if scene.shows("sun"):
        _paint_sun(canvas, place, sunset)
    if scene.shows("moon"):
        _paint_moon(canvas, place)
    if scene.shows("rainbow"):
        centre = (canvas.between(0.3, 0.7), horizon + 0.08)
        radius = canvas.between(0.34, 0.46)
        for band, colour in enumerate(_RAINBOW):
            canvas.arc(centre, radius - band * 0.02, 0.021, colour, alpha=150)
    if scene.shows("cloud"):
        for _ in range(canvas.count(2, 4)):
            _paint_cloud(canvas, horizon)


def _paint_stars(canvas: Canvas, horizon: float) -> None:
    for _ in range(canvas.count(22, 50)):
        size = canvas.between(0.008, 0.020)
        centre = (canvas.between(0, 1), canvas.between(0, horizon - 0.02))
        canvas.ellipse(centre, size, size, (244, 242, 220), alpha=canvas.count(150, 255), shines=True)


def _paint_sun(canvas: Canvas, centre: Point, sunset: bool) -> None:
    size = canvas.between(0.10, 0.15)
    colour = (255, 210, 120) if sunset else (255, 240, 160)
    for growth, alpha in ((2.2, 36), (1.6, 60), (1.25, 100)):
        canvas.ellipse(centre, size * growth, size * growth, colour, alpha=alpha)
    canvas.ellipse(centre, size, size, canvas.vary(colour, 8))


def _paint_moon(canvas: Canvas, centre: Point) -> None:
    x, y = centre
    radius = canvas.between(0.045, 0.065)
    # The inner edge of a crescent is half an ellipse; its width runs from full moon (-1) to a thin sickle.
    inner = radius * canvas.between(-1, 0.55)
    angles = [math.pi * (step / 16 - 0.5) for step in range(17)]
    outer_edge = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]
    inner_edge = [(x + inner * math.cos(a), y + radius * math.sin(a)) for a in reversed(angles)]
    for growth, alpha in ((4.2, 16), (3.4, 20), (2.7, 26)):
        canvas.ellipse((x, y), radius * growth, radius * growth, (200, 206, 230), alpha=alpha, shines=True)
    canvas.polygon([*outer_edge, *inner_edge], canvas.vary((244, 240, 214), 8), shines=True)


def _paint_cloud(canvas: Canvas, horizon: float) -> None:
    x, y = canvas.between(0.05, 0.95), canvas.between(0.06, max(0.08, horizon - 0.10))
    width = canvas.between(0.18, 0.34)
    colour = canvas.vary((248, 248, 250), 6)
    canvas.ellipse((x, y + width * 0.10), width, width * 0.22, colour, alpha=235)
    for part in range(canvas.count(3, 5)):
        size = width * canvas.between(0.28, 0.48)
        offset = (part - 1.5) * width * 0.19
        canvas.ellipse((x + offset, y + width * canvas.between(-0.05, 0.06)), size, size * 0.72, colour, alpha=235)


def paint_mountains(canvas: Canvas, scene: Scene, horizon: float) -> None:
    """Paint one to three peaks on the horizon, with snow where it shows."""
    snow = scene.shows("snow")
    for peak in range(canvas.count(1, 3)):
        x = canvas.between(0.1, 0.9)
        height = canvas.between(0.20, 0.32) * (1 - 0.15 * peak)
        half = height * canvas.between(0.9, 1.5)
        top, foot = max(0.03, horizon - height), horizon + 0.02
        colour = canvas.vary(canvas.pick(_MOUNTAINS))
        shade: Colour = (round(colour[0] * 0.78), round(colour[1] * 0.78), round(colour[2] * 0.82))
        canvas.polygon([(x - half, foot), (x, top), (x + half, foot)], colour)
        ridge = x + half * canvas.between(-0.15, 0.25)
        canvas.polygon([(x, top), (x + half, foot), (ridge, foot)], shade)
        if snow:
            _paint_snow(canvas, (x, top), half / (foot - top), (foot - top) * canvas.between(0.32, 0.5))


def _paint_snow(canvas: Canvas, summit: Point, slope: float, depth: float) -> None:
    x, top = summit
    left, right = x - slope * depth, x + slope * depth
    edge = [
        (right - (right - left) * step / 6, top + depth * (1.0 if step in (0, 6) else canvas.between(0.62, 1.0)))
        for step in range(7)
    ]
    canvas.polygon([(x, top), *edge], (246, 248, 252))


def paint_ground(canvas: Canvas, scene: Scene, layout: Layout) -> None:
    """Paint the land, with the furrows of a field where there is one."""
    field = scene.shows("field")
    colour = canvas.vary(canvas.pick(_FIELDS if field else _BARE_GROUNDS))
    far: Colour = (min(255, colour[0] + 22), min(255, colour[1] + 22), min(255, colour[2] + 20))
    canvas.gradient(far, colour, layout.horizon, 1)
    if layout.horizon:
        _paint_rise(canvas, layout.horizon, canvas.vary(far, 6))
    if not field:
        for _ in range(canvas.count(6, 14)):
            spot = (canvas.between(0, 1), canvas.between(layout.horizon + 0.04, 1))
            canvas.ellipse(spot, canvas.between(0.03, 0.09), 0.02, canvas.vary(colour, 26), alpha=140)
        return
    furrow: Colour = (round(colour[0] * 0.84), round(colour[1] * 0.86), round(colour[2] * 0.8))
    vanishing = (canvas.between(0.2, 0.8), layout.horizon - 0.25)
    for step in range(-9, 20):
        foot = step / 10 + canvas.between(-0.01, 0.01)
        share = (layout.horizon - vanishing[1]) / (1 - vanishing[1])
        start = (vanishing[0] + (foot - vanishing[0]) * share, layout.horizon)
        canvas.polygon([start, (foot - 0.013, 1), (foot + 0.013, 1)], furrow, alpha=170)


def _paint_rise(canvas: Canvas, horizon: float, colour: Colour) -> None:
    """Lift the horizon a little on one side, as land is seldom flat."""
    left, right = canvas.between(0, 0.035), canvas.between(0, 0.035)
    phase = canvas.between(0, 6)
    steps = [step / 10 for step in range(11)]
    ridge = [(x, horizon - left * (1 - x) - right * x - 0.006 * math.sin(6 * x + phase)) for x in steps]
    canvas.polygon([*ridge, (1, horizon + 0.02), (0, horizon + 0.02)], colour)


def paint_sea(canvas: Canvas, scene: Scene, layout: Layout) -> None:
    """Paint the sea, and the beach or a rocky shore in front of it where there is land."""
    top, bottom = _SEAS[canvas.count(0, len(_SEAS) - 1)]
    canvas.gradient(canvas.vary(top), canvas.vary(bottom), layout.horizon, 1)
    _paint_waves(canvas, layout.horizon + 0.02, layout.land_top)
    if layout.shining_at is not None:
        _paint_glint(canvas, layout.shining_at, layout.horizon + 0.015, layout.land_top)
    if layout.land_top >= 1:
        return
    beach = scene.shows("beach")
    colour = canvas.vary(canvas.pick(_SANDS if beach else _ROCKS))
    tilt, phase = canvas.between(-0.06, 0.06), canvas.between(0, 6)
    swing = 0.012 if beach else 0.03
    steps = [step / 12 for step in range(13)]
    shore = [(x, layout.land_top - 0.02 + tilt * (x - 0.5) + swing * math.sin(7 * x + phase)) for x in steps]
    if beach:
        canvas.line([(x, y - 0.008) for x, y in shore], 0.022, (240, 246, 248), alpha=210)
    canvas.polygon([*shore, (1, 1), (0, 1)], colour)


def paint_lake(canvas: Canvas, layout: Layout) -> None:
    """Paint a lake with a bright rim and some waves."""
    assert layout.water is not None
    top, bottom = layout.water
    centre = (canvas.between(0.40, 0.60), (top + bottom) / 2)
    width, height = canvas.between(0.72, 1.0), bottom - top
    colour = canvas.vary(canvas.pick(_LAKES))
    canvas.ellipse(centre, width + 0.03, height + 0.025, (196, 190, 150))
    canvas.ellipse(centre, width, height, colour)
    for _ in range(canvas.count(5, 9)):
        x = centre[0] + canvas.between(-0.28, 0.28) * width
        y = centre[1] + canvas.between(-0.3, 0.3) * height
        canvas.line([(x, y), (x + canvas.between(0.06, 0.14), y)], 0.006, (226, 238, 244), alpha=130)


def _paint_glint(canvas: Canvas, middle: float, start: float, stop: float) -> None:
    """Paint the path of light that the sun or the moon throws on water."""
    rows = 12
    for row in range(rows):
        y = start + (stop - start) * (row + canvas.chance.random() * 0.7) / rows
        half = 0.025 + 0.05 * row / rows * canvas.chance.random()
        canvas.line([(middle - half, y), (middle + half, y)], 0.007, (255, 240, 190), alpha=150)


def _paint_waves(canvas: Canvas, start: float, stop: float) -> None:
    for _ in range(canvas.count(14, 26)):
        x, y = canvas.between(-0.05, 1), canvas.between(start, stop)
        length = canvas.between(0.03, 0.05 + 0.12 * y)
        canvas.line([(x, y), (x + length, y)], 0.006, (226, 240, 246), alpha=canvas.count(60, 150))


def paint_road(canvas: Canvas, layout: Layout) -> None:
    """Paint a road that runs from the bottom of the picture towards the horizon, with a dashed line on it."""
    assert layout.road is not None
    (near, bottom), (far, top), near_half, far_half = layout.road
    colour = canvas.vary((108, 108, 114), 8)
    edges = [(near - near_half, bottom), (far - far_half, top), (far + far_half, top), (near + near_half, bottom)]
    canvas.polygon(edges, colour)
    for dash in range(8):
        # Dashes grow towards the onlooker: equal steps on the ground are squares on the picture.
        start, stop = (dash / 8) ** 2, ((dash + 0.5) / 8) ** 2
        middle = [(far + (near - far) * share, top + (bottom - top) * share) for share in (start, stop)]
        halves = [0.10 * (far_half + (near_half - far_half) * share) for share in (start, stop)]
        canvas.polygon(
            [
                (middle[0][0] - halves[0], middle[0][1]),
                (middle[0][0] + halves[0], middle[0][1]),
                (middle[1][0] + halves[1], middle[1][1]),
                (middle[1][0] - halves[1], middle[1][1]),
            ],
            (236, 232, 214),
        )
