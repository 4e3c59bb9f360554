"""The page that a run ends with: when it is written, and what becomes of a run whose page can't be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from corelate.training import last_page
from corelate.training.progress import Silent
from corelate.training.recipe import Recipe
from corelate.training.run import resume, train

from .conftest import tiny_values

WRITER = "corelate.report.run_page.write_report"


class Noting(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train once, with a page that only notes whether the run was finished when it was asked for."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    cache = {"cache": str(folder.parent / "cache")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WRITER, lambda path: (path / "report.html").write_text(str((path / "metrics.json").exists())))
        train(Recipe.from_values(tiny_values(run={"report": True, **cache})), folder)
    return folder


@pytest.fixture
def without_page(trained: Path, tmp_path: Path) -> Path:
    """Copy the run as it is when it was killed before its page was written."""
    copy = Path(shutil.copytree(trained, tmp_path / "run"))
    (copy / "report.html").unlink()
    return copy


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Note the runs whose page is asked for, in place of writing it."""
    paths: list[Path] = []
    monkeypatch.setattr(WRITER, paths.append)
    return paths


def test_the_page_is_written_when_the_run_is_finished(trained: Path):
    assert (trained / "report.html").read_text() == "True"


def test_a_page_that_is_missing_is_written_when_the_run_is_resumed(without_page: Path, written: list[Path]):
    assert resume(without_page)["rules"]
    assert written == [without_page]


def test_a_page_that_is_there_is_left_as_it_is(trained: Path, written: list[Path]):
    resume(trained)
    assert written == []


def test_no_page_where_none_is_wanted(without_page: Path, written: list[Path]):
    recipe = without_page / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("report = true", "report = false"))
    resume(without_page)
    assert written == []


def test_one_process_of_several_writes_a_missing_page(
    without_page: Path, written: list[Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RANK", "1")
    resume(without_page)
    assert written == []


@pytest.mark.parametrize(
    ("error", "reason"), [(OSError(28, "No space left"), "[Errno 28] No space left"), (MemoryError(), "MemoryError")]
)
def test_a_failure_is_said_and_harms_nothing(
    without_page: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
):
    def fail(_: Path) -> None:
        raise error

    monkeypatch.setattr(WRITER, fail)
    reporter = Noting()
    assert resume(without_page, reporter)["rules"]
    again = f"try again with: corelate report {without_page}"
    assert reporter.messages[-1] == f"report not written: {reason}; {again}"


def test_a_run_that_is_stopped_while_its_page_is_written_stays_finished(
    without_page: Path, monkeypatch: pytest.MonkeyPatch, written: list[Path]
):
    def stop(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(WRITER, stop)
        resume(without_page)
    assert resume(without_page)["rules"]
    assert written == [without_page]


def test_training_does_not_wait_for_the_page_to_be_imported():
    assert not any("report" in name for name in vars(last_page))
