"""Pictures of docs/explain/report.md: parts of a report as a browser shows them; they need Chromium."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from workshop import Workshop

from corelate.files import write_bytes
from corelate.report.run_page import write_report

PARTS = {"report-summary": "summary", "report-pictures": "pictures"}
SIZE = {"width": 1000, "height": 760}
COLOURS = 255


def make(folder: Path, workshop: Workshop) -> None:
    """Write the report of a run and photograph some of its parts, the last one dark.

    Raises:
        SystemExit: There is no Chromium.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("the pictures of reports are taken by Chromium: install it, e.g. apt-get install chromium")
    run = workshop.run()
    path = write_report(run)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, part in PARTS.items():
            dark = part == "pictures"
            page = browser.new_page(viewport=SIZE, color_scheme="dark" if dark else "light")
            page.goto(f"{path.resolve().as_uri()}#{part}")
            write_bytes(folder / f"{name}.png", _photograph(page))
        browser.close()


def _photograph(page: Page) -> bytes:
    """Return what is to be seen as a PNG with few colours, which is a fraction of the size."""
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()
