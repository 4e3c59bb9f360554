from __future__ import annotations

import dataclasses
import errno
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from corelate.data.vocabulary import Vocabulary
from corelate.errors import RunError
from corelate.tagging.output import Existing, RunRecord, TaggingOutput
from corelate.tagging.pictures import SkippedPicture, Tag, TaggedPicture
from corelate.tagging.writers import WRITERS

RECORD = RunRecord(root="/photos", annotator="f" * 64, rule="fixed")


def output(folder: Path, *names: str, record: RunRecord = RECORD) -> TaggingOutput:
    vocabulary = Vocabulary(["sea"])
    return TaggingOutput(folder, {name: WRITERS.load(name)(folder, vocabulary) for name in names or ("jsonl",)}, record)


def tagged(name: str) -> TaggedPicture:
    return TaggedPicture(Path(name), name, [Tag("sea", 0.75)])


def run(
    folder: Path,
    names: Sequence[str],
    *,
    writers: Sequence[str] = ("jsonl",),
    existing: Existing = Existing.RESUME,
    finish: bool = True,
    record: RunRecord = RECORD,
) -> None:
    target = output(folder, *writers, record=record)
    target.open(existing)
    for name in names:
        if name not in target:
            target.write(tagged(name))
    if finish:
        target.finish()
    target.close()


def paths_in(folder: Path) -> list[str]:
    return [json.loads(line)["path"] for line in (folder / "tags.jsonl").read_text().splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_finished_run_leaves_results_record_and_what_was_skipped(tmp_path: Path) -> None:
    target = output(tmp_path / "new" / "out", "jsonl", "csv")
    target.open()
    target.write(tagged("a.jpg"))
    target.write(SkippedPicture(Path("b.jpg"), 'b,"x.jpg', "damaged, or not\na picture"))
    target.finish()
    target.close()
    folder = tmp_path / "new" / "out"
    assert files(folder) == ["skipped.csv", "tagging.json", "tags.csv", "tags.jsonl"]
    assert (folder / "skipped.csv").read_text() == 'path,reason\n"b,""x.jpg","damaged, or not\na picture"\n'
    record = json.loads((folder / "tagging.json").read_text())
    assert record["run"] == dataclasses.asdict(RECORD)
    assert record["writers"] == ["csv", "jsonl"]


def test_an_unfinished_run_leaves_partial_files_only(tmp_path: Path) -> None:
    run(tmp_path, ["a"], finish=False)
    assert files(tmp_path) == ["skipped.csv.partial", "tagging.json.partial", "tags.jsonl.partial"]


@pytest.mark.parametrize("finish", [True, False])
def test_existing_output_is_refused_with_the_ways_on(tmp_path: Path, finish: bool) -> None:
    run(tmp_path, ["a"], finish=finish)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RunError, match=r"--resume.*--overwrite"):
        output(tmp_path).open()
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize("finish", [True, False])
def test_resuming_adds_what_is_missing(tmp_path: Path, finish: bool) -> None:
    run(tmp_path, ["a", "b"], finish=finish)
    run(tmp_path, ["a", "b", "c"])
    assert paths_in(tmp_path) == ["a", "b", "c"]


def test_resuming_nothing_is_starting(tmp_path: Path) -> None:
    run(tmp_path, ["a"])
    assert paths_in(tmp_path) == ["a"]


def test_writers_that_got_less_far_catch_up(tmp_path: Path) -> None:
    run(tmp_path, ["a", "b"], writers=("jsonl", "csv"), finish=False)
    rows = (tmp_path / "tags.csv.partial").read_text().splitlines(keepends=True)
    (tmp_path / "tags.csv.partial").write_text("".join(rows[:-1]))
    run(tmp_path, ["a", "b", "c"], writers=("jsonl", "csv"))
    assert paths_in(tmp_path) == ["a", "b", "c"]
    assert [row.partition(",")[0] for row in (tmp_path / "tags.csv").read_text().splitlines()] == [
        "path",
        "a",
        "b",
        "c",
    ]


def test_a_crash_between_the_renames_is_resumed(tmp_path: Path) -> None:
    run(tmp_path, ["a"], writers=("jsonl", "csv"), finish=False)
    (tmp_path / "tags.jsonl.partial").rename(tmp_path / "tags.jsonl")
    run(tmp_path, ["a", "b"], writers=("jsonl", "csv"))
    assert paths_in(tmp_path) == ["a", "b"]
    assert files(tmp_path) == ["skipped.csv", "tagging.json", "tags.csv", "tags.jsonl"]


