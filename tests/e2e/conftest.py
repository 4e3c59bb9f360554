"""Commands run as users run them: in processes of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

# For tests of pages: Chromium as the system installs it, and Playwright.
CHROMIUM = os.environ.get("CORELATE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
WIDE = {"width": 1200, "height": 900}
Open = Callable[..., Any]

Command = Callable[..., "subprocess.CompletedProcess[str]"]
TINY = [
    *("--data", "scenes:48?size=32&test=0.25", "--validation", "0.25"),
    *("--backbone", "test_resnet", "--weights", "none", "--image-size", "32"),
    *("--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5"),
    *("--epochs", "2", "--batch-size", "8", "--learning-rate", "1e-3", "--accelerator", "cpu"),
    "--no-report",
]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Compute with one thread also where no command is run: the networks are tiny."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return the environment of the commands: one thread, a cache of their own."""
    return {**os.environ, "CORELATE_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


@pytest.fixture
def corelate(environment: dict[str, str], tmp_path: Path) -> Command:
    """Run ``corelate`` in the test's folder and return what it printed."""

    def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "corelate", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == code, f"{command} gave {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright

        if not CHROMIUM:
            raise FileNotFoundError("no chromium on the path; name it with CORELATE_CHROMIUM")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            yield browser
            browser.close()
    except (ImportError, FileNotFoundError) as error:
        if os.environ.get("CORELATE_REQUIRE_BROWSER") == "1":
            pytest.fail(f"a browser is required: {error}")
        pytest.skip(f"no browser: {error}")


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Open a file; when the test ends nothing must have been said, asked or loaded."""
    contexts, events = [], []

    def visit(path: Path, viewport: dict[str, int] = WIDE, scheme: str = "light") -> Any:
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        address = path.resolve().as_uri()
        page.on("console", lambda message: events.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: events.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (events.append(f"dialog: {dialog.message}"), dialog.dismiss()))

        def note(request: Any) -> None:
            if request.url != address and not request.url.startswith("data:"):
                events.append(f"request: {request.url}")

        page.on("request", note)
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert events == []
