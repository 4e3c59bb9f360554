"""Label vectors from the training labels alone: labels that go together with the same labels get similar vectors.

The counts become positive pointwise mutual information (PPMI), and its truncated singular value decomposition gives the
vectors: what word vectors were found to be in essence, without any text.

Source:
    Levy and Goldberg, Neural Word Embedding as Implicit Matrix Factorization, NIPS 2014: PPMI and its decomposition.
    Levy, Goldberg and Dagan, Improving Distributional Similarity with Lessons Learned from Word Embeddings, TACL 2015:
    smoothing of the context distribution by the power 0.75, vectors of one length, and the weight of singular values as
    a choice. They prefer U·√S or U for vocabularies that are far larger than the width. Here little or nothing is cut
    off, and then the products of U·√S are about those of the PPMI matrix itself: labels that share their neighbours and
    never meet would have nothing in common. So the weight is 1: products of U·S compare whole rows of PPMI.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from corelate.errors import EmbeddingError, OptionError
from corelate.labels.cooccurrence import CooccurrenceCounts
from corelate.labels.embeddings import LabelEmbeddings, fill_missing

SOURCE = "made from the training labels (PPMI and SVD)"
SMOOTHING = 0.75
DEFAULT_WIDTH = 300
LARGEST_DENSE = 1000
"""Labels up to which all singular vectors are computed at once."""
LEAST_PPMI = 1e-9
"""Below it a value is the rounding error of zero."""
LEAST_NORM = 1e-3
"""Norm, as a share of the largest, up to which a label has no vector: the kept dimensions are about other labels."""


def embeddings_from_counts(
    counts: CooccurrenceCounts, width: int = DEFAULT_WIDTH, *, smoothing: float = SMOOTHING, seed: int = 0
) -> LabelEmbeddings:
    """Make label vectors from how often labels occur alone and together.

    A label without pictures, and one that goes together with all others just as chance would have it, has no vector of
    its own: it gets a random one (see `fill_missing`) and is listed as missing.

    Args:
        counts: Counts on the training pictures.
        width: The length of a vector; with fewer labels as many as there are labels.
        smoothing: Power of the context distribution in `ppmi`.
        seed: Of the random vectors.

    Returns:
        Vectors L×min(width, L). Each is scaled to a mean square of 1 over its elements: products compare directions,
        and a usual label, whose vector would be short, weighs as much in a network as a rare one.

    Raises:
        EmbeddingError: No picture has a label.
        OptionError: The width is below 1.
    """
    if width < 1:
        raise OptionError(f"width is {width}: must be at least 1")
    if not counts.occurrences.any():
        raise EmbeddingError(
            f"none of the {counts.pictures} training pictures has a label, so label vectors can't be made from them; "
            "give a file of word vectors"
        )
    information = ppmi(counts, smoothing)
    informed = np.flatnonzero(np.diff(information.indptr))
    vectors = np.zeros((len(counts.vocabulary), min(width, len(counts.vocabulary))))
    if len(informed):
        part = truncated_svd_vectors(information[informed][:, informed], vectors.shape[1])
        vectors[informed, : part.shape[1]] = part
    norms = np.linalg.norm(vectors, axis=1)
    missing = norms <= LEAST_NORM * norms.max()
    vectors[~missing] *= np.sqrt(vectors.shape[1]) / norms[~missing, np.newaxis]
    labels = tuple(label for label, lacks in zip(counts.vocabulary, missing, strict=True) if lacks)
    return fill_missing(LabelEmbeddings(counts.vocabulary, vectors, SOURCE, labels), seed)


def ppmi(counts: CooccurrenceCounts, smoothing: float = SMOOTHING) -> sparse.csr_array:
    """Return the positive pointwise mutual information of labels.

    max(0, log(P(i, j) / (P(i) · Q(j)))), with P from the counts of pairs, whose diagonal is each label's own count, and
    Q the labels' shares of all counts, raised to the power `smoothing` and normalised. The diagonal gives a label that
    never goes with another a direction of its own.

    Args:
        counts: Of L labels.
        smoothing: Below 1 pairs with rare labels count less; 1 is PPMI without smoothing, a symmetric matrix.

    Returns:
        L×L, float64; only values above zero are stored. Row i is about label i, column j about its context.
    """
    # Work stays on one array of values: 10,000 labels can have tens of millions of pairs.
    joint = (counts.pairs + sparse.diags_array(counts.occurrences.astype(np.float64))).tocsr()
    joint.eliminate_zeros()
    totals = np.asarray(joint.sum(axis=1)).ravel()
    contexts = np.power(totals, smoothing)
    # P(i, j) / (P(i) · Q(j)) = count(i, j) · Σ contexts / (total(i) · context(j))
    values = joint.data
    values *= contexts.sum()
    values /= np.repeat(totals, np.diff(joint.indptr))
    values /= contexts[joint.indices]
    np.log(values, out=values)
    values[values <= LEAST_PPMI] = 0
    joint.eliminate_zeros()
    return joint


def truncated_svd_vectors(matrix: sparse.csr_array, width: int) -> np.ndarray:
    """Return U·S for the largest singular values of a square matrix, L×min(width, L).

    The largest component of each column is positive, so that the same matrix gives the same vectors whatever the signs
    of the decomposition. Columns whose singular value is zero but for rounding are zero.
    """
    size = matrix.shape[0]
    width = min(width, size)
    if size <= LARGEST_DENSE or width > size // 4:  # Beyond a quarter the iterative way is the slower one.
        left, values, _ = np.linalg.svd(matrix.toarray())
        left, values = left[:, :width], values[:width]
    else:
        start = np.random.default_rng(0).standard_normal(size)
        left, values, _ = svds(matrix, k=width, v0=start, return_singular_vectors="u")
        order = np.argsort(-values, kind="stable")
        left, values = left[:, order], values[order]
    largest = np.abs(left).argmax(axis=0)
    left = left * np.where(left[largest, np.arange(width)] < 0, -1.0, 1.0)
    values = np.where(values > values[0] * size * np.finfo(np.float64).eps, values, 0.0)
    return np.asarray(left * values)
