"""Distances between two pictures of one size by their pixels."""

from __future__ import annotations

import math

import numpy as np

# Weights of red, green and blue in the brightness, as in ITU-R BT.601.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Of the paper: a Gaussian of 11 × 11 pixels with this standard deviation, and two constants against small divisors.
_RADIUS, _SIGMA = 5, 1.5
_C1, _C2 = 0.01**2, 0.03**2
WINDOW = 2 * _RADIUS + 1


def root_mean_square_error(first: np.ndarray, second: np.ndarray) -> float:
    """Return the root of the mean squared difference of two H×W×3 pictures in [0, 1]."""
    return float(np.sqrt(np.square(first - second, dtype=np.float64).mean()))


def peak_signal_to_noise(error: float) -> float:
    """Return a root mean square error as PSNR in decibels; infinite for 0."""
    return math.inf if error == 0 else -20 * math.log10(error)


def structural_similarity(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean structural similarity (SSIM) of the brightness of two pictures.

    Windows lie wholly inside the pictures. Variances are those of the window as a whole population, as in the paper.

    Args:
        first: H×W×3 in [0, 1], both sides at least 11.
        second: H×W×3 in [0, 1].

    Returns:
        At most 1, which means the same brightness everywhere; about 0 for unrelated pictures.

    Source:
        Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image Quality Assessment: From Error Visibility to
        Structural Similarity", 2004, equation 13.
    """
    a, b = first.astype(np.float32) @ _LUMA, second.astype(np.float32) @ _LUMA
    mean_a, mean_b, square_a, square_b, product = _local_means(np.stack([a, b, a * a, b * b, a * b]))
    variance_a, variance_b = square_a - mean_a**2, square_b - mean_b**2
    covariance = product - mean_a * mean_b
    brightness = (2 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    structure = (2 * covariance + _C2) / (variance_a + variance_b + _C2)
    return float((brightness * structure).mean(dtype=np.float64))


def _local_means(planes: np.ndarray) -> np.ndarray:
    """Return the means of K×H×W under a Gaussian window at each place where it fits, K×(H-10)×(W-10)."""
    places = np.arange(-_RADIUS, _RADIUS + 1)
    window = np.exp(-(places**2) / (2 * _SIGMA**2))
    weights = (window / window.sum()).astype(np.float32)
    for axis in (1, 2):
        length = planes.shape[axis] - 2 * _RADIUS
        shifted = [
            planes[:, shift : shift + length] if axis == 1 else planes[:, :, shift : shift + length]
            for shift in range(WINDOW)
        ]
        summed = shifted[0] * weights[0]
        term = np.empty_like(summed)
        for part, weight in zip(shifted[1:], weights[1:], strict=True):
            summed += np.multiply(part, weight, out=term)
        planes = summed
    return planes