def test_a_writer_may_be_added_later(tmp_path: Path) -> None:
    run(tmp_path, ["a"], writers=("jsonl",))
    run(tmp_path, ["a", "b"], writers=("csv",))
    run(tmp_path, ["a", "b"], writers=("jsonl",))
    assert paths_in(tmp_path) == ["a", "b"]
    assert json.loads((tmp_path / "tagging.json").read_text())["writers"] == ["csv", "jsonl"]


def test_skipped_pictures_are_tried_again(tmp_path: Path) -> None:
    target = output(tmp_path)
    target.open()
    target.write(SkippedPicture(Path("a"), "a", "damaged"))
    target.finish()
    target.close()
    run(tmp_path, ["a"])
    assert paths_in(tmp_path) == ["a"]
    assert (tmp_path / "skipped.csv").read_text() == "path,reason\n"


def test_overwriting_replaces_at_the_end_only(tmp_path: Path) -> None:
    run(tmp_path, ["old"])
    run(tmp_path, ["half"], existing=Existing.OVERWRITE, finish=False)
    assert paths_in(tmp_path) == ["old"]
    run(tmp_path, ["half", "new"])
    assert paths_in(tmp_path) == ["half", "new"]
    run(tmp_path, ["newest"], existing=Existing.OVERWRITE)
    assert paths_in(tmp_path) == ["newest"]
    assert files(tmp_path) == ["skipped.csv", "tagging.json", "tags.jsonl"]


@pytest.mark.parametrize(
    "change",
    [
        {"root": "/other"},
        {"annotator": "0" * 64},
        {"rule": "top_k"},
        {"rule": None, "threshold": 0.3},
        {"max_tags": 3},
        {"all_scores": True},
    ],
    ids=str,
)
def test_a_run_is_not_resumed_in_another_way(tmp_path: Path, change: dict[str, object]) -> None:
    run(tmp_path, ["a"], finish=False)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(RunError, match=rf"{next(iter(change))} was .*, now "):
        run(tmp_path, ["b"], record=dataclasses.replace(RECORD, **change))
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


def test_a_crash_while_overwriting_mixes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, ["old"], finish=False)
    anew = dataclasses.replace(RECORD, rule="top_k")
    with monkeypatch.context() as patch:
        patch.setattr("corelate.tagging.writers.json_lines.JsonLinesWriter.open", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(tmp_path, ["new"], existing=Existing.OVERWRITE, record=anew)
    run(tmp_path, ["new"], record=anew)
    assert paths_in(tmp_path) == ["new"]


def test_results_that_another_run_left_are_not_mixed_in(tmp_path: Path) -> None:
    run(tmp_path, ["a"], writers=("csv",))
    run(tmp_path, ["a"], existing=Existing.OVERWRITE, record=dataclasses.replace(RECORD, rule="top_k"))
    with pytest.raises(RunError, match=r"tags\.csv is from another run"):
        run(tmp_path, ["a"], writers=("csv",), record=dataclasses.replace(RECORD, rule="top_k"))


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"run": 3, "writers": []}', '{"run": {}}'])
def test_output_without_a_readable_record_is_not_resumed(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "tags.jsonl").write_text('{"path": "mine"}\n')
    if content is not None:
        (tmp_path / "tagging.json").write_text(content)
    with pytest.raises(RunError, match="missing or damaged"):
        run(tmp_path, ["a"])
    assert (tmp_path / "tags.jsonl").read_text() == '{"path": "mine"}\n'


def test_a_full_disk_keeps_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = output(tmp_path)
    target.open()
    target.write(tagged("a"))

    def full(record: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(target._writers["jsonl"]._file, "write", full)
        with pytest.raises(RunError, match=r"No space left on device.*--resume"):
            target.write(tagged("b"))
    target.close()
    run(tmp_path, ["a", "b"])
    assert paths_in(tmp_path) == ["a", "b"]


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="can't be written"):
        output(tmp_path / "file" / "out").open()


def test_two_runs_do_not_write_at_once(tmp_path: Path) -> None:
    first = output(tmp_path)
    first.open()
    with pytest.raises(RunError, match="in use by another process"):
        output(tmp_path).open(Existing.RESUME)
    first.close()
    run(tmp_path, ["a"])
    assert paths_in(tmp_path) == ["a"]


def test_a_refusal_lets_go_of_the_folder(tmp_path: Path) -> None:
    run(tmp_path, ["a"], finish=False)
    refused = output(tmp_path)
    with pytest.raises(RunError, match="--resume"):
        refused.open()
    run(tmp_path, ["a", "b"])
    assert paths_in(tmp_path) == ["a", "b"]
