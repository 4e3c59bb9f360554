"""From vectors of any width to two numbers each, such that alike vectors are near each other."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import warnings
from typing import Any

import numpy as np

from corelate.errors import MissingExtraError
from corelate.explain.label_maps.map_options import MapOptions

FEWEST = 5
"""Labels from which on neighbours are worth the name; fewer are drawn by their principal components."""
SAME = 1e-9
"""Differences up to this share of the largest number are rounding."""
LARGEST_DENSE = 400
STEPS, MANY = 1000, 500
"""Most steps of t-SNE, and the labels above which half of them must do."""
START, JITTER = 1e-4, 1e-6
"""Spread of t-SNE's start, as its authors advise, and of what parts labels with one and the same vector."""


def comparable(vectors: np.ndarray, distance: str) -> np.ndarray:
    """Return vectors whose Euclidean distance orders pairs as the wanted distance does, float64 L×E.

    For cosines each vector is divided by its length. One of zeros stays as it is: it has no direction, and is
    equally far from all others.
    """
    points = np.asarray(vectors, np.float64)
    # Squares of very large or small numbers would not be finite.
    points = points / (np.abs(points).max(initial=0.0) or 1.0)
    if distance == "cosine":
        largest = np.abs(points).max(axis=1, keepdims=True, initial=0.0)
        points = points / np.where(largest > 0, largest, 1.0)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.where(lengths > 0, lengths, 1.0)
    return points


def project(points: np.ndarray, options: MapOptions) -> tuple[np.ndarray, str]:
    """Return the map of points L×E by their Euclidean distances: places L×2, and how they were found, in words.

    Raises:
        MissingExtraError: UMAP is asked for and not installed.
    """
    if options.method == "umap":
        _check_umap()
    if are_equal(points):
        return np.zeros((len(points), 2)), "one label" if len(points) == 1 else "all vectors are equal"
    if options.method == "pca":
        return principal_components(points), "principal components"
    if len(points) < FEWEST:
        return principal_components(points), f"principal components, as there are fewer than {FEWEST} labels"
    return _tsne(points, options) if options.method == "tsne" else _umap(points, options)


def are_equal(points: np.ndarray) -> bool:
    """Tell whether all points L×E are the same but for rounding."""
    return bool(np.ptp(points, axis=0).max(initial=0.0) <= SAME * np.abs(points).max(initial=0.0))


def principal_components(points: np.ndarray) -> np.ndarray:
    """Return the two directions in which points L×E differ most, L×2; zeros where there is no second one.

    The largest number of each is positive, whatever the signs of the decomposition.
    """
    centred = points - points.mean(axis=0)
    if min(centred.shape) <= LARGEST_DENSE:
        left, values, _ = np.linalg.svd(centred, full_matrices=False)
        left, values = left[:, :2], values[:2]
    else:
        from scipy.sparse.linalg import svds

        start = np.random.default_rng(0).standard_normal(min(centred.shape))
        left, values, _ = svds(centred, k=2, v0=start)
        left, values = left[:, ::-1], values[::-1]
    places = np.zeros((len(points), 2))
    values = np.where(values > SAME * values[0], values, 0.0)
    places[:, : len(values)] = left * values
    largest = np.abs(places).argmax(axis=0)
    return np.where(places[largest, [0, 1]] < 0, -places, places)


def _tsne(points: np.ndarray, options: MapOptions) -> tuple[np.ndarray, str]:
    from sklearn.manifold import TSNE

    perplexity = min(options.perplexity, (len(points) - 1) / 3)
    # scikit-learn renamed n_iter to max_iter in 1.5 and dropped the old name in 1.7.
    known = inspect.signature(TSNE).parameters
    steps = "max_iter" if "max_iter" in known else "n_iter"
    most = options.iterations or (STEPS if len(points) <= MANY else STEPS // 2)
    settings: dict[str, Any] = {steps: most, "perplexity": perplexity, "init": _start(points, options)}
    estimator = TSNE(2, learning_rate="auto", random_state=options.seed, **settings)
    places = np.asarray(estimator.fit_transform(points.astype(np.float32)), np.float64)
    lowered = f" (not {options.perplexity:g}: a third of the labels)" if perplexity < options.perplexity else ""
    return places, f"t-SNE, perplexity {perplexity:.3g}{lowered}, {min(estimator.n_iter_ + 1, most)} steps"


def _start(points: np.ndarray, options: MapOptions) -> np.ndarray:
    """Return the principal components, small; labels with one vector start beside each other and can part."""
    places = principal_components(points)
    jitter = np.random.default_rng(options.seed).standard_normal(places.shape)
    return (START * places / places[:, 0].std() + JITTER * jitter).astype(np.float32)


def _check_umap() -> None:
    if importlib.util.find_spec("umap") is None:
        raise MissingExtraError(
            "method umap needs umap-learn: pip install umap-learn; or choose the method tsne or pca"
        )


def _umap(points: np.ndarray, options: MapOptions) -> tuple[np.ndarray, str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        neighbours = min(15, len(points) - 1)
        start = (10 * _start(points, options) / START).astype(np.float32)
        estimator = importlib.import_module("umap").UMAP(
            n_neighbors=neighbours, init=start, random_state=options.seed, n_jobs=1
        )
        places = np.asarray(estimator.fit_transform(points.astype(np.float32)), np.float64)
    # UMAP leaves out what it finds no neighbour of.
    return np.nan_to_num(places, nan=float(np.nanmean(places))), f"UMAP, {neighbours} neighbours"
