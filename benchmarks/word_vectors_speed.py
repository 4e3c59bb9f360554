"""Time the vectors of 260 labels out of a text file of 200,000 words × 300 numbers, and what memory it takes.

Beside it stands the usual loop: every line is split, parsed and kept. Both run in processes of their own, so that their
peak memory can be told; half of the labels are words of the file, half are joined from two words of it.

    python benchmarks/word_vectors_speed.py --out benchmarks/results/word_vectors_speed.json
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from corelate.data.vocabulary import Vocabulary
from corelate.labels.embedding_files import load_embeddings
from machine import describe

WORDS, WIDTH, LABELS = 200_000, 300, 260


def make_words(seed: int = 0) -> list[str]:
    """Return different words of 3 to 10 letters."""
    source = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < WORDS:
        words["".join(source.choices("etaoinshrdlucmfwypvbgk", k=source.randint(3, 10)))] = None
    return list(words)


def write_vectors(path: Path, words: list[str]) -> None:
    """Write a file in GloVe's form; the numbers of 500 lines are used over and over."""
    numbers = np.random.default_rng(0).normal(0, 0.4, (500, WIDTH))
    tails = [" ".join(f"{number:.5g}" for number in row) for row in numbers]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{word} {tails[line % len(tails)]}\n" for line, word in enumerate(words))


def make_labels(words: list[str]) -> list[str]:
    """Return labels of which half are words, and half two words joined."""
    usual = [word for word in words[:20_000] if len(word) > 4]
    chosen = random.Random(1).sample(usual, 3 * LABELS // 2)
    half = LABELS // 2
    return [*chosen[:half], *(first + second for first, second in zip(*[iter(chosen[half:])] * 2, strict=True))]


def streamed(path: Path, labels: list[str]) -> np.ndarray:
    return load_embeddings(path, Vocabulary(labels)).vectors


def everything(path: Path, labels: list[str]) -> np.ndarray:
    vectors = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            word, *numbers = line.rstrip().split(" ")
            vectors[word] = np.array(numbers, dtype=np.float32)
    return np.stack([vectors.get(label, np.zeros(WIDTH, np.float32)) for label in labels])


def first_words(path: Path, labels: list[str]) -> int:
    """Do nothing but read the file by lines: what no reader of Python lines can be faster than."""
    with path.open("rb") as file:
        return sum(1 for _ in file)


def measured(function: Callable[[Path, list[str]], Any], path: Path, labels: list[str]) -> dict[str, float]:
    """Return seconds and peak memory of a call in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (function, path, labels))


def _measure(function: Callable[[Path, list[str]], Any], path: Path, labels: list[str]) -> dict[str, float]:
    before = peak_memory_mb()
    start = time.perf_counter()
    function(path, labels)
    seconds = time.perf_counter() - start
    growth = peak_memory_mb() - before
    return {"seconds": seconds, "lines_per_second": WORDS / seconds, "peak_memory_growth_mb": growth}


def peak_memory_mb() -> float:
    """Return the largest memory that this process ever held; Linux."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the figures to this JSON file")
    arguments = parser.parse_args()
    words = make_words()
    labels = make_labels(words)
    report: dict[str, Any] = {"machine": describe(), "words": WORDS, "width": WIDTH, "labels": LABELS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        write_vectors(path, words)
        report["file_mb"] = path.stat().st_size / 1e6
        packed = path.with_suffix(".txt.gz")
        with path.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        report["streamed"] = measured(streamed, path, labels)
        report["streamed_gzip"] = measured(streamed, packed, labels)
        report["lines_only"] = measured(first_words, path, labels)
        report["everything"] = measured(everything, path, labels)
    report["ratio"] = report["everything"]["seconds"] / report["streamed"]["seconds"]
    print(json.dumps({key: value for key, value in report.items() if key != "machine"}, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
