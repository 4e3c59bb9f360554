"""Opening an exported network in ONNX Runtime and checking that it is called the way its description says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corelate.errors import BundleError, OptionError
from corelate.tagging.description import AnnotatorDescription

FLOAT_TENSOR = "tensor(float)"
ONLY_FATAL_MESSAGES = 4
# Far more than cores; ONNX Runtime ends the process when the system refuses a thread.
MOST_THREADS = 512


def open_session(model: bytes, description: AnnotatorDescription, threads: int | None, providers: Sequence[str]) -> Any:
    """Return an ``onnxruntime.InferenceSession`` for the network.

    Args:
        model: The content of ``model.onnx``; it must hold all its tensors.
        description: What the network must fit.
        threads: Threads on the CPU; None takes one for each core.
        providers: Execution providers in order of preference.

    Raises:
        BundleError: ONNX Runtime can't load the network, or it does not fit the description.
        OptionError: The number of threads is wrong, or a provider is not available.
    """
    import onnxruntime

    available = onnxruntime.get_available_providers()
    if not providers or (unknown := [name for name in providers if name not in available]):
        wanted = ", ".join(unknown) if providers else "none"
        raise OptionError(f"execution providers {wanted}: this onnxruntime has: {', '.join(available)}")
    try:
        session = onnxruntime.InferenceSession(model, _session_options(threads), providers=list(providers))
    except OptionError:
        raise
    except Exception as error:  # ONNX Runtime's errors share no base class.
        raise BundleError(
            f"onnxruntime {onnxruntime.__version__} can't load model.onnx: {one_line(error)}; "
            "upgrade onnxruntime, or get the bundle again"
        ) from error
    _check_fit(session, description)
    return session


def one_line(error: Exception) -> str:
    """Return ONNX Runtime's message, which may run over many lines, as one short line."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:300]}…"


def _session_options(threads: int | None) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if threads is not None:
        if not 1 <= threads <= MOST_THREADS:
            raise OptionError(f"threads is {threads}, expected 1 to {MOST_THREADS}")
        options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = ONLY_FATAL_MESSAGES
    # Threads that wait for work in a loop would take the cores from those that read the pictures.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _check_fit(session: Any, description: AnnotatorDescription) -> None:
    size = (description.preprocessing.height, description.preprocessing.width)
    interface = description.onnx
    if [entry.name for entry in session.get_inputs()] != [interface.input]:
        names = ", ".join(entry.name for entry in session.get_inputs())
        raise BundleError(f"model.onnx takes {names or 'nothing'}, but its description says {interface.input!r}")
    _check_tensor("takes", session.get_inputs()[0], (None, 3, *size))
    outputs = {entry.name: entry for entry in session.get_outputs()}
    if interface.output not in outputs:
        raise BundleError(f"model.onnx gives {', '.join(outputs)}, but its description says {interface.output!r}")
    _check_tensor("gives", outputs[interface.output], (None, len(description.vocabulary)))


def _check_tensor(verb: str, entry: Any, expected: tuple[int | None, ...]) -> None:
    """Compare a tensor with the expected shape; a dimension without a fixed number fits any."""
    dimensions = entry.shape
    fits = len(dimensions) == len(expected) and all(
        not isinstance(found, int) or found == wanted for found, wanted in zip(dimensions, expected, strict=True)
    )
    if entry.type != FLOAT_TENSOR or not fits:
        shape = "×".join("N" if size is None else str(size) for size in expected)
        raise BundleError(
            f"model.onnx {verb} {entry.name!r} as {entry.type} of shape {dimensions}, expected {FLOAT_TENSOR} of shape "
            f"{shape} with any number N of pictures; export the bundle anew"
        )
