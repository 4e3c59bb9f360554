"""The colours of a page can be read, light and dark."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from corelate.explain.drawing import VARIABLES

STYLE = resources.files("corelate.report").joinpath("assets", "page.css").read_text(encoding="utf-8")
LIGHT, DARK, CHOSEN_DARK = (
    dict(re.findall(r"(--[a-z0-9-]+): (#[0-9a-f]{6})", block))
    for block in re.findall(r":root[^{]*\{\s*color-scheme[^}]*\}", STYLE)
)
# What is written on what.
PAIRS = [
    *(("--ink", ground) for ground in ("--card", "--back", "--chosen", "--missed-back")),
    *(("--soft", ground) for ground in ("--card", "--back", "--chosen")),
    *(("--accent", ground) for ground in ("--card", "--back", "--chosen")),
    *((kind, ground) for kind in ("--right", "--wrong", "--missed") for ground in (f"{kind}-back", "--card")),
]


def luminance(colour: str) -> float:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2.1."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_the_guideline_says():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", PAIRS, ids=" on ".join)
def test_text_has_enough_contrast(theme: dict[str, str], pair: tuple[str, str]):
    assert contrast(theme[pair[0]], theme[pair[1]]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_curves_stand_out_from_the_card(theme: dict[str, str]):
    series = {name: colour for name, colour in theme.items() if name.startswith("--series")}
    assert len(series) == 8
    assert {name: round(contrast(colour, theme["--card"]), 1) for name, colour in series.items()} == pytest.approx(
        dict.fromkeys(series, 9.0), abs=6.5
    )


def test_both_ways_to_darkness_lead_to_the_same_colours():
    assert DARK == CHOSEN_DARK
    assert DARK.keys() == LIGHT.keys()


def test_every_colour_of_drawings_is_known_to_the_page():
    assert set(VARIABLES.values()) <= LIGHT.keys()
