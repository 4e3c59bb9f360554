"""What stands, floats or flies in a scene; each thing is painted on its foot, at a scale."""

from __future__ import annotations

from corelate.data.scenes.canvas import Canvas, Colour, Point

_LEAVES: tuple[Colour, ...] = ((58, 120, 58), (78, 138, 62), (44, 100, 66), (104, 136, 58))
_WALLS: tuple[Colour, ...] = ((226, 212, 188), (206, 176, 146), (240, 236, 226), (188, 128, 110))
_ROOFS: tuple[Colour, ...] = ((170, 74, 58), (120, 70, 60), (96, 98, 110))
_PAINTS: tuple[Colour, ...] = (
    (206, 52, 48),
    (44, 92, 180),
    (240, 240, 240),
    (236, 190, 50),
    (40, 44, 52),
    (60, 150, 130),
)
_CLOTHES: tuple[Colour, ...] = ((214, 68, 66), (60, 96, 190), (240, 200, 70), (90, 60, 140), (250, 250, 250))
_PETALS: tuple[Colour, ...] = ((232, 66, 92), (250, 206, 60), (250, 246, 250), (170, 90, 200), (244, 130, 50))
_LIGHT: Colour = (255, 226, 140)


def paint_tree(canvas: Canvas, foot: Point, scale: float) -> None:
    """Paint a round or a pointed tree."""
    x, y = foot
    height = scale * canvas.between(0.26, 0.38)
    leaves = canvas.vary(canvas.pick(_LEAVES))
    canvas.shadow(foot, height * 0.6)
    canvas.box(x - height * 0.04, y - height * 0.35, x + height * 0.04, y, canvas.vary((104, 78, 54)))
    if canvas.chance.random() < 0.5:
        for tier in range(3):
            half = height * (0.26 - 0.06 * tier)
            base = y - height * (0.18 + 0.24 * tier)
            canvas.polygon([(x - half, base), (x, base - height * 0.38), (x + half, base)], leaves)
        return
    light: Colour = (min(255, leaves[0] + 20), min(255, leaves[1] + 22), min(255, leaves[2] + 14))
    for offset, rise, size, colour in ((-0.17, 0.5, 0.4, leaves), (0.17, 0.52, 0.4, leaves), (0, 0.72, 0.5, light)):
        canvas.ellipse((x + offset * height, y - rise * height), size * height, size * height, colour)


def paint_house(canvas: Canvas, foot: Point, scale: float) -> None:
    """Paint a house with a door and two windows, lit at night."""
    x, y = foot
    half, wall = scale * canvas.between(0.10, 0.14), scale * canvas.between(0.12, 0.17)
    canvas.shadow(foot, half * 2.6)
    canvas.box(x - half, y - wall, x + half, y, canvas.vary(canvas.pick(_WALLS)))
    roof = canvas.vary(canvas.pick(_ROOFS))
    inset = half * canvas.between(0, 0.55)
    top = y - wall - half * canvas.between(0.6, 0.9)
    eaves = half * 1.15
    canvas.polygon([(x - eaves, y - wall), (x - inset, top), (x + inset, top), (x + eaves, y - wall)], roof)
    door = half * 0.18
    canvas.box(x - door, y - wall * 0.55, x + door, y, canvas.vary((110, 76, 56)))
    window = _LIGHT if canvas.night else canvas.vary((120, 160, 190))
    for side in (-0.6, 0.6):
        left = x + half * (side - 0.2)
        canvas.box(left, y - wall * 0.75, left + half * 0.4, y - wall * 0.4, window, shines=canvas.night)


def paint_car(canvas: Canvas, foot: Point, scale: float) -> None:
    """Paint a car from the side, with its lights on at night."""
    x, y = foot
    half = scale * canvas.between(0.11, 0.14)
    paint = canvas.vary(canvas.pick(_PAINTS), 10)
    canvas.shadow(foot, half * 2.3)
    sill, waist, roof = y - half * 0.16, y - half * 0.52, y - half * 0.95
    cabin = [(x - half * 0.68, waist), (x - half * 0.45, roof), (x + half * 0.35, roof), (x + half * 0.62, waist)]
    canvas.polygon(cabin, paint)
    glass = [(x - half * 0.54, waist), (x - half * 0.38, roof + half * 0.08), (x + half * 0.3, roof + half * 0.08)]
    canvas.polygon([*glass, (x + half * 0.48, waist)], (176, 204, 220))
    canvas.box(x - half, waist, x + half, sill, paint)
    for side in (-0.55, 0.55):
        canvas.ellipse((x + side * half, sill), half * 0.42, half * 0.42, (34, 34, 38))
        canvas.ellipse((x + side * half, sill), half * 0.18, half * 0.18, (160, 160, 166))
    canvas.ellipse((x + half * 0.95, waist + half * 0.12), half * 0.16, half * 0.14, _LIGHT, shines=canvas.night)


