"""Maps of one set of labels laid over each other, and groups of labels that keep their colour in all of them."""

from __future__ import annotations

import numpy as np

MOST_GROUPS = 7
LABELS_A_GROUP = 4


def upright(places: np.ndarray) -> np.ndarray:
    """Return a map L×2 turned such that it is as wide as it can be, around its middle: texts need width."""
    centred = places - places.mean(axis=0)
    _, _, directions = np.linalg.svd(centred.T @ centred)
    turned = centred @ directions.T
    # Of a turn and its mirror image the one that keeps the right side right and the upper side up.
    return turned * np.where(np.diag(directions) < 0, -1.0, 1.0)


def laid_over(places: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return a map L×2 turned and mirrored such that its labels come nearest to those of another, L×2.

    Which way round a map lies, and in which unit, says nothing. Sizes are left as they are.
    """
    centred = places - places.mean(axis=0)
    left, _, right = np.linalg.svd(centred.T @ (reference - reference.mean(axis=0)))
    return np.asarray(centred @ (left @ right))


def groups_of(places: np.ndarray, seed: int) -> np.ndarray:
    """Return a group 0 … G-1 for each label of a map L×2, numbered from left to right: regions by k-means."""
    from sklearn.cluster import KMeans

    distinct = len(np.unique(places, axis=0))
    count = min(MOST_GROUPS, len(places) // LABELS_A_GROUP, distinct)
    if count < 2:
        return np.zeros(len(places), np.int64)
    found = KMeans(count, n_init=10, random_state=seed).fit(places)
    order = np.argsort(np.argsort(found.cluster_centers_[:, 0], kind="stable"), kind="stable")
    return np.asarray(order[found.labels_], np.int64)
