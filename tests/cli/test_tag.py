from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from corelate.cli.tag import run
from corelate.errors import BundleError, CorelateError, OptionError, RunError
from corelate.tagging.output import TaggingOutput

Make = Callable[..., Path]

app = typer.Typer()
app.command()(run)


def tag(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def error_of(result: Any) -> CorelateError:
    assert isinstance(result.exception, CorelateError), result.output
    assert result.exception.exit_code == 2
    return result.exception


def json_lines(folder: Path) -> dict[str, list[str]]:
    lines = (folder / "tags.jsonl").read_text(encoding="utf-8").splitlines()
    return {fields["path"]: [entry["label"] for entry in fields["tags"]] for fields in map(json.loads, lines)}


class TestRows:
    def test_each_picture_is_a_line(self, tiny_bundle: Make, photos: Make) -> None:
        photos("a.png", "sub/b.png", colour="red")
        result = tag(tiny_bundle(), photos("c.png", colour="white"))
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines() == [
            "a.png\tred 0.98",
            "c.png\tred 0.98, green 0.98, blue 0.98",
            "sub/b.png\tred 0.98",
        ]
        assert "tagged 3 picture(s)" in result.stderr

    def test_a_picture_without_tags_has_a_line(self, tiny_bundle: Make, photos: Make) -> None:
        result = tag(tiny_bundle(), photos("a.png"), "--threshold", "1")
        assert result.stdout == "a.png\t–\n"

    @pytest.mark.parametrize(
        ("options", "labels"),
        [
            (["--rule", "top_k"], "blue 0.98, red 0.02"),
            (["--rule", "top_k", "--max-tags", "1"], "blue 0.98"),
            (["--threshold", "0.01"], "blue 0.98, red 0.02, green 0.02"),
            (["--threshold", "0"], "blue 0.98, red 0.02, green 0.02"),
        ],
        ids=str,
    )
    def test_options_choose_the_tags(self, tiny_bundle: Make, photos: Make, options: list[str], labels: str) -> None:
        result = tag(tiny_bundle(), photos("a.png", colour="blue"), *options)
        assert result.stdout == f"a.png\t{labels}\n"

    def test_names_steer_neither_terminal_nor_lines(self, tiny_bundle: Make, photos: Make) -> None:
        top = photos("a\x1b[31m.png", "b\nc\td.png", "[bold]e[/bold].png", "ü.png", "\u2028.png")
        (top / "ü.png").rename(top / os.fsdecode(b"caf\xe9.png"))
        result = tag(tiny_bundle(), top)
        assert result.exit_code == 0
        names = [line.partition("\t")[0] for line in result.stdout.split("\n")[:-1]]
        assert names == ["[bold]e[/bold].png", r"a\x1b[31m.png", r"b\nc\td.png", r"caf\xe9.png", r"\u2028.png"]

    def test_on_a_terminal_rows_are_columns_of_its_width(self, tiny_bundle: Make, photos: Make) -> None:
        top = photos(f"{'long/' * 12}end.png", "a.png")
        command = [sys.executable, "-c", "import typer, corelate.cli.tag as t; typer.run(t.run)", tiny_bundle(), top]
        master, slave = pty.openpty()
        environment = {**os.environ, "COLUMNS": "60", "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
        subprocess.run([*map(str, command)], stdout=slave, stderr=subprocess.PIPE, env=environment, check=True)
        os.close(slave)
        shown = os.read(master, 10_000).decode()
        os.close(master)
        lines = [line.rstrip() for line in shown.split("\r\n") if line]
        assert lines[0] == f"{'a.png':32}red 0.98"
        assert lines[1].startswith("…") and lines[1].endswith("end.png  red 0.98")
        assert max(map(len, lines)) <= 60

    def test_an_encoding_without_umlauts_is_no_error(self, tiny_bundle: Make, photos: Make) -> None:
        command = [sys.executable, "-c", "import typer, corelate.cli.tag as t; typer.run(t.run)"]
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        arguments = [str(tiny_bundle()), str(photos("ü.png"))]
        result = subprocess.run([*command, *arguments], capture_output=True, env=environment, check=True)
        assert result.stdout == b"\\xfc.png\tred 0.98\n"


class TestWriting:
    def test_every_writer_gets_every_picture(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        photos("a.png", "sub/b.png", colour="red")
        top = photos("c.png", colour="white")
        out = tmp_path / "out"
        result = tag(tiny_bundle("b"), top, "--write", "jsonl, csv,jsonl", "--out", out)
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        assert json_lines(out) == {"a.png": ["red"], "c.png": ["red", "green", "blue"], "sub/b.png": ["red"]}
        with (out / "tags.csv").open(newline="") as file:
            rows = {row["path"]: row["labels"] for row in csv.DictReader(file)}
        assert rows == {"a.png": "red", "c.png": "red;green;blue", "sub/b.png": "red"}
        assert (out / "skipped.csv").read_text() == "path,reason\n"
        assert json.loads((out / "tagging.json").read_text())["run"]["root"] == str(top)
        assert sorted(path.name for path in out.glob("[!.]*")) == [
            "skipped.csv",
            "tagging.json",
            "tags.csv",
            "tags.jsonl",
        ]

    def test_all_scores_are_written(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        arguments = [tiny_bundle(), photos("a.png"), "--write", "jsonl,csv", "--out", tmp_path / "out"]
        assert tag(*arguments, "--all-scores").exit_code == 0
        line = json.loads((tmp_path / "out" / "tags.jsonl").read_text())
        assert list(line["scores"]) == ["red", "green", "blue"]

    def test_damaged_pictures_are_skipped_and_listed(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        top = photos("a.png", "z.png")
        for number in range(25):
            (top / f"bad{number:02}.png").write_bytes(b"damaged")
        (top / "gone.png").symlink_to("nowhere")
        result = tag(tiny_bundle(), top, "--write", "jsonl", "--out", tmp_path / "out")
        assert result.exit_code == 1
        assert set(json_lines(tmp_path / "out")) == {"a.png", "z.png"}
        assert len((tmp_path / "out" / "skipped.csv").read_text().splitlines()) == 27
        assert "tagged 2 picture(s)" in result.stderr and "skipped 26" in result.stderr
        assert "  bad19.png: holds " in result.stderr and "bad20.png" not in result.stderr
        assert "… and 6 more" in result.stderr

    def test_nothing_but_damaged_pictures_is_no_crash(self, tiny_bundle: Make, photos: Make) -> None:
        top = photos()
        (top / "bad.png").write_bytes(b"damaged")
        result = tag(tiny_bundle(), top / "bad.png")
        assert result.exit_code == 1
        assert result.stdout == ""

    def test_files_that_are_given_are_tried_whatever_their_name(self, tiny_bundle: Make, photos: Make) -> None:
        top = photos("a.png")
        (top / "a.png").rename(top / "a")
        assert tag(tiny_bundle(), top / "a").stdout == "a\tred 0.98\n"

    def test_any_suffix_goes_by_content(self, tiny_bundle: Make, photos: Make) -> None:
        top = photos("a.png", "b.png")
        (top / "a.png").rename(top / "a.jpg")
        (top / "b.png").rename(top / "b.upload")
        bundle = tiny_bundle()
        assert tag(bundle, top).exit_code == 1
        result = tag(bundle, top, "--any-suffix")
        assert result.exit_code == 0
        assert result.stdout == "a.jpg\tred 0.98\nb.upload\tred 0.98\n"


class TestResuming:
    @pytest.fixture
    def arguments(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> list[object]:
        top = photos(*(f"{number}.png" for number in range(9)))
        return [tiny_bundle(), top, "--write", "jsonl,csv", "--out", tmp_path / "out", "--batch-size", 2]

    def interrupt_after(self, count: int, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        write, calls = TaggingOutput.write, iter(range(100))

        def stop(output: TaggingOutput, picture: object) -> None:
            if next(calls) == count:
                raise error
            write(output, picture)

        monkeypatch.setattr(TaggingOutput, "write", stop)

    @pytest.mark.parametrize("count", [0, 1, 5, 8])
    def test_ctrl_c_leaves_what_can_be_resumed(
        self, arguments: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
    ) -> None:
        with monkeypatch.context() as patch:
            self.interrupt_after(count, patch, KeyboardInterrupt())
            result = tag(*arguments)
        assert result.exit_code == 130
        assert "--resume" in result.stderr and str(tmp_path / "out") in result.stderr
        assert not (tmp_path / "out" / "tags.jsonl").exists()
        assert len((tmp_path / "out" / "tags.jsonl.partial").read_text().splitlines()) == count
        result = tag(*arguments, "--resume")
        assert result.exit_code == 0, result.output
        assert f"tagged {9 - count} picture(s)" in result.stderr
        assert list(json_lines(tmp_path / "out")) == [f"{number}.png" for number in range(9)]

    def test_a_crash_leaves_what_can_be_resumed(
        self, arguments: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            self.interrupt_after(4, patch, RuntimeError("crash"))
            assert isinstance(tag(*arguments).exception, RuntimeError)
        with (tmp_path / "out" / "tags.jsonl.partial").open("a") as file:
            file.write('{"path": "4.png", "ta')
        assert tag(*arguments, "--resume").exit_code == 0
        assert list(json_lines(tmp_path / "out")) == [f"{number}.png" for number in range(9)]

    def test_a_finished_run_has_nothing_left_to_do(self, arguments: list[object], tmp_path: Path) -> None:
        assert tag(*arguments).exit_code == 0
        before = (tmp_path / "out" / "tags.jsonl").read_bytes()
        result = tag(*arguments, "--resume")
        assert result.exit_code == 0
        assert "tagged 0 picture(s)" in result.stderr and "9 were there before" in result.stderr
        assert (tmp_path / "out" / "tags.jsonl").read_bytes() == before

    def test_new_pictures_are_added(self, arguments: list[object], photos: Make, tmp_path: Path) -> None:
        assert tag(*arguments).exit_code == 0
        photos("0a.png")
        assert tag(*arguments, "--resume").exit_code == 0
        assert list(json_lines(tmp_path / "out"))[-1] == "0a.png"

    def test_output_that_is_there_is_refused(self, arguments: list[object]) -> None:
        assert tag(*arguments).exit_code == 0
        assert "--overwrite" in str(error_of(tag(*arguments)))
        assert tag(*arguments, "--overwrite").exit_code == 0

    def test_another_rule_or_bundle_is_not_mixed_in(
        self, arguments: list[object], tiny_bundle: Make, tmp_path: Path
    ) -> None:
        assert tag(*arguments).exit_code == 0
        assert isinstance(error_of(tag(*arguments, "--resume", "--rule", "top_k")), RunError)
        other = tiny_bundle("other.zip", labels=("sky", "sea", "boat"))
        assert "annotator was" in str(error_of(tag(other, *arguments[1:], "--resume")))


class TestWrongUse:
    @pytest.fixture(autouse=True)
    def in_a_folder_of_its_own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["--write", "jsonl"], "needs --out DIR"),
            (["--out", "o"], "--out needs --write"),
            (["--write", "xml", "--out", "o"], "unknown writer 'xml': choose one of jsonl, csv"),
            (["--write", "jsnl", "--out", "o"], "did you mean 'jsonl'"),
            (["--write", "", "--out", "o"], "unknown writer ''"),
            (["--write", "jsonl,", "--out", "o"], "unknown writer ''"),
            (["--rule", "beam"], "choose one of fixed, top_k"),
            (["--rule", "fixed", "--threshold", "0.5"], "choose one"),
            (["--threshold", "1.5"], r"1\.5"),
            (["--threshold", "nan"], "nan"),
            (["--resume"], "--resume needs --write"),
            (["--overwrite"], "--overwrite needs --write"),
            (["--resume", "--overwrite", "--write", "csv", "--out", "o"], "contradict"),
            (["--all-scores"], "needs --write jsonl"),
            (["--all-scores", "--write", "csv", "--out", "o"], "needs --write jsonl"),
        ],
        ids=str,
    )
    def test_options_that_do_not_fit_are_refused(
        self, tiny_bundle: Make, photos: Make, options: list[str], message: str
    ) -> None:
        error = error_of(tag(tiny_bundle(), photos("a.png"), *options))
        assert not Path("o").exists()
        assert isinstance(error, OptionError)
        with pytest.raises(OptionError, match=message):
            raise error

    @pytest.mark.parametrize("option", ["--batch-size", "--threads", "--max-tags"])
    @pytest.mark.parametrize("value", ["0", "-1", "many"])
    def test_numbers_below_one_are_refused(self, tiny_bundle: Make, photos: Make, option: str, value: str) -> None:
        assert tag(tiny_bundle(), photos("a.png"), option, value).exit_code == 2

    def test_missing_arguments_are_refused(self, tiny_bundle: Make) -> None:
        assert tag().exit_code == 2
        assert tag(tiny_bundle()).exit_code == 2

    def test_a_missing_photo_is_refused_before_any_work(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        top = photos("a.png")
        result = tag(tiny_bundle(), top, top / "no.png", "--write", "jsonl", "--out", tmp_path / "out")
        assert "no.png does not exist" in str(error_of(result))
        assert not (tmp_path / "out").exists()

    def test_no_picture_is_refused_without_leaving_files(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        top = photos()
        (top / "notes.txt").touch()
        result = tag(tiny_bundle(), top, "--write", "jsonl", "--out", tmp_path / "out")
        assert "no picture found" in str(error_of(result)) and "--any-suffix" in str(error_of(result))
        assert not (tmp_path / "out").exists()

    def test_a_missing_bundle_is_refused(self, photos: Make, tmp_path: Path) -> None:
        top = photos("a.png")
        for wrong in (top, top / "a.png", tmp_path / "no.zip"):
            assert isinstance(error_of(tag(wrong, top)), BundleError)

    def test_the_output_must_be_a_folder(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        (tmp_path / "out").touch()
        result = tag(tiny_bundle(), photos("a.png"), "--write", "jsonl", "--out", tmp_path / "out")
        assert "is a file" in str(error_of(result))

    def test_labels_that_csv_cannot_hold_are_refused(self, tiny_bundle: Make, photos: Make, tmp_path: Path) -> None:
        bundle = tiny_bundle(labels=("a", "b;c", "d"))
        result = tag(bundle, photos("a.png"), "--write", "csv", "--out", tmp_path / "out")
        assert "'b;c' holds ';'" in str(error_of(result))
        assert not (tmp_path / "out").exists()


def test_progress_is_told_in_lines_where_there_is_no_terminal(
    tiny_bundle: Make, photos: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corelate.cli.tag_progress.SECONDS_BETWEEN_LINES", 0.0)
    result = tag(tiny_bundle(), photos("a.png", "b.png"), "--write", "csv", "--out", tmp_path / "out")
    assert result.stderr.splitlines()[0].startswith("1 of 2 pictures, ")
    assert result.stderr.splitlines()[1].startswith("2 of 2 pictures, ")
