import pytest
import torch

from corelate.augment.ml_wgan import networks


@pytest.fixture
def narrow(monkeypatch):
    """Networks of the same layers with few channels: the real ones hold 25 million numbers a picture.

    Multiples of 16, as theirs: the vectors of a processor then begin at the same places for each of several networks.
    """
    monkeypatch.setattr(networks, "CHANNELS", (16, 16, 32, 32, 48))


def smooth_pictures(count, height, width):
    """Return pictures in [-1, 1] that look like something, N×3×H×W."""
    random = torch.Generator().manual_seed(5)
    coarse = torch.rand(count, 3, 4, 6, generator=random) * 2 - 1
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
