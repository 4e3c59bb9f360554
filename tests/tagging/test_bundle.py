from __future__ import annotations

import io
import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corelate.errors import BundleError
from corelate.tagging import bundle_sources
from corelate.tagging.bundle import read_bundle, write_bundle

Make = Callable[..., Path]


def repack(source: Path, target: Path, prefix: str = "", extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(prefix + name, old.read(name))
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return target


@pytest.mark.parametrize("name", ["annotator.zip", "annotator.ZIP", "annotator"])
def test_what_is_written_is_read_back(tiny_bundle: Make, name: str) -> None:
    path = tiny_bundle(name)
    assert path.is_dir() == (name == "annotator")
    bundle = read_bundle(str(path))
    assert bundle.read_file("model.safetensors") == b"weights"
    assert set(bundle.description.files) == {"model.onnx", "model.safetensors"}
    bundle.verify()


def test_folder_and_archive_hold_the_same(tiny_bundle: Make) -> None:
    assert read_bundle(tiny_bundle("a.zip")).fingerprint == read_bundle(tiny_bundle("a")).fingerprint


def test_the_same_content_gives_the_same_archive(tiny_bundle: Make) -> None:
    assert tiny_bundle("a.zip").read_bytes() == tiny_bundle("b.zip").read_bytes()


def test_files_are_copied_from_paths_and_subfolders(tiny_bundle: Make, tmp_path: Path) -> None:
    description = read_bundle(tiny_bundle()).description
    (tmp_path / "weights").write_bytes(b"w" * 3_000_000)
    for target in ("c.zip", "c"):
        files = {"model.onnx": b"m", "graph/edges.npy": tmp_path / "weights", "empty": b""}
        bundle = write_bundle(tmp_path / target, description, files)
        assert bundle.read_file("graph/edges.npy") == b"w" * 3_000_000
        assert bundle.read_file("empty") == b""


class TestArchives:
    def test_one_root_folder_is_entered(self, tiny_bundle: Make, tmp_path: Path) -> None:
        path = repack(tiny_bundle(), tmp_path / "b.zip", "annotator-1.0/", {"__MACOSX/._annotator-1.0": b"mac"})
        assert read_bundle(path).read_file("model.safetensors") == b"weights"

    def test_two_root_folders_are_not_guessed_at(self, tiny_bundle: Make, tmp_path: Path) -> None:
        path = repack(tiny_bundle(), tmp_path / "b.zip", "one/", {"two/annotator.json": b"{}"})
        with pytest.raises(BundleError, match=r"holds no annotator\.json"):
            read_bundle(path)

    @pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "C:/evil"])
    def test_names_that_lead_out_are_refused(self, tiny_bundle: Make, tmp_path: Path, name: str) -> None:
        with pytest.raises(BundleError, match="not allowed"):
            read_bundle(repack(tiny_bundle(), tmp_path / "b.zip", extra={name: b"x"}))

    def test_links_are_refused(self, tiny_bundle: Make, tmp_path: Path) -> None:
        path = repack(tiny_bundle(), tmp_path / "b.zip")
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(entry, "/etc/passwd")
        with pytest.raises(BundleError, match="is a link"):
            read_bundle(path)

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_a_name_given_twice_is_refused(self, tiny_bundle: Make, tmp_path: Path) -> None:
        with pytest.raises(BundleError, match=r"holds 'model\.onnx' twice"):
            read_bundle(repack(tiny_bundle(), tmp_path / "b.zip", extra={"model.onnx": b"other"}))

    def test_encryption_is_refused(self, tiny_bundle: Make, tmp_path: Path) -> None:
        path = repack(tiny_bundle(), tmp_path / "b.zip")
        content = bytearray(path.read_bytes())
        central = content.rindex(b"PK\x01\x02")
        content[central + 8] |= 1
        path.write_bytes(content)
        with pytest.raises(BundleError, match="encrypted"):
            read_bundle(path)

    def test_a_bomb_is_refused_before_it_unpacks(self, tiny_bundle: Make, tmp_path: Path) -> None:
        zeros = bytes(32 << 20)
        description = read_bundle(tiny_bundle()).description
        folder = write_bundle(tmp_path / "big", description, {"model.onnx": zeros}).path
        with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in folder.iterdir():
                archive.write(file, file.name)
        assert (tmp_path / "bomb.zip").stat().st_size < 100_000
        with pytest.raises(BundleError, match="unpacks to over 200 times its size"):
            read_bundle(tmp_path / "bomb.zip").read_file("model.onnx")

    def test_a_giant_description_is_refused_before_it_unpacks(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("annotator.json", b" " * (17 << 20))
        with pytest.raises(BundleError, match="more than the"):
            read_bundle(tmp_path / "b.zip")

    def test_many_entries_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundle_sources, "MAX_ENTRIES", 3)
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
            for number in range(4):
                archive.writestr(str(number), b"")
        with pytest.raises(BundleError, match="4 entries"):
            read_bundle(tmp_path / "b.zip")

    def test_every_truncation_is_refused(self, tiny_bundle: Make, tmp_path: Path) -> None:
        content = tiny_bundle().read_bytes()
        for size in range(0, len(content), 97):
            (tmp_path / "cut.zip").write_bytes(content[:size])
            with pytest.raises(BundleError):
                read_bundle(tmp_path / "cut.zip").verify()

    def test_every_flipped_byte_is_noticed_or_harmless(self, tiny_bundle: Make, tmp_path: Path) -> None:
        content = tiny_bundle().read_bytes()
        weights = content.index(b"weights", content.index(b"model.safetensors"))
        for position in [*range(0, len(content), 61), weights]:
            changed = bytearray(content)
            changed[position] ^= 0x55
            (tmp_path / "flipped.zip").write_bytes(changed)
            try:
                bundle = read_bundle(tmp_path / "flipped.zip")
                assert bundle.read_file("model.safetensors") == b"weights"
            except BundleError:
                continue
            assert position != weights

    def test_a_picture_is_no_archive(self, photos: Make) -> None:
        with pytest.raises(BundleError, match="neither a bundle folder nor a readable zip"):
            read_bundle(photos("a.png") / "a.png")