def paint_person(canvas: Canvas, foot: Point, scale: float) -> None:
    """Paint a standing figure."""
    x, y = foot
    height = scale * canvas.between(0.15, 0.20)
    canvas.shadow(foot, height * 0.5)
    skin = canvas.pick(((236, 196, 166), (186, 134, 100), (122, 84, 62)))
    for middle in (x - height * 0.08, x + height * 0.08):
        canvas.box(middle - height * 0.05, y - height * 0.42, middle + height * 0.05, y, (54, 60, 84))
    shirt = canvas.vary(canvas.pick(_CLOTHES))
    canvas.box(x - height * 0.15, y - height * 0.78, x + height * 0.15, y - height * 0.38, shirt)
    canvas.ellipse((x, y - height * 0.88), height * 0.24, height * 0.26, skin)


def paint_flowers(canvas: Canvas, top: float, spread: tuple[float, float], count: int) -> None:
    """Paint flowers between two positions, from a height down to the bottom of the picture."""
    petals = canvas.pick(_PETALS), canvas.pick(_PETALS)
    for place in sorted(canvas.between(top, 1.0) for _ in range(count)):
        x = canvas.between(*spread)
        size = 0.022 + 0.030 * (place - top) / (1 - top)
        canvas.line([(x, place), (x, place + size * 1.5)], 0.006, (60, 120, 54))
        canvas.ellipse((x, place), size, size, canvas.vary(petals[canvas.count(0, 1)], 10))
        canvas.ellipse((x, place), size * 0.35, size * 0.35, (250, 220, 90))


def paint_boat(canvas: Canvas, foot: Point, scale: float) -> None:
    """Paint a sailing boat, or one with a cabin."""
    x, y = foot
    half = scale * canvas.between(0.11, 0.15)
    canvas.ellipse((x, y), half * 2.1, half * 0.22, (230, 240, 246), alpha=110)
    deck = y - half * 0.38
    hull = canvas.vary(canvas.pick(_PAINTS), 10)
    if canvas.chance.random() < 0.65:
        mast = deck - half * canvas.between(1.5, 2.0)
        sail = canvas.vary(canvas.pick(((248, 248, 244), (248, 248, 244), (226, 90, 70))), 6)
        boom = deck - half * 0.12
        canvas.line([(x, deck), (x, mast)], 0.008, (96, 72, 56))
        for reach, top in ((0.85, mast), (-0.65, mast + half * 0.2)):
            edge = x + half * (0.06 if reach > 0 else -0.06)
            canvas.polygon([(edge, top), (x + half * reach, boom), (edge, boom)], sail)
    else:
        canvas.box(x - half * 0.35, deck - half * 0.5, x + half * 0.3, deck, (240, 240, 236))
        canvas.box(x - half * 0.2, deck - half * 0.38, x + half * 0.15, deck - half * 0.15, (90, 130, 160))
    canvas.polygon([(x - half, deck), (x + half * 1.1, deck), (x + half * 0.7, y), (x - half * 0.75, y)], hull)


def paint_bird(canvas: Canvas, centre: Point, scale: float, colour: Colour) -> None:
    """Paint a bird in flight as two bent wings."""
    x, y = centre
    half, rise = scale * 0.055, scale * canvas.between(0.018, 0.034)
    wings = [(x - half, y - rise), (x - half * 0.45, y - rise * 1.3), (x, y), (x + half * 0.45, y - rise * 1.3)]
    canvas.line([*wings, (x + half, y - rise)], 0.014, colour)


def paint_lighthouse(canvas: Canvas, foot: Point, scale: float) -> None:
    """Paint a striped lighthouse on a rock."""
    x, y = foot
    height, half = scale * canvas.between(0.36, 0.44), scale * 0.05
    canvas.ellipse((x, y + 0.01), scale * 0.36, scale * 0.14, canvas.vary((104, 96, 88)))
    stripes = 5
    for stripe in range(stripes):
        low, high = stripe / stripes, (stripe + 1) / stripes
        widths = half * (1 - 0.4 * low), half * (1 - 0.4 * high)
        corners = [(x - widths[0], y - height * low), (x - widths[1], y - height * high)]
        corners += [(x + widths[1], y - height * high), (x + widths[0], y - height * low)]
        canvas.polygon(corners, (204, 60, 54) if stripe % 2 == 0 else (244, 242, 238))
    canvas.box(x - half * 0.5, y - height - half * 0.8, x + half * 0.5, y - height, _LIGHT, shines=True)
    roof = y - height - half * 0.8
    canvas.polygon([(x - half * 0.7, roof), (x, roof - half * 0.9), (x + half * 0.7, roof)], (90, 60, 60))
