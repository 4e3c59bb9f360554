from __future__ import annotations

import numpy as np
import torch

from corelate.augment.quality.feature_space import BATCH_SIZE, FeatureSpace
from corelate.augment.quality.options import QualityOptions

OPTIONS = QualityOptions(backbone="test_resnet", weights="none", image_size=(64,), accelerator="cpu")


def test_features_are_means_over_the_map_whatever_the_batches():
    space = FeatureSpace.open(OPTIONS)
    inputs = list(np.random.default_rng(0).normal(size=(BATCH_SIZE + 3, 3, 64, 64)).astype(np.float32))
    with torch.inference_mode():
        feature_map = space.backbone(torch.from_numpy(np.stack(inputs))).numpy()
    assert feature_map.shape[2:] != (1, 1)
    np.testing.assert_allclose(space.features(inputs), feature_map.mean(axis=(2, 3)), rtol=1e-4, atol=1e-5)


def test_random_weights_are_the_same_each_time_and_leave_other_draws_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, second = FeatureSpace.open(OPTIONS), FeatureSpace.open(OPTIONS)
    assert torch.equal(torch.rand(3), expected)
    inputs = [np.ones((3, 64, 64), np.float32)]
    assert np.array_equal(first.features(inputs), second.features(inputs))
