from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corelate.data.spec import load_annotations
from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.tagging.pictures import Tag, TaggedPicture
from corelate.tagging.writers import WRITERS
from corelate.tagging.writers.base import TagWriter
from corelate.tagging.writers.csv import CsvWriter
from corelate.tagging.writers.json_lines import JsonLinesWriter

VOCABULARY = Vocabulary(["sea", "blue sky", 'q"uote', "com,ma", "höhle"])


def picture(name: str = "a/b.jpg", tags: list[Tag] | None = None, scores: np.ndarray | None = None) -> TaggedPicture:
    tags = [Tag("blue sky", 0.93), Tag("sea", 0.5)] if tags is None else tags
    return TaggedPicture(Path("/photos") / name, name, tags, scores)


@pytest.fixture(params=WRITERS.names)
def writer_class(request: pytest.FixtureRequest) -> type[TagWriter]:
    return WRITERS.load(request.param)


class TestEveryWriter:
    def test_it_begins_with_nothing_there(self, writer_class: type[TagWriter], tmp_path: Path) -> None:
        writer = writer_class(tmp_path, VOCABULARY)
        assert writer.existing() == []
        writer.open(resume=False)
        assert "a/b.jpg" not in writer
        writer.close()

    def test_an_unfinished_run_is_found_again(self, writer_class: type[TagWriter], tmp_path: Path) -> None:
        first = writer_class(tmp_path, VOCABULARY)
        first.open(resume=False)
        first.write(picture())
        first.close()
        second = writer_class(tmp_path, VOCABULARY)
        assert second.existing()
        second.open(resume=True)
        assert "a/b.jpg" in second
        assert "other.jpg" not in second
        second.close()

    def test_a_finished_run_is_found_again(self, writer_class: type[TagWriter], tmp_path: Path) -> None:
        for name in ("a.jpg", "b.jpg"):
            writer = writer_class(tmp_path, VOCABULARY)
            writer.open(resume=True)
            writer.write(picture(name))
            writer.finish()
            writer.close()
        last = writer_class(tmp_path, VOCABULARY)
        last.open(resume=True)
        assert "a.jpg" in last and "b.jpg" in last
        last.close()

    def test_starting_anew_forgets(self, writer_class: type[TagWriter], tmp_path: Path) -> None:
        for _ in range(2):
            writer = writer_class(tmp_path, VOCABULARY)
            writer.open(resume=False)
            assert "a/b.jpg" not in writer
            writer.write(picture())
            writer.finish()

    def test_nothing_is_written_outside_of_the_folder(self, writer_class: type[TagWriter], tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        writer = writer_class(tmp_path / "out", VOCABULARY)
        writer.open(resume=False)
        writer.write(picture("../../evil.jpg"))
        writer.finish()
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_pictures_without_tags_are_written_too(self, writer_class: type[TagWriter], tmp_path: Path) -> None:
        writer = writer_class(tmp_path, VOCABULARY)
        writer.open(resume=False)
        writer.write(picture(tags=[]))
        writer.finish()
        again = writer_class(tmp_path, VOCABULARY)
        again.open(resume=True)
        assert "a/b.jpg" in again
        again.close()


def write_one(writer: TagWriter, *pictures: TaggedPicture) -> str:
    writer.open(resume=False)
    for item in pictures:
        writer.write(item)
    writer.finish()
    (path,) = writer.existing()
    return path.read_text(encoding="utf-8")


class TestJsonLines:
    def test_a_line_holds_path_and_tags(self, tmp_path: Path) -> None:
        text = write_one(JsonLinesWriter(tmp_path, VOCABULARY), picture("ä\u2028.jpg"), picture("b.jpg", []))
        assert text == (
            '{"path": "ä\u2028.jpg", "tags": [{"label": "blue sky", "score": 0.93}, {"label": "sea", "score": 0.5}]}\n'
            '{"path": "b.jpg", "tags": []}\n'
        )

    def test_all_scores_are_written_by_label(self, tmp_path: Path) -> None:
        scores = np.array([0.5, 0.93, 1e-6, 0, 1 / 3], np.float32)
        fields = json.loads(write_one(JsonLinesWriter(tmp_path, VOCABULARY), picture(scores=scores)))
        assert list(fields["scores"]) == list(VOCABULARY)
        np.testing.assert_array_equal(np.array(list(fields["scores"].values()), np.float32), scores)


class TestCsv:
    def test_a_row_holds_path_labels_and_scores(self, tmp_path: Path) -> None:
        tags = [Tag('q"uote', 0.9), Tag("com,ma", 0.8), Tag("höhle", 0.75)]
        text = write_one(CsvWriter(tmp_path, VOCABULARY), picture('x,"y.jpg', tags), picture("b.jpg", []))
        assert text.startswith("path,labels,scores\n")
        rows = list(csv.DictReader(text.splitlines()))
        assert rows == [
            {"path": 'x,"y.jpg', "labels": 'q"uote;com,ma;höhle', "scores": "0.9;0.8;0.75"},
            {"path": "b.jpg", "labels": "", "scores": ""},
        ]

    def test_a_label_with_the_separator_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(OptionError, match=r"'sea; sky' holds ';'.*jsonl"):
            CsvWriter(tmp_path, Vocabulary(["boat", "sea; sky"]))

    def test_the_csv_data_format_reads_it(self, tmp_path: Path) -> None:
        (tmp_path / "photos" / "sub").mkdir(parents=True)
        tags = {"sub/a;b.jpg": [Tag('q"uote', 0.9), Tag("com,ma", 0.8)], 'x,"y.jpg': [Tag("höhle", 0.7)], "z.jpg": []}
        for name in tags:
            Image.new("RGB", (4, 4)).save(tmp_path / "photos" / name)
        write_one(CsvWriter(tmp_path, VOCABULARY), *(picture(name, tags[name]) for name in tags))
        annotations = load_annotations(f"csv:{tmp_path}/tags.csv?images=photos")
        read = {name: annotations.labels_of(row) for row, name in enumerate(annotations.names)}
        assert read == {name: sorted(tag.label for tag in tags[name]) for name in tags}
