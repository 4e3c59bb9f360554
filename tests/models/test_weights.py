from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from corelate.errors import WeightsError
from corelate.models.weights import load_weights, preprocessing_hints, read_tensors


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))


def test_the_report_is_exact(tmp_path: Path):
    tensors = network().state_dict()
    del tensors["0.bias"], tensors["1.num_batches_tracked"]
    save_file({**tensors, "fc.weight": torch.ones(1)}, tmp_path / "w.safetensors", {"licence": "Apache-2.0"})
    report = load_weights(network(), tmp_path / "w.safetensors")
    assert report.missing == ("0.bias",), "a counter that is missing loses nothing"
    assert report.unexpected == ("fc.weight",)
    assert set(report.loaded) == {"0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var"}
    assert report.metadata == {"licence": "Apache-2.0"}
    assert "5 tensors loaded, 1 missing (0.bias), 1 unexpected (fc.weight)" in str(report)


def test_half_precision_is_cast(tmp_path: Path):
    wanted = torch.tensor([[0.5, 1.0, 2.0], [3.0, 4.0, 5.0]])
    save_file({**network().state_dict(), "0.weight": wanted.half()}, tmp_path / "w.safetensors")
    filled = network()
    load_weights(filled, tmp_path / "w.safetensors")
    assert filled[0].weight.dtype == torch.float32
    assert torch.equal(filled[0].weight, wanted)


def test_a_whole_annotator_serves_as_weights(tmp_path: Path):
    tensors = {f"backbone.network.{name}": value for name, value in network().state_dict().items()}
    save_file({**tensors, "head.classifier.weight": torch.ones(2)}, tmp_path / "w.safetensors")
    assert not load_weights(network(), tmp_path / "w.safetensors").unexpected


def test_another_shape_is_refused_with_both(tmp_path: Path):
    save_file({"0.weight": torch.ones(2, 4)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match=r"0\.weight is \(2, 4\) in the file and \(2, 3\) in the network"):
        load_weights(network(), tmp_path / "w.safetensors")


def test_a_file_of_another_network_is_refused(tmp_path: Path):
    save_file({"other": torch.ones(1)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="holds 0 of the 7 tensors of Sequential, less than half"):
        load_weights(network(), tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04", b"\xff" * 100, b"\x10" + b"\0" * 7 + b"{}"])
def test_anything_but_safetensors_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "w.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a safetensors file"):
        read_tensors(path)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(WeightsError, match=r"none\.safetensors does not exist"):
        read_tensors(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("metadata", "hints"),
    [
        (
            {"input": "RGB, 224x224, pixel/127.5-1"},
            {"mean": (0.5,) * 3, "std": (0.5,) * 3, "image_size": (224, 224)},
        ),
        (
            {"input": "RGB, 299x299 or larger, pixel / 127.5 - 1"},
            {"mean": (0.5,) * 3, "std": (0.5,) * 3, "image_size": (299, 299)},
        ),
        ({"input": "pixel/255"}, {"mean": (0.0,) * 3, "std": (1.0,) * 3}),
        ({"mean": "[0.1, 0.2, 0.3]", "input": "pixel/255"}, {"mean": (0.1, 0.2, 0.3), "std": (1.0,) * 3}),
        ({"input_size": "[3, 32, 64]"}, {"image_size": (32, 64)}),
        ({"mean": "[0.1]", "std": "nonsense", "licence": "x"}, {}),
        ({}, {}),
    ],
)
def test_what_a_file_says_about_its_input(metadata: dict[str, str], hints: dict[str, object]):
    assert preprocessing_hints(metadata) == hints
