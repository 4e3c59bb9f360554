"""Features of a frozen backbone: each picture goes through the network once, ever."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric

from corelate.data.annotation_set import AnnotationSet
from corelate.models.annotator import Annotator
from corelate.training.batches import evaluation_pixels
from corelate.training.feature_cache import CachedFeatures, FeatureCache, default_cache_folder, picture_digests
from corelate.training.preparation import Network
from corelate.training.progress import Reporter
from corelate.training.recipe import Recipe
from corelate.training.scoring import in_batches, own_rows

# Features are kept after so many pictures, so that a killed run loses little.
SHARD_PICTURES = 256


@dataclass(frozen=True)
class FrozenBackbone:
    """Computes what a head sees of each picture.

    Attributes:
        network: The annotator whose backbone is used, and whose head says what it keeps of a map.
        recipe: Where the cache is, and the arithmetic.
        fabric: The processes that share the work.
        workers: Processes that read pictures, for each device.
        reporter: Is told about progress.
    """

    network: Network
    recipe: Recipe
    fabric: Fabric
    workers: int
    reporter: Reporter

    def features(self, annotations: AnnotationSet) -> CachedFeatures:
        """Return the features of all pictures, N×D×h×w, from the cache where it has them."""
        cache = FeatureCache(self._cache_folder(), self._key())
        digests = list(picture_digests(annotations.pictures))
        # A picture that occurs twice is computed once.
        missing = list({digest: row for row, digest in enumerate(digests) if digest not in cache}.values())
        if missing:
            own = [missing[position] for position in own_rows(len(missing), self.fabric)]
            self._compute(annotations, own, digests, cache)
        self.fabric.barrier()
        cache.refresh()
        # Where the machines of a run have no cache folder in common, each computes what the others did.
        rest = [row for row in missing if digests[row] not in cache]
        if rest:
            self._compute(annotations, rest, digests, cache)
        return cache.gather(digests)

    def _compute(self, annotations: AnnotationSet, rows: list[int], digests: list[bytes], cache: FeatureCache) -> None:
        annotator = self.network.annotator.to(self.fabric.device)
        preprocessing = self.network.architecture.preprocessing
        any_suffix = self.recipe.data.any_suffix
        self.reporter.begin("computing features", len(rows), "images")
        pixels = evaluation_pixels(annotations, preprocessing, rows, self.workers, any_suffix=any_suffix)
        with torch.inference_mode(), self.fabric.autocast():
            features = (self._features_of(annotator, batch) for batch in pixels)
            for shard in in_batches(zip(rows, itertools.chain.from_iterable(features), strict=True), SHARD_PICTURES):
                for part in by_precision(shard):
                    kept, maps = zip(*part, strict=True)
                    cache.add([digests[row] for row in kept], torch.stack(maps).numpy())
        self.reporter.end()

    def _features_of(self, annotator: Annotator, pixels: torch.Tensor) -> torch.Tensor:
        batch = self.fabric.to_device(pixels.contiguous(memory_format=torch.channels_last))
        self.reporter.advance(len(batch))
        return annotator.head.pool(annotator.backbone(batch)).float().cpu()

    def _cache_folder(self) -> Path:
        return Path(self.recipe.run.cache).expanduser() if self.recipe.run.cache else default_cache_folder()

    def _key(self) -> dict[str, object]:
        head = self.network.annotator.head
        options = self.network.architecture.head_options
        return {
            "backbone": self.recipe.model.backbone,
            "layer": self.recipe.model.layer,
            "tensors": _tensor_digest(self.network.annotator.backbone),
            # Heads that pool alike share their features.
            "pooled": options.get("pooling", self.network.architecture.head) if head.pools else "map",
            "preprocessing": self.network.architecture.preprocessing.to_json(),
            "precision": self.recipe.optimisation.precision,
        }


def by_precision(features: list[tuple[int, torch.Tensor]]) -> list[list[tuple[int, torch.Tensor]]]:
    """Bring whole maps D×h×w into half precision where they fit, and divide them by what they ended in.

    Each picture by itself, so that what is kept of it does not depend on its neighbours. Pooled features are small and
    stay as they are.
    """
    halves: list[tuple[int, torch.Tensor]] = []
    wholes: list[tuple[int, torch.Tensor]] = []
    for row, feature in features:
        fits = feature.shape[1:] != (1, 1) and feature.abs().max() <= torch.finfo(torch.float16).max
        (halves if fits else wholes).append((row, feature.half() if fits else feature))
    return [part for part in (halves, wholes) if part]


def _tensor_digest(module: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
