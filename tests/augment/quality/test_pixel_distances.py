from __future__ import annotations

import math

import numpy as np
import pytest

from corelate.augment.quality.pixel_distances import (
    peak_signal_to_noise,
    root_mean_square_error,
    structural_similarity,
)


def naive_ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean over all windows of 11 × 11, by the definition."""
    grey = [picture @ np.array([0.299, 0.587, 0.114]) for picture in (first, second)]
    places = np.arange(-5, 6)
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 1.5**2))
    window /= window.sum()
    found = []
    for top in range(first.shape[0] - 10):
        for left in range(first.shape[1] - 10):
            a, b = (plane[top : top + 11, left : left + 11] for plane in grey)
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variance_a, variance_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
            covariance = (window * (a - mean_a) * (b - mean_b)).sum()
            brightness = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
            found.append(brightness * (2 * covariance + 9e-4) / (variance_a + variance_b + 9e-4))
    return float(np.mean(found))


def test_structural_similarity_is_its_definition():
    generator = np.random.default_rng(0)
    first = generator.random((17, 23, 3)).astype(np.float32)
    second = np.clip(first + generator.normal(0, 0.2, first.shape), 0, 1).astype(np.float32)
    assert structural_similarity(first, second) == pytest.approx(naive_ssim(first, second), abs=1e-5)
    assert structural_similarity(first, second) == pytest.approx(structural_similarity(second, first), abs=1e-6)


def test_structural_similarity_of_flat_pictures_is_that_of_their_brightness():
    first, second = np.full((20, 20, 3), 0.2, np.float32), np.full((20, 20, 3), 0.6, np.float32)
    assert structural_similarity(first, second) == pytest.approx((0.24 + 1e-4) / (0.4 + 1e-4), abs=1e-4)


def test_structural_similarity_of_a_picture_with_itself_is_one_and_with_its_negative_below_zero():
    picture = np.random.default_rng(1).random((30, 30, 3)).astype(np.float32)
    assert structural_similarity(picture, picture) == pytest.approx(1)
    assert structural_similarity(picture, 1 - picture) < -0.5


def test_root_mean_square_error_of_black_and_white_is_one():
    black, white = np.zeros((4, 5, 3), np.float32), np.ones((4, 5, 3), np.float32)
    assert root_mean_square_error(black, white) == 1
    half = black.copy()
    half[:2] = 0.5
    assert root_mean_square_error(black, half) == pytest.approx(0.5 * math.sqrt(0.5))


def test_peak_signal_to_noise():
    assert peak_signal_to_noise(0.1) == pytest.approx(20)
    assert peak_signal_to_noise(1.0) == 0
    assert peak_signal_to_noise(0.0) == math.inf
