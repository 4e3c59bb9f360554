from __future__ import annotations

from pathlib import Path

import pytest
import torch

from corelate.augment.ml_wgan.chunk_checkpoint import ChunkCheckpoint
from corelate.errors import WeightsError
from corelate.training.checkpoints import save_tensors

TENSORS = {"a": torch.arange(3.0)}


class Clock:
    """Each look at it takes so long."""

    now = 0.0
    step = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def checkpoint(tmp_path: Path, method: str = "auto", clock: Clock | None = None) -> ChunkCheckpoint:
    return ChunkCheckpoint(tmp_path / "checkpoint.safetensors", method, 600, clock or Clock())


def test_what_was_written_is_read(tmp_path: Path):
    checkpoint(tmp_path).write(["x", "y"], TENSORS)
    names, tensors = checkpoint(tmp_path).read(["z", "y", "x"]) or ([], {})
    assert names == ["x", "y"]
    assert torch.equal(tensors["a"], TENSORS["a"])


def test_without_a_file_nothing_was_begun(tmp_path: Path):
    assert checkpoint(tmp_path).read(["x"]) is None


def test_pictures_that_are_not_waited_for_are_not_gone_on_with(tmp_path: Path):
    checkpoint(tmp_path).write(["x", "y"], TENSORS)
    assert checkpoint(tmp_path).read(["x"]) is None


def test_networks_that_were_computed_otherwise_are_not_gone_on_with(tmp_path: Path):
    checkpoint(tmp_path).write(["x"], TENSORS)
    assert checkpoint(tmp_path, "grouped").read(["x"]) is None


@pytest.mark.parametrize("about", [None, [], {}, {"names": 3}])
def test_files_of_others_are_refused(tmp_path: Path, about: object):
    save_tensors(tmp_path / "checkpoint.safetensors", TENSORS, about)
    with pytest.raises(WeightsError, match="is no checkpoint of this command"):
        checkpoint(tmp_path).read(["x"])


def test_damaged_files_are_refused(tmp_path: Path):
    (tmp_path / "checkpoint.safetensors").write_bytes(b"torn")
    with pytest.raises(WeightsError):
        checkpoint(tmp_path).read(["x"])


def test_it_is_due_after_the_time_that_was_asked_for(tmp_path: Path):
    clock = Clock()
    written = checkpoint(tmp_path, clock=clock)
    clock.now = 599
    assert not written.due
    clock.now = 601
    assert written.due
    written.write(["x"], TENSORS)
    assert not written.due
    clock.now = 1202
    assert written.due


def test_what_takes_long_to_write_is_written_less_often(tmp_path: Path):
    clock = Clock()
    written = checkpoint(tmp_path, clock=clock)
    clock.step = 100.0
    written.write(["x"], TENSORS)
    ended, clock.step = clock.now, 0.0
    clock.now = ended + 1999
    assert not written.due
    clock.now = ended + 2001
    assert written.due


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path):
    written = checkpoint(tmp_path)
    written.write(["x"], TENSORS)
    for name in (".checkpoint.safetensors.k3.partial", "finished.jsonl"):
        (tmp_path / name).touch()
    written.remove_torn()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.safetensors", "finished.jsonl"]


def test_taken_away_it_is_gone(tmp_path: Path):
    written = checkpoint(tmp_path)
    written.remove()
    written.write(["x"], TENSORS)
    written.remove()
    assert written.read(["x"]) is None