class TestFolders:
    def test_a_missing_path_says_what_to_give(self, tmp_path: Path) -> None:
        with pytest.raises(BundleError, match=r"give the folder or \.zip of an annotator bundle"):
            read_bundle(tmp_path / "nothing")

    def test_a_folder_of_photos_is_no_bundle(self, photos: Make) -> None:
        with pytest.raises(BundleError, match=r"not an annotator bundle: it holds no annotator\.json"):
            read_bundle(photos("a.png"))

    def test_a_missing_file_is_named(self, tiny_bundle: Make) -> None:
        path = tiny_bundle("b")
        (path / "model.onnx").unlink()
        with pytest.raises(BundleError, match=r"holds no model\.onnx"):
            read_bundle(path)

    def test_a_file_cut_short_is_noticed_when_opening(self, tiny_bundle: Make) -> None:
        path = tiny_bundle("b")
        (path / "model.safetensors").write_bytes(b"weigh")
        with pytest.raises(BundleError, match="5 bytes instead of 7"):
            read_bundle(path)

    def test_a_changed_file_is_noticed_when_read(self, tiny_bundle: Make) -> None:
        path = tiny_bundle("b")
        (path / "model.safetensors").write_bytes(b"WEIGHTS")
        bundle = read_bundle(path)
        with pytest.raises(BundleError, match="checksum differs"):
            bundle.read_file("model.safetensors")

    @pytest.mark.parametrize("name", ["annotator.json", "other", "../bundles/b/model.onnx", "/etc/passwd"])
    def test_only_listed_files_are_read(self, tiny_bundle: Make, name: str) -> None:
        path = tiny_bundle("b")
        (path / "other").write_bytes(b"x")
        with pytest.raises(BundleError, match=r"its files are: model\.onnx, model\.safetensors"):
            read_bundle(path).read_file(name)

    def test_a_link_out_of_the_folder_is_refused(self, tiny_bundle: Make, tmp_path: Path) -> None:
        path = tiny_bundle("b")
        (tmp_path / "elsewhere").write_bytes(b"weights")
        (path / "model.safetensors").unlink()
        (path / "model.safetensors").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BundleError, match="leads out of the bundle"):
            read_bundle(path)

    def test_a_link_to_the_bundle_is_followed(self, tiny_bundle: Make, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tiny_bundle("b"))
        assert read_bundle(tmp_path / "link").read_file("model.safetensors") == b"weights"

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_pipes_are_refused_without_waiting(self, tiny_bundle: Make, tmp_path: Path) -> None:
        path = tiny_bundle("b")
        (path / "annotator.json").unlink()
        os.mkfifo(path / "annotator.json")
        os.mkfifo(tmp_path / "pipe.zip")
        for hanging in (path, tmp_path / "pipe.zip"):
            with pytest.raises(BundleError, match=r"plain file|no folder and no file"):
                read_bundle(hanging)

    def test_the_error_of_a_bad_description_names_the_bundle(self, tiny_bundle: Make) -> None:
        path = tiny_bundle("b")
        (path / "annotator.json").write_text("{}")
        with pytest.raises(BundleError, match=rf"{path}.*describes something else"):
            read_bundle(path)


