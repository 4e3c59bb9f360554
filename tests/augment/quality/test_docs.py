"""The page about the quality of generated pictures names every option, and what it says of numbers is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from corelate.augment.quality.looking import MEASURES, MOST_PAIRS, SIDE
from corelate.augment.quality.measuring import YARDSTICK_ORIGINALS
from corelate.augment.quality.options import MOST_ROWS, QualityOptions
from corelate.augment.quality.sheet_pictures import MOST_SHOWN
from corelate.augment.quality.symmetries import SQUARE
from corelate.augment.quality.yardsticks import BLUR, JPEG_QUALITY, YARDSTICKS
from corelate.cli import augment_quality

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "generated-quality.md").read_text(encoding="utf-8")
WORDS = re.sub(r"\s+", " ", PAGE)

app = typer.Typer()
app.command()(augment_quality.run)


def test_every_option_is_named():
    named = {name for parameter in typer.main.get_command(app).params for name in parameter.opts if name[:2] == "--"}
    named -= {"--install-completion", "--show-completion"}
    assert "--border" in named
    assert [name for name in sorted(named) if f"| `{name}" not in PAGE] == []


def test_every_distance_and_yardstick_has_its_row():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == list(MEASURES)
    section = PAGE.split("## Yardsticks")[1].split("\n## ")[0]
    assert len(re.findall(r"^\| .* \|$", section, re.MULTILINE)) == len(YARDSTICKS) + 1


@pytest.mark.parametrize(
    "words",
    [
        f"compared at {SIDE}×{SIDE} pixels",
        f"JPEG of quality {JPEG_QUALITY}",
        f"blurred by {100 * BLUR:.0f} % of the longer side",
        f"square to within {100 * SQUARE:.0f} %",
        f"at most {YARDSTICK_ORIGINALS:,} originals",
        f"{QualityOptions().rows} by default, at most {MOST_ROWS}",
        f"drawn by the seed: {QualityOptions().pictures:,} by default",
        {5: "up to five of its generated pictures"}[MOST_SHOWN],
        {50: "of more than ten pictures 25 to 50 pairs"}[MOST_PAIRS],
    ],
)
def test_what_is_said_of_numbers_is_so(words: str):
    assert words in WORDS


def test_the_python_example_names_what_is_there():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec("\n".join(line for line in example.splitlines() if line.startswith("from ")), names)
    assert callable(names["measure"])


def test_the_figure_is_made_by_the_docs_build():
    assert "figures/ml-wgan.png" in PAGE
    assert '"ml-wgan.png"' in (DOCS / "make_figures" / "ml_wgan.py").read_text(encoding="utf-8")
