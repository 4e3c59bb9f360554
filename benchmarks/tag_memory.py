"""Compare the peak memory of `corelate tag` on a few and on many pictures: it must not grow with their number.

Makes a folder of JPEG pictures (640×480, 50 different ones repeated), a bundle with a small convolutional network, tags
the first 100 and then 5,000 pictures in processes of their own, and prints the peak resident memory of each and their
ratio. Linux counts what a process inherits from its parent into its peak, so this script stays small: whatever needs
NumPy or ONNX runs in another process.

    python benchmarks/tag_memory.py --out benchmarks/results/tag_memory.json
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COUNTS = (100, 5_000)
DIFFERENT_PICTURES = 50
PICTURE_SIZE = (640, 480)
LABELS = 260
INPUT_SIDE = 224
KIB_PER_MIB = 1024


def make_pictures(folder: Path, count: int) -> None:
    """Write smooth random pictures as JPEG; each needs as much memory to read as a photograph of its size."""
    import numpy as np
    from PIL import Image

    generator = np.random.default_rng(0)
    for number in range(DIFFERENT_PICTURES):
        coarse = generator.integers(0, 256, (12, 16, 3), dtype=np.uint8)
        path = folder / f"{number:05}.jpg"
        Image.fromarray(coarse).resize(PICTURE_SIZE, Image.Resampling.BICUBIC).save(path, quality=90)
    for number in range(DIFFERENT_PICTURES, count):
        content = (folder / f"{number % DIFFERENT_PICTURES:05}.jpg").read_bytes()
        (folder / f"{number:05}.jpg").write_bytes(content)


def make_bundle(path: Path) -> None:
    """Write a bundle whose network is two convolutions, a mean over the picture and a linear layer."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    from corelate.data.preprocessing import Preprocessing
    from corelate.data.vocabulary import Vocabulary
    from corelate.decisions.fixed import Fixed
    from corelate.tagging.bundle import write_bundle
    from corelate.tagging.description import AnnotatorDescription, OnnxInterface

    generator = np.random.default_rng(0)
    shapes = {"first": (32, 3, 3, 3), "second": (64, 32, 3, 3), "matrix": (64, LABELS)}
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["pixels", "first"], ["a"], strides=[4, 4]),
            helper.make_node("Relu", ["a"], ["b"]),
            helper.make_node("Conv", ["b", "second"], ["c"], strides=[2, 2]),
            helper.make_node("GlobalAveragePool", ["c"], ["d"]),
            helper.make_node("Flatten", ["d"], ["e"]),
            helper.make_node("MatMul", ["e", "matrix"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["scores"]),
        ],
        "small",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 3, INPUT_SIDE, INPUT_SIDE])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", LABELS])],
        [numpy_helper.from_array(generator.normal(0, 0.1, shapes[name]).astype(np.float32), name) for name in shapes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    description = AnnotatorDescription(
        vocabulary=Vocabulary(f"label {number}" for number in range(LABELS)),
        preprocessing=Preprocessing(INPUT_SIDE, INPUT_SIDE),
        decision="fixed",
        decisions={"fixed": Fixed(0.5).for_labels(LABELS)},
        onnx=OnnxInterface(opset=17),
    )
    write_bundle(path, description, {"model.onnx": model.SerializeToString()})


def tag(bundle: Path, photos: Path, out: Path) -> dict[str, float]:
    """Run the command and return its peak resident memory and its time."""
    command = [sys.executable, "-m", "corelate", "tag", str(bundle), str(photos), "--write", "jsonl,csv"]
    start = time.perf_counter()
    process = subprocess.Popen([*command, "--out", str(out)])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    pictures = len((out / "tags.jsonl").read_bytes().splitlines())
    return {"pictures": pictures, "peak_mib": round(usage.ru_maxrss / KIB_PER_MIB, 1), "seconds": round(seconds, 2)}


def measure() -> dict[str, object]:
    """Make what is needed, tag, and return the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        top = Path(temporary)
        for count in COUNTS:
            (top / str(count)).mkdir()
            subprocess.run([sys.executable, __file__, "--make-pictures", str(top / str(count)), str(count)], check=True)
        subprocess.run([sys.executable, __file__, "--make-bundle", str(top / "bundle.zip")], check=True)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
        runs = [tag(top / "bundle.zip", top / str(count), top / f"out-{count}") for count in COUNTS]
    if own >= min(run["peak_mib"] for run in runs):
        raise SystemExit("this script is larger than what it measures, so the figures say nothing")
    return {"runs": runs, "ratio": round(runs[-1]["peak_mib"] / runs[0]["peak_mib"], 3), "measuring_process_mib": own}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the raw figures there, as JSON")
    parser.add_argument("--make-pictures", nargs=2, metavar=("FOLDER", "COUNT"), help=argparse.SUPPRESS)
    parser.add_argument("--make-bundle", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make_pictures:
        make_pictures(Path(arguments.make_pictures[0]), int(arguments.make_pictures[1]))
        return
    if arguments.make_bundle:
        make_bundle(arguments.make_bundle)
        return
    figures = measure()
    for run in figures["runs"]:
        print(f"{run['pictures']:>6,} pictures: {run['peak_mib']:.1f} MiB at most, {run['seconds']:.1f} s")
    print(f"ratio of the peaks: {figures['ratio']:.3f}")
    if arguments.out:
        from machine import describe  # beside this script

        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps({"machine": describe(), **figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
