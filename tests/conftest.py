"""Fixtures that more than one part needs: a tiny annotator whose answers are known, and pictures to tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def colour_model(label_count: int = 3, **names: str) -> bytes:
    """Return an ONNX network whose score k is sigmoid(4 × mean of colour channel k), any batch and picture size."""
    from onnx import TensorProto, helper, numpy_helper

    source, target = names.get("input", "pixels"), names.get("output", "scores")
    weights = 4 * np.eye(3, label_count, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", [source], ["means"]),
            helper.make_node("Flatten", ["means"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], [target]),
        ],
        "colours",
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info(target, TensorProto.FLOAT, ["batch", label_count])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


@pytest.fixture(scope="session")
def tiny_model() -> Callable[..., bytes]:
    """Make the ONNX network of the tiny annotator: labels are the colour channels."""
    return colour_model


@pytest.fixture
def tiny_bundle(tmp_path: Path) -> Callable[..., Path]:
    """Write the bundle of an annotator that knows red, green and blue, 8×8 pixels, threshold 0.5."""
    from corelate.data.preprocessing import Preprocessing
    from corelate.data.vocabulary import Vocabulary
    from corelate.decisions.fixed import Fixed
    from corelate.decisions.top_k_decision import TopKDecision
    from corelate.tagging.bundle import write_bundle
    from corelate.tagging.description import AnnotatorDescription, OnnxInterface

    def write(
        name: str = "annotator.zip", labels: Sequence[str] = ("red", "green", "blue"), model: bytes | None = None
    ) -> Path:
        description = AnnotatorDescription(
            vocabulary=Vocabulary(labels),
            preprocessing=Preprocessing(8, 8, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
            decision="fixed",
            decisions={"fixed": Fixed(0.5).for_labels(len(labels)), "top_k": TopKDecision(k=2)},
            onnx=OnnxInterface(opset=17, dynamic_size=True),
            network={"backbone": "none"},
            metrics={"overall": {"f1": 1.0}},
            provenance={"data": "colours"},
            licences=["CC0-1.0"],
        )
        files = {"model.onnx": model or colour_model(len(labels)), "model.safetensors": b"weights"}
        return write_bundle(tmp_path / "bundles" / name, description, files).path

    return write


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Save one-coloured pictures: ``photos("a.png", "sub/b.png", colour="red")`` returns their folder."""

    def save(*names: str, colour: str = "red", folder: str = "photos") -> Path:
        top = tmp_path / folder
        top.mkdir(exist_ok=True)
        for name in names:
            path = top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (12, 10), COLOURS[colour]).save(path)
        return top

    return save
