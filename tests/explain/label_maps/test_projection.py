from __future__ import annotations

import importlib.util
import sys
import types
import warnings

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.decomposition import PCA

from corelate.errors import MissingExtraError, OptionError
from corelate.explain.label_maps import MapOptions
from corelate.explain.label_maps.projection import comparable, principal_components, project

RANDOM = np.random.default_rng(0)
CLUSTERS = np.repeat(10 * np.eye(4, 12), 8, axis=0) + 0.1 * RANDOM.standard_normal((32, 12))
METHODS = ["tsne", "pca"]


def test_cosine_distances():
    vectors = RANDOM.standard_normal((9, 5)) * RANDOM.uniform(1e-3, 1e3, (9, 1))
    # Of unit vectors the squared distance is twice the cosine distance.
    assert np.allclose(pdist(comparable(vectors, "cosine"), "sqeuclidean"), 2 * pdist(vectors, "cosine"))


def test_euclidean_distances_keep_their_order():
    vectors = RANDOM.standard_normal((9, 5))
    assert (pdist(comparable(vectors, "euclidean")).argsort() == pdist(vectors).argsort()).all()


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
def test_vectors_of_any_size(distance: str, scale: float):
    points = comparable(scale * RANDOM.standard_normal((6, 3)), distance)
    assert np.isfinite(points).all() and np.ptp(points) > 0.1


def test_a_vector_of_zeros_is_equally_far_from_all_others():
    points = comparable(np.vstack([np.zeros(3), RANDOM.standard_normal((4, 3))]), "cosine")
    assert np.allclose(np.linalg.norm(points[1:] - points[0], axis=1), 1)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30), (900, 500)])
def test_principal_components(shape: tuple[int, int]):
    points = RANDOM.standard_normal(shape) * np.linspace(9, 1, shape[1])
    expected = PCA(2, svd_solver="full").fit_transform(points)
    places = principal_components(points)
    assert np.allclose(np.abs(places), np.abs(expected), atol=1e-6 * np.abs(expected).max())
    assert (places[np.abs(places).argmax(axis=0), [0, 1]] > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_alike_vectors_are_near(method: str):
    places, _ = project(comparable(CLUSTERS, "cosine"), MapOptions(method, perplexity=5))
    centres = places.reshape(4, 8, 2).mean(axis=1)
    nearest = np.linalg.norm(places[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == np.repeat(np.arange(4), 8)).mean() > 0.7


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_map(method: str):
    maps = [project(CLUSTERS, MapOptions(method, iterations=500, seed=3))[0] for _ in range(2)]
    assert np.array_equal(*maps)


def test_another_seed_gives_another_map():
    maps = [project(CLUSTERS, MapOptions(iterations=500, seed=seed))[0] for seed in (1, 2)]
    assert not np.allclose(*maps)


@pytest.mark.parametrize(
    ("labels", "said"),
    [(5, "perplexity 1.33 (not 40: a third of the labels)"), (22, "perplexity 7 (not 40"), (130, "perplexity 40,")],
)
def test_perplexity_fits_the_labels(labels: int, said: str):
    _, how = project(RANDOM.standard_normal((labels, 6)), MapOptions(iterations=500))
    assert said in how


def test_how_many_steps_were_done_is_said():
    assert "500 steps" in project(CLUSTERS, MapOptions(iterations=500))[1]


def test_the_argument_of_older_scikit_learn(monkeypatch: pytest.MonkeyPatch):
    import sklearn.manifold

    given = {}

    class OlderTSNE:
        n_iter_ = 0

        def __init__(self, n_components=2, *, perplexity, n_iter, init, learning_rate, random_state):
            given["n_iter"] = n_iter

        def fit_transform(self, points):
            return points[:, :2]

    monkeypatch.setattr(sklearn.manifold, "TSNE", OlderTSNE)
    project(CLUSTERS, MapOptions(iterations=1234))
    assert given == {"n_iter": 1234}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "vectors",
    [
        *(RANDOM.standard_normal((labels, 3)) for labels in (1, 2, 3, 4, 5, 6)),
        np.zeros((1, 1)),
        np.zeros((8, 3)),
        np.ones((8, 3)),
        RANDOM.standard_normal((8, 1)),
        np.repeat(RANDOM.standard_normal((2, 4)), 8, axis=0),
        np.vstack([np.zeros((3, 4)), RANDOM.standard_normal((5, 4))]),
        np.vstack([np.zeros((7, 4)), np.ones((1, 4))]),
        np.outer(np.arange(1, 9), np.ones(3)),
    ],
    ids=lambda vectors: "x".join(map(str, vectors.shape)),
)
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_special_vectors(vectors: np.ndarray, method: str, distance: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        places, how = project(comparable(vectors, distance), MapOptions(method, distance, iterations=500))
    assert places.shape == (len(vectors), 2) and np.isfinite(places).all() and how


def test_what_can_not_be_mapped_is_said():
    assert project(np.ones((8, 3)), MapOptions())[1] == "all vectors are equal"
    assert project(np.ones((1, 3)), MapOptions())[1] == "one label"
    assert "fewer than 5 labels" in project(RANDOM.standard_normal((4, 3)), MapOptions())[1]


def test_labels_with_one_vector_can_be_told_apart():
    places, _ = project(np.repeat(RANDOM.standard_normal((10, 4)), 2, axis=0), MapOptions(iterations=500))
    assert len(np.unique(places, axis=0)) == 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "mds"}, "method = 'mds': choose one of tsne, umap, pca"),
        ({"distance": "l1"}, "distance = 'l1'"),
        ({"perplexity": 0.5}, "perplexity = 0.5"),
        ({"iterations": 10}, "iterations = 10"),
        ({"seed": 2**32}, "seed"),
    ],
)
def test_wrong_options(options: dict[str, object], message: str):
    with pytest.raises(OptionError, match=message):
        MapOptions(**options)


def test_umap_that_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="pip install umap-learn"):
        project(CLUSTERS, MapOptions("umap"))


def test_umap_is_told_what_it_needs(monkeypatch: pytest.MonkeyPatch):
    class UMAP:
        def __init__(self, **settings):
            assert settings["n_neighbors"] == 7 and settings["random_state"] == 5
            assert settings["init"].shape == (8, 2)

        def fit_transform(self, points):
            places = points[:, :2].copy()
            places[3] = np.nan  # what umap-learn gives for a label without neighbours
            return places

    module = types.ModuleType("umap")
    module.UMAP = UMAP  # type: ignore[attr-defined]
    module.__spec__ = importlib.util.spec_from_loader("umap", None)
    monkeypatch.setitem(sys.modules, "umap", module)
    places, how = project(RANDOM.standard_normal((8, 3)), MapOptions("umap", seed=5))
    assert np.isfinite(places).all() and how == "UMAP, 7 neighbours"


@pytest.mark.skipif(importlib.util.find_spec("umap") is None, reason="needs umap-learn")
def test_umap_itself():
    maps = [project(CLUSTERS, MapOptions("umap"))[0] for _ in range(2)]
    assert np.array_equal(*maps)