class TestWriting:
    @pytest.fixture
    def description(self, tiny_bundle: Make) -> Any:
        return read_bundle(tiny_bundle("first.zip")).description

    @pytest.mark.parametrize("name", ["b", "b.zip"])
    def test_what_exists_is_kept_unless_told_otherwise(self, description: Any, tmp_path: Path, name: str) -> None:
        write_bundle(tmp_path / name, description, {"model.onnx": b"old"})
        with pytest.raises(BundleError, match="already exists"):
            write_bundle(tmp_path / name, description, {"model.onnx": b"new"})
        assert read_bundle(tmp_path / name).read_file("model.onnx") == b"old"
        write_bundle(tmp_path / name, description, {"model.onnx": b"new"}, overwrite=True)
        assert read_bundle(tmp_path / name).read_file("model.onnx") == b"new"
        assert sorted(item.name for item in tmp_path.iterdir()) == sorted([name, "bundles"])

    def test_only_bundles_are_overwritten(self, description: Any, photos: Make, tmp_path: Path) -> None:
        folder = photos("a.png")
        (tmp_path / "letter.zip").write_bytes(b"dear")
        for precious in (folder, tmp_path / "letter.zip"):
            with pytest.raises(BundleError, match="is not a bundle, so it is not overwritten"):
                write_bundle(precious, description, {}, overwrite=True)
        assert (folder / "a.png").exists()

    def test_a_bundle_with_foreign_files_is_not_overwritten(self, description: Any, tmp_path: Path) -> None:
        write_bundle(tmp_path / "b", description, {"model.onnx": b"old"})
        (tmp_path / "b" / "notes").mkdir()
        (tmp_path / "b" / "notes" / "mine.txt").write_text("precious")
        with pytest.raises(BundleError, match=r"'notes/mine\.txt'"):
            write_bundle(tmp_path / "b", description, {"model.onnx": b"new"}, overwrite=True)
        assert (tmp_path / "b" / "notes" / "mine.txt").read_text() == "precious"

    def test_an_empty_folder_may_be_filled(self, description: Any, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()
        assert write_bundle(tmp_path / "b", description, {"model.onnx": b"m"}).read_file("model.onnx") == b"m"

    @pytest.mark.parametrize("name", ["b", "b.zip"])
    @pytest.mark.parametrize("exists", [False, True])
    def test_a_failure_leaves_what_was_there(self, description: Any, tmp_path: Path, name: str, exists: bool) -> None:
        if exists:
            write_bundle(tmp_path / name, description, {"model.onnx": b"old"})
        before = sorted(item.name for item in tmp_path.iterdir())
        with pytest.raises(BundleError, match="can't be written"):
            write_bundle(
                tmp_path / name, description, {"model.onnx": b"new", "gone": tmp_path / "gone"}, overwrite=True
            )
        assert sorted(item.name for item in tmp_path.iterdir()) == before
        if exists:
            assert read_bundle(tmp_path / name).read_file("model.onnx") == b"old"

    def test_a_rename_that_fails_brings_the_old_folder_back(
        self, description: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_bundle(tmp_path / "b", description, {"model.onnx": b"old"})
        rename = Path.rename

        def refuse_new(path: Path, target: Path) -> Path:
            if path.suffix == ".partial":
                raise PermissionError(13, "Permission denied")
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", refuse_new)
        with pytest.raises(BundleError, match="can't be written"):
            write_bundle(tmp_path / "b", description, {"model.onnx": b"new"}, overwrite=True)
        assert read_bundle(tmp_path / "b").read_file("model.onnx") == b"old"

    @pytest.mark.parametrize("name", ["../evil", "annotator.json", "a\\b"])
    def test_bad_names_are_refused_before_anything_is_written(
        self, description: Any, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(BundleError):
            write_bundle(tmp_path / "b", description, {name: b"x"})
        assert not (tmp_path / "b").exists()

    def test_a_description_that_json_cannot_hold_leaves_nothing(self, description: Any, tmp_path: Path) -> None:
        import dataclasses

        bad = dataclasses.replace(description, metrics={"map": float("nan")})
        with pytest.raises(BundleError, match="NaN"):
            write_bundle(tmp_path / "b.zip", bad, {})
        assert [item.name for item in tmp_path.iterdir()] == ["bundles"]

    def test_the_description_is_readable_by_people(self, description: Any, tmp_path: Path) -> None:
        folder = write_bundle(tmp_path / "b", description, {"model.onnx": b"m"}).path
        fields = json.loads((folder / "annotator.json").read_text(encoding="utf-8"))
        assert fields["vocabulary"] == ["red", "green", "blue"]
        assert fields["files"]["model.onnx"]["bytes"] == 1


def test_threads_may_read_at_once(tiny_bundle: Make) -> None:
    bundle = read_bundle(tiny_bundle())
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(bundle.read_file("model.safetensors"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"weights"] * 8


def test_an_archive_in_memory_is_what_zip_tools_expect(tiny_bundle: Make) -> None:
    with zipfile.ZipFile(io.BytesIO(tiny_bundle().read_bytes())) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["annotator.json", "model.onnx", "model.safetensors"]
