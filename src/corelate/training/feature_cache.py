"""Features of frozen backbones, computed once for each picture and kept on disk.

A folder belongs to one way of computing features (network, weights, layer, pooling, preprocessing) and holds shards of
two NumPy files: the digests of some pictures' bytes, and their features. A shard is complete when its digest file is
there, since that is renamed into place last; shards are only ever added. Two processes that fill one folder can
therefore never spoil each other's work; at worst both compute the same picture.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corelate.data.references import ImageReference
from corelate.errors import RunError
from corelate.files import write_atomically, write_json

DIGEST_BYTES = 20
# Features up to this size are held in memory by each process: the pooled ones of a million pictures, the maps of some
# thousands.
MEMORY_BYTES = 4 << 30
# Part of the folder's key: features of an older way of reading or resizing are not taken for new ones.
VERSION = 1


def default_cache_folder() -> Path:
    """Return the folder for caches: ``$CORELATE_CACHE``, else ``corelate`` in the user's cache folder."""
    if own := os.environ.get("CORELATE_CACHE"):
        return Path(own).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "corelate"


def picture_digest(reference: ImageReference) -> bytes:
    """Return the digest of a picture's bytes."""
    return hashlib.blake2b(reference.read(), digest_size=DIGEST_BYTES).digest()


def picture_digests(references: Iterable[ImageReference], threads: int = 4) -> Iterator[bytes]:
    """Give the digest of each picture, in order."""
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(picture_digest, references)


@dataclass
class FeatureCache:
    """The features computed in one way.

    Args:
        folder: Where all caches lie.
        key: All that the features depend on besides the picture, as JSON values.
    """

    folder: Path
    key: dict[str, Any]
    _rows: dict[bytes, tuple[Path, int]] = field(default_factory=dict, init=False)
    _seen: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        text = json.dumps({"version": VERSION, **self.key}, sort_keys=True)
        self.folder = self.folder / "features" / hashlib.sha256(text.encode()).hexdigest()[:24]
        if not (self.folder / "key.json").exists():
            write_json(self.folder / "key.json", {"version": VERSION, **self.key})
        self.refresh()

    def refresh(self) -> None:
        """Take notice of the shards that were added since, also by other processes."""
        for path in sorted(self.folder.glob("*.digests.npy")):
            if path.name not in self._seen:
                self._seen.add(path.name)
                self._read_shard(path)

    def _read_shard(self, path: Path) -> None:
        features_path = path.with_name(path.name.replace(".digests.", ".features."))
        try:
            digests = np.load(path, allow_pickle=False)
            count = len(np.load(features_path, mmap_mode="r", allow_pickle=False))
        except (FileNotFoundError, ValueError, EOFError):
            return  # A damaged shard is as good as none: its pictures are computed again.
        if digests.ndim != 2 or len(digests) != count:
            return
        for row, digest in enumerate(digests):
            self._rows.setdefault(digest.tobytes(), (features_path, row))

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._rows

    def __getitem__(self, digest: bytes) -> np.ndarray:
        path, row = self._rows[digest]
        features: np.ndarray = _open(path)[row]
        return features

    def add(self, digests: list[bytes], features: np.ndarray) -> None:
        """Keep the features of some pictures.

        Args:
            digests: N digests.
            features: N×…, float32 or float16.
        """
        name = uuid.uuid4().hex
        write_atomically(self.folder / f"{name}.features.npy", lambda file: np.save(file, features))
        table = np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), DIGEST_BYTES)
        write_atomically(self.folder / f"{name}.digests.npy", lambda file: np.save(file, table))
        self.refresh()

    def gather(self, digests: list[bytes], memory_bytes: int = MEMORY_BYTES) -> CachedFeatures:
        """Return the features of the pictures, in order; all of them must be there.

        Args:
            digests: The pictures' digests.
            memory_bytes: Features of up to this size are read now, larger ones whenever they are asked for.
        """
        shards = {path: number for number, path in enumerate(dict.fromkeys(self._rows[key][0] for key in digests))}
        places = np.array([(shards[path], row) for path, row in map(self._rows.__getitem__, digests)], np.int64)
        # Shards may differ in precision; what is read is as precise as the best of them.
        dtype = np.result_type(*(_open(path).dtype for path in shards))
        stored = CachedFeatures(tuple(shards), places, self[digests[0]].shape, dtype)
        if stored.bytes > memory_bytes:
            return stored
        return replace(stored, kept=stored[np.arange(len(places))])


@dataclass(frozen=True)
class CachedFeatures:
    """Features of N pictures, N×D×h×w, in memory or in the shards of a cache.

    Attributes:
        shards: The files of features.
        places: N×2: number of the shard and row in it.
        feature_shape: D, h and w.
        dtype: float32 or float16.
        kept: The features themselves where they are held in memory.
    """

    shards: tuple[Path, ...]
    places: np.ndarray
    feature_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    kept: torch.Tensor | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all features together."""
        return (len(self.places), *self.feature_shape)

    @property
    def bytes(self) -> int:
        """Size of all features together."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __getitem__(self, rows: np.ndarray) -> torch.Tensor:
        """Return the features of some pictures, B×D×h×w."""
        if self.kept is not None:
            return self.kept[torch.from_numpy(rows)]
        result = np.empty((len(rows), *self.feature_shape), self.dtype)
        shards, sources = self.places[rows].T
        # One shard at a time: a large set has more shards than a process may have open files.
        for shard in np.unique(shards):
            chosen = np.flatnonzero(shards == shard)
            result[chosen] = _open(self.shards[shard])[sources[chosen]]
        return torch.from_numpy(result)


def _open(path: Path) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise RunError(
            f"the cached features {path} have gone while they were needed; go on with corelate resume, which computes "
            "them again"
        ) from None
    return array
