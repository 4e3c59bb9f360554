from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load

from corelate.models.weights import read_tensors
from corelate.training.tensor_stream import _KINDS, stream_tensors


def test_what_is_written_is_read_by_the_format_s_own_library(tmp_path: Path):
    random = torch.Generator().manual_seed(1)
    tensors = {
        "weights": torch.randn(3, 4, 5, generator=random),
        "across": torch.randn(4, 6, generator=random).T,
        "one": torch.tensor(7),
        "nothing": torch.zeros(0, 3),
        "é/learned": torch.randn(5, generator=random).requires_grad_(),
        **{str(kind): torch.tensor([0, 1, 1]).to(kind) for kind in _KINDS},
    }
    stream_tensors(tmp_path / "x.safetensors", tensors, {"about": '{"é": 1}'})
    read, about = read_tensors(tmp_path / "x.safetensors")
    assert about == {"about": '{"é": 1}'}
    assert read.keys() == tensors.keys()
    assert load((tmp_path / "x.safetensors").read_bytes()).keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


def test_numbers_lie_at_multiples_of_their_size(tmp_path: Path):
    tensors = {"a": torch.ones(3, dtype=torch.uint8), "b": torch.ones(1, dtype=torch.int64), "c": torch.ones(1)}
    stream_tensors(tmp_path / "x.safetensors", tensors, {})
    content = (tmp_path / "x.safetensors").read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    assert begin % 8 == 0
    assert content[begin : begin + 8] == (1).to_bytes(8, "little")


def test_what_fails_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "x.safetensors"
    stream_tensors(path, {"a": torch.ones(3)}, {})
    before = path.read_bytes()
    with pytest.raises(KeyError):
        stream_tensors(path, {"a": torch.ones(3, dtype=torch.complex64)}, {})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
