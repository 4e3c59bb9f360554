"""Finding tensors that an ONNX file would read from other files.

ONNX Runtime resolves such names against the working directory when a model is given as bytes, and older versions follow
absolute names. A bundle from a stranger must read nothing but itself, so models with external tensors are refused. The
``onnx`` package is not among the tagger's dependencies; this walks just the parts of the protocol buffer that can hold
tensors (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from collections.abc import Iterator

from corelate.errors import BundleError

# Message type -> number of a field that holds messages on the way to a tensor -> their type.
PATHS_TO_TENSORS = {
    "Model": {7: "Graph", 25: "Function"},
    "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
    "Function": {7: "Node", 11: "Attribute"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "SparseTensor", 23: "SparseTensor"},
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
    "Tensor": {},
}
EXTERNAL_DATA_FIELDS = (13, 14)  # external_data, data_location
MAX_DEPTH = 100
VARINT, FIXED_64, LENGTH_DELIMITED, FIXED_32 = 0, 1, 2, 5


def refuse_external_data(model: bytes) -> None:
    """Refuse a model that holds a tensor kept outside of it.

    Args:
        model: The content of an ``.onnx`` file.

    Raises:
        BundleError: A tensor is external, or the bytes are not a protocol buffer.
    """
    pending = [("Model", memoryview(model), 0)]
    while pending:
        kind, message, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise BundleError(f"model.onnx nests over {MAX_DEPTH} levels deep; it is not an exported annotator")
        for number, value in _fields(message):
            if kind == "Tensor" and number in EXTERNAL_DATA_FIELDS and value not in (0, b""):
                raise BundleError(
                    "model.onnx keeps weights in another file, which is not read; export it with the weights inside"
                )
            inner = PATHS_TO_TENSORS[kind].get(number)
            if inner is not None and isinstance(value, memoryview):
                pending.append((inner, value, depth + 1))


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field: the number of a varint, the bytes of everything else."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire_type == LENGTH_DELIMITED:
            size, position = _varint(message, position)
        elif wire_type in (FIXED_32, FIXED_64):
            size = 4 if wire_type == FIXED_32 else 8
        else:
            raise _not_an_onnx_file()
        if size > len(message) - position:
            raise _not_an_onnx_file()
        yield number, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, least significant first, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            break
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _not_an_onnx_file()


def _not_an_onnx_file() -> BundleError:
    return BundleError("model.onnx is not an ONNX file, or is damaged; get the bundle again")
