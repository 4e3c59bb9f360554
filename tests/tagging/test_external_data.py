from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from corelate.errors import BundleError
from corelate.tagging.external_data import refuse_external_data


def external_tensor(name: str = "weights") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[3, 3], data_location=TensorProto.EXTERNAL)
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "secret.bin"
    return tensor


def model_with(
    nodes: list[onnx.NodeProto] | None = None,
    initializers: list[TensorProto] | None = None,
    sparse: list[onnx.SparseTensorProto] | None = None,
) -> onnx.ModelProto:
    graph = helper.make_graph(nodes or [], "graph", [], [], initializers or [], sparse_initializer=sparse or [])
    return helper.make_model(graph)


def constant_node() -> onnx.NodeProto:
    return helper.make_node("Constant", [], ["weights"], value=external_tensor())


def in_a_branch() -> onnx.ModelProto:
    branch = helper.make_graph([constant_node()], "branch", [], [])
    return model_with([helper.make_node("If", ["condition"], [], then_branch=branch, else_branch=branch)])


def in_a_function() -> onnx.ModelProto:
    model = model_with()
    model.functions.append(helper.make_function("domain", "f", [], ["weights"], [constant_node()], []))
    return model


def in_a_sparse_tensor() -> onnx.ModelProto:
    sparse = onnx.SparseTensorProto(values=external_tensor(), dims=[3, 3])
    return model_with(sparse=[sparse])


def in_a_sparse_attribute() -> onnx.ModelProto:
    sparse = onnx.SparseTensorProto(values=external_tensor(), dims=[3, 3])
    return model_with([helper.make_node("Constant", [], ["w"], sparse_value=sparse)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: model_with(initializers=[external_tensor()]),
        lambda: model_with([constant_node()]),
        lambda: model_with([helper.make_node("Constant", [], ["w"], values=[external_tensor()])]),
        in_a_branch,
        in_a_function,
        in_a_sparse_tensor,
        in_a_sparse_attribute,
    ],
    ids=["initializer", "attribute", "list", "branch", "function", "sparse", "sparse attribute"],
)
def test_external_tensors_are_found_wherever_they_hide(make: Callable[[], onnx.ModelProto]) -> None:
    with pytest.raises(BundleError, match="keeps weights in another file"):
        refuse_external_data(make().SerializeToString())


def test_a_location_without_the_flag_is_refused_too() -> None:
    tensor = external_tensor()
    tensor.ClearField("data_location")
    with pytest.raises(BundleError, match="another file"):
        refuse_external_data(model_with(initializers=[tensor]).SerializeToString())


def test_models_that_hold_their_tensors_pass(tiny_model: Callable[..., bytes]) -> None:
    refuse_external_data(tiny_model())
    inside = numpy_helper.from_array(np.ones((300, 300), np.float32), "w")
    inside.data_location = TensorProto.DEFAULT
    branch = helper.make_graph([helper.make_node("Constant", [], ["c"], value=inside)], "branch", [], [])
    nodes = [helper.make_node("If", ["condition"], [], then_branch=branch)]
    refuse_external_data(model_with(nodes, [inside]).SerializeToString())


def test_deep_nesting_is_refused() -> None:
    content = b""
    for _ in range(200):  # a graph in an attribute of a node of a graph …
        for field in (0x32, 0x2A, 0x0A):
            content = bytes([field]) + onnx_varint(len(content)) + content
    with pytest.raises(BundleError, match="levels deep"):
        refuse_external_data(b"\x3a" + onnx_varint(len(content)) + content)


def onnx_varint(value: int) -> bytes:
    result = b""
    while value >= 0x80:
        result += bytes([value & 0x7F | 0x80])
        value >>= 7
    return result + bytes([value])


@pytest.mark.parametrize("content", [b"\xff" * 20, b"\x3a\x05ab", b"\x0b", b"\x08", b"junk"])
def test_what_is_no_protocol_buffer_is_refused(content: bytes) -> None:
    with pytest.raises(BundleError, match="not an ONNX file"):
        refuse_external_data(content)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_pass_or_are_refused(content: bytes) -> None:
    with contextlib.suppress(BundleError):
        refuse_external_data(content)
