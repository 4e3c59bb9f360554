from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from corelate.training.feature_cache import FeatureCache, default_cache_folder, picture_digest, picture_digests

KEY = {"backbone": "none", "size": [8, 8]}


@dataclass(frozen=True)
class Bytes:
    name: str
    content: bytes

    def read(self) -> bytes:
        return self.content


def digests(count: int, offset: int = 0) -> list[bytes]:
    return [picture_digest(Bytes(str(number), f"picture {number + offset}".encode())) for number in range(count)]


def features(count: int, offset: int = 0) -> np.ndarray:
    return (np.arange(count, dtype=np.float32) + offset)[:, None] * np.ones(4, np.float32)


def test_what_was_added_is_found_by_the_next_process(tmp_path: Path):
    FeatureCache(tmp_path, KEY).add(digests(5), features(5))
    again = FeatureCache(tmp_path, KEY)
    order = [3, 0, 4]
    found = again.gather([digests(5)[row] for row in order])
    assert found.shape == (3, 4)
    assert np.array_equal(found[np.arange(3)], features(5)[order])
    assert digests(1, offset=99)[0] not in again


def test_another_way_of_computing_has_another_folder(tmp_path: Path):
    FeatureCache(tmp_path, KEY).add(digests(1), features(1))
    assert digests(1)[0] not in FeatureCache(tmp_path, {**KEY, "size": [9, 9]})


def test_the_content_counts_and_not_the_name():
    same = [Bytes("a", b"x"), Bytes("b", b"x"), Bytes("a", b"y")]
    first, second, third = picture_digests(same)
    assert first == second != third


def test_pictures_added_elsewhere_appear_after_a_refresh(tmp_path: Path):
    one, other = FeatureCache(tmp_path, KEY), FeatureCache(tmp_path, KEY)
    other.add(digests(2), features(2))
    assert digests(2)[1] not in one
    one.refresh()
    assert np.array_equal(one[digests(2)[1]], features(2)[1])


@pytest.mark.parametrize("damage", ["features cut", "features gone", "digests cut", "rows missing"])
def test_a_damaged_shard_is_as_good_as_none(tmp_path: Path, damage: str):
    cache = FeatureCache(tmp_path, KEY)
    cache.add(digests(3), features(3))
    (feature_file,) = cache.folder.glob("*.features.npy")
    (digest_file,) = cache.folder.glob("*.digests.npy")
    if damage == "features cut":
        feature_file.write_bytes(feature_file.read_bytes()[:-3])
    elif damage == "features gone":
        feature_file.unlink()
    elif damage == "digests cut":
        digest_file.write_bytes(digest_file.read_bytes()[:40])
    else:
        np.save(feature_file, features(2))
    assert digests(3)[0] not in FeatureCache(tmp_path, KEY)


def test_a_shard_that_was_never_finished_is_not_seen(tmp_path: Path):
    cache = FeatureCache(tmp_path, KEY)
    np.save(cache.folder / "abc.features.npy", features(3))
    (cache.folder / ".abc.digests.npy.123.partial").write_bytes(b"half")
    assert digests(3)[0] not in FeatureCache(tmp_path, KEY)


def _fill(folder: Path, offset: int) -> None:
    for start in range(0, 40, 4):
        cache = FeatureCache(folder, KEY)
        cache.add(digests(4, offset + start), features(4, offset + start))


def test_two_processes_fill_one_folder(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    # They overlap by half, so that both also write the same pictures.
    workers = [context.Process(target=_fill, args=(tmp_path, offset)) for offset in (0, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    cache = FeatureCache(tmp_path, KEY)
    assert np.array_equal(cache.gather(digests(60))[np.arange(60)], features(60))


@pytest.mark.parametrize("memory_bytes", [0, 1 << 20])
def test_large_features_are_read_when_they_are_asked_for(tmp_path: Path, memory_bytes: int):
    cache = FeatureCache(tmp_path, KEY)
    cache.add(digests(6), features(6).astype(np.float16))
    cache.add(digests(6, offset=6), features(6, offset=6))
    found = cache.gather(digests(12), memory_bytes)
    assert (found.kept is None) == (memory_bytes == 0)
    rows = np.array([11, 2, 2, 7])
    assert np.array_equal(found[rows], features(12)[rows])
    assert found[rows].dtype == torch.float32
    only_half = FeatureCache(tmp_path, KEY).gather(digests(6), memory_bytes)
    assert only_half[rows[1:3]].dtype == torch.float16
    assert only_half.bytes == 6 * 4 * 2


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CORELATE_CACHE", str(tmp_path / "mine"))
    assert default_cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("CORELATE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "corelate"


def test_more_shards_than_open_files(tmp_path: Path):
    resource = pytest.importorskip("resource")
    cache = FeatureCache(tmp_path, KEY)
    for number in range(60):
        cache.add(digests(1, number), features(1, number))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Counted from what the process has open already: earlier tests may have left archives open.
    highest = max(int(entry.name) for entry in Path("/dev/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 20, hard))
    try:
        found = FeatureCache(tmp_path, KEY).gather([digests(1, number)[0] for number in range(60)], memory_bytes=0)
        assert np.array_equal(found[np.arange(60)], features(60))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
