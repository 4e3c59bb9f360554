"""Features of frozen backbones, computed once for each picture and kept on disk.

A folder belongs to one way of computing features (network, weights, layer, pooling, preprocessing) and holds shards of
two NumPy files: the digests of some pictures' bytes, and their features. A shard is complete when its digest file is
there, since that is renamed into place last; shards are only ever added. Two processes that fill one folder can
therefore never spoil each other's work; at worst both compute the same picture.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from corelate.data.references import ImageReference
from corelate.files import write_atomically, write_json

DIGEST_BYTES = 20
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
        features: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)[row]
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

    def gather(self, digests: list[bytes]) -> np.ndarray:
        """Return the features of the pictures, N×…; all of them must be there."""
        first = self[digests[0]]
        result = np.empty((len(digests), *first.shape), first.dtype)
        # One shard at a time: a large set has more shards than a process may have open files.
        places: dict[Path, list[tuple[int, int]]] = {}
        for row, digest in enumerate(digests):
            path, source = self._rows[digest]
            places.setdefault(path, []).append((row, source))
        for path, pairs in places.items():
            rows, sources = zip(*pairs, strict=True)
            result[list(rows)] = np.load(path, mmap_mode="r", allow_pickle=False)[list(sources)]
        return result
