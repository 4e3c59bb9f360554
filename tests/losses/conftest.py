"""What the tests of all losses share: the losses in the settings that matter, and a batch to try them on."""

import functools

import pytest
import torch

from corelate.losses import LOSSES
from corelate.losses.build import build_loss

VARIANTS = {
    "bce": ("bce", {}),
    "focal": ("focal", {}),
    "focal, gamma 0": ("focal", {"gamma": 0}),
    "focal, gamma 0.5": ("focal", {"gamma": 0.5}),
    "focal, gamma 1000": ("focal", {"gamma": 1000}),
    "asymmetric": ("asymmetric", {}),
    "asymmetric, detached": ("asymmetric", {"focusing_gradient": "detached", "gamma_positive": 1}),
    "asymmetric, no margin": ("asymmetric", {"margin": 0}),
    "asymmetric, margin too small for floats": ("asymmetric", {"margin": 1e-320}),
    "asymmetric, smallest margin for float32": ("asymmetric", {"margin": 1.2e-38}),
    "asymmetric, gammas 0": ("asymmetric", {"gamma_positive": 0, "gamma_negative": 0}),
    "asymmetric, gammas 0, no margin": ("asymmetric", {"gamma_positive": 0, "gamma_negative": 0, "margin": 0}),
    "asymmetric, gammas 0.3": ("asymmetric", {"gamma_positive": 0.3, "gamma_negative": 0.3}),
    "asymmetric, gammas 0.3, no margin": ("asymmetric", {"gamma_positive": 0.3, "gamma_negative": 0.3, "margin": 0}),
    "asymmetric, gammas 1000": ("asymmetric", {"gamma_positive": 1000, "gamma_negative": 1000}),
    "lsep": ("lsep", {}),
    "hill": ("hill", {}),
    "hill, gamma 0.5, no margin": ("hill", {"gamma": 0.5, "margin": 0}),
    "hill, gamma 0, highest peak": ("hill", {"gamma": 0, "peak": 1000}),
    "splc": ("splc", {}),
    "splc, gamma 0, tau 0": ("splc", {"gamma": 0, "tau": 0}),
    "splc, only unknown": ("splc", {"unknown": "absent", "corrected": "unknown"}),
    "splc, not yet": ("splc", {"start": 1, "tau": 0.999999}),
}


@pytest.fixture(autouse=True)
def fixed_seed():
    """Make every test see the same random numbers on every run."""
    torch.manual_seed(0)


@pytest.fixture
def variants():
    """All variants: names of losses and their options."""
    return VARIANTS


@pytest.fixture(scope="session", params=VARIANTS.values(), ids=list(VARIANTS))
def build(request):
    """A function that builds one variant of a loss; it takes further options."""
    name, options = request.param
    return functools.partial(build_loss, name, **options)


# A loss that corrects unknown labels only can't ignore them.
IGNORING = {variant: each for variant, each in VARIANTS.items() if each[1].get("corrected") != "unknown"}


@pytest.fixture(scope="session", params=IGNORING.values(), ids=list(IGNORING))
def build_ignoring(request):
    """A function that builds one variant of a loss in which unknown cells count nowhere; it takes further options."""
    name, options = request.param
    return functools.partial(build_loss, name, **{**options, "unknown": "ignored"})


@pytest.fixture(scope="session", params=LOSSES.names)
def name(request):
    """The name of a loss, to be built with its defaults."""
    return request.param


@pytest.fixture
def batch():
    """A function that makes logits, float64 unless told, and targets without unknown cells."""
    return make_batch


def make_batch(rows=6, labels=9, dtype=torch.float64, spread=3.0):
    generator = torch.Generator().manual_seed(0)
    logits = spread * torch.randn(rows, labels, generator=generator, dtype=torch.float64)
    targets = (torch.rand(rows, labels, generator=generator) < 0.4).to(torch.int8)
    targets[:, 0], targets[:, 1] = 1, 0  # every picture has a present and an absent label
    return logits.to(dtype).requires_grad_(), targets
