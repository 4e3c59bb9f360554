"""From a finished run to a bundle: ONNX, checked against PyTorch, with weights, thresholds and provenance."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from corelate.data.spec import DataSpec
from corelate.errors import BundleError
from corelate.models.annotator import Annotator
from corelate.tagging.bundle import check_target, write_bundle
from corelate.tagging.description import AnnotatorDescription, OnnxInterface
from corelate.training.finished import FinishedRun
from corelate.training.progress import Reporter, Silent
from corelate.training.recipe import HEAD_FILES

OPSET = 18
# Largest difference between the scores of PyTorch and of ONNX Runtime on the same pixels.
TOLERANCE = 1e-4
# Networks with a fixed stride need sides that are its multiples; no common network has a larger one.
SIZE_STEP = 32


@dataclass(frozen=True)
class OnnxModel:
    """An exported network.

    Attributes:
        data: The ONNX file.
        dynamic_size: Whether it takes other heights and widths.
        largest_difference: Between its scores and PyTorch's, over all checks.
    """

    data: bytes
    dynamic_size: bool
    largest_difference: float


def export_run(path: Path, out: Path, *, overwrite: bool = False, reporter: Reporter | None = None) -> OnnxModel:
    """Write the bundle of a finished run.

    Args:
        path: Folder of the run.
        out: Folder of the bundle, or a file that ends in ``.zip``.
        overwrite: Whether a bundle already there is replaced.
        reporter: Is told about progress.

    Raises:
        RunError: The run is not finished.
        BundleError: `out` is taken, or the exported network does not give PyTorch's scores.
    """
    reporter = reporter or Silent()
    run = FinishedRun.open(path)
    check_target(out, overwrite)
    architecture, metrics = run.architecture, run.metrics
    size = (architecture.preprocessing.height, architecture.preprocessing.width)
    model = export_onnx(run.annotator(), size)
    sizes = "any size" if model.dynamic_size else f"{size[0]}×{size[1]} pixels only"
    reporter.message(f"ONNX: any batch, {sizes}; differs from PyTorch by at most {model.largest_difference:.1e}")
    about = metrics["weights"]["about"]
    description = AnnotatorDescription(
        vocabulary=architecture.vocabulary,
        preprocessing=architecture.preprocessing,
        decision=metrics["default_rule"],
        decisions=run.decisions(len(architecture.vocabulary)),
        onnx=OnnxInterface(OPSET, dynamic_size=model.dynamic_size),
        network=architecture.to_json(),
        metrics={key: metrics[key] for key in ("protocol", "note", "measured_on", "chosen_on", "rules")},
        provenance=_provenance(run),
        licences=[about["licence"]] if "licence" in about else [],
        curation=run.curation,
    )
    write_bundle(
        out, description, {"model.onnx": model.data, "model.safetensors": run.folder.weights}, overwrite=overwrite
    )
    return model


def _provenance(run: FinishedRun) -> dict[str, Any]:
    """Say how the annotator was made, without the places where its maker keeps files: bundles are given away."""
    values = run.recipe.to_values()
    spec = DataSpec.parse(values["data"]["spec"])
    # A format's own options may name places, too.
    values["data"]["spec"] = replace(spec, options={}).with_paths(lambda place: Path(place).name).to_text()
    values["model"]["weights"] = Path(values["model"]["weights"]).name
    values["run"]["cache"] = ""
    values["head"] |= {key: Path(values["head"][key]).name for key in HEAD_FILES if key in values["head"]}
    environment = {key: value for key, value in run.environment.items() if key != "arguments"}
    return {"recipe": values, "environment": environment, "weights": run.metrics["weights"]}


def export_onnx(annotator: Annotator, size: tuple[int, int]) -> OnnxModel:
    """Export a network that gives scores, with a dynamic batch, and dynamic height and width where that works.

    Args:
        annotator: The network.
        size: Height and width that it was trained for.

    Raises:
        BundleError: The scores of the exported network are not PyTorch's.
    """
    whole = _Scores(annotator).eval().to(memory_format=torch.contiguous_format)
    network = _Scores(annotator.deployed()).eval()
    other = (size[0] + SIZE_STEP, size[1] + 2 * SIZE_STEP)
    with contextlib.suppress(Exception):
        # Whether a network takes any size is found out by trying: exporters and networks fail in many ways here.
        data = _export(network, size, dynamic_size=True)
        difference = max(_difference(whole, data, batch, shape) for batch in (1, 3) for shape in (size, other))
        if difference <= TOLERANCE:
            return OnnxModel(data, True, difference)
    data = _export(network, size, dynamic_size=False)
    difference = max(_difference(whole, data, batch, size) for batch in (1, 3))
    if not difference <= TOLERANCE:
        raise BundleError(f"the exported network's scores differ from PyTorch's by {difference:.2g}, over {TOLERANCE}")
    return OnnxModel(data, False, difference)


class _Scores(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.network(pixels))


def _export(network: nn.Module, size: tuple[int, int], *, dynamic_size: bool) -> bytes:
    shape: dict[int, Any] = {0: torch.export.Dim("batch")}
    if dynamic_size:
        shape |= {2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC}
    with tempfile.TemporaryDirectory() as folder, _quiet():
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            network,
            (torch.randn(2, 3, *size),),
            path,
            input_names=["pixels"],
            output_names=["scores"],
            opset_version=OPSET,
            dynamo=True,
            dynamic_shapes=(shape,),
            external_data=False,
        )
        onnx.checker.check_model(onnx.load(path))
        return path.read_bytes()


def _difference(network: nn.Module, data: bytes, batch: int, size: tuple[int, int]) -> float:
    pixels = torch.randn(batch, 3, *size, generator=torch.Generator().manual_seed(batch))
    with torch.inference_mode():
        expected = network(pixels).numpy()
    options = onnxruntime.SessionOptions()
    # What fails here is reported by the caller, or tried in another way.
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (found,) = session.run(["scores"], {"pixels": pixels.numpy()})
    return float(np.abs(found - expected).max()) if found.shape == expected.shape else float("inf")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's own progress and notes off the terminal."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
