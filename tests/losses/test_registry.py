"""The registry of losses, and building one by name."""

import inspect
import subprocess
import sys

import pytest
import torch

from corelate.errors import OptionError
from corelate.losses import LOSSES
from corelate.losses.base import LossOptions, MultiLabelLoss
from corelate.losses.build import build_loss


def test_listing_losses_does_not_import_torch():
    code = "import sys, corelate.losses, corelate.losses.build; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_losses_are_registered():
    assert LOSSES.names == ("bce", "focal", "asymmetric", "lsep", "hill", "splc")


@pytest.mark.parametrize("name", LOSSES.names)
def test_entry_leads_to_a_loss_with_options_and_a_source(name):
    entry = LOSSES.get(name)
    loss_class = entry.load()
    assert issubclass(loss_class, MultiLabelLoss)
    assert issubclass(loss_class.Options, LossOptions)
    assert entry.summary and entry.source
    assert inspect.getdoc(loss_class)


def test_alias_builds_the_same_loss():
    assert type(build_loss("asl")) is type(build_loss("asymmetric"))


def test_unknown_loss_lists_the_names_and_the_nearest():
    with pytest.raises(OptionError, match=r"unknown loss 'asymetric'.*bce, focal, asymmetric, lsep.*'asymmetric'"):
        build_loss("asymetric")


def test_options_reach_the_loss_as_plain_floats():
    loss = build_loss("asymmetric", gamma_negative=2, focusing_gradient="detached", reduction="sum")
    assert loss.options.gamma_negative == 2.0
    assert isinstance(loss.options.gamma_negative, float)
    assert loss.options.gamma_positive == 0.0
    assert repr(loss) == (
        "AsymmetricLoss(reduction='sum', unknown='ignored', gamma_positive=0.0, gamma_negative=2.0, margin=0.05, "
        "focusing_gradient='detached')"
    )


def test_defaults_are_those_of_the_published_results():
    assert build_loss("focal").options.gamma == 3
    asymmetric = build_loss("asymmetric").options
    assert (asymmetric.gamma_positive, asymmetric.gamma_negative, asymmetric.margin) == (0, 4, 0.05)
    assert asymmetric.focusing_gradient == "attached"
    assert all(build_loss(name).options.reduction == "mean" for name in LOSSES.names)
    hill, splc = build_loss("hill").options, build_loss("splc").options
    assert (hill.peak, hill.margin, hill.gamma) == (1.5, 1, 2)
    assert (splc.tau, splc.margin, splc.gamma, splc.corrected) == (0.6, 1, 2, "all")


def test_losses_for_missing_labels_take_unknown_ones_for_absent_and_the_others_ignore_them():
    ignoring = {name for name in LOSSES.names if build_loss(name).options.unknown == "ignored"}
    assert ignoring == {"bce", "focal", "asymmetric", "lsep"}


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("asymmetric", {"gama_negative": 2}, "unknown option 'gama_negative'.*did you mean 'gamma_negative'"),
        ("bce", {"gamma": 2}, "unknown option 'gamma': choose from reduction, unknown"),
        ("focal", {"gamma": -0.1}, "gamma is -0.1: must be a number from 0 to 1000"),
        ("focal", {"gamma": float("nan")}, "gamma is nan"),
        ("focal", {"gamma": float("inf")}, "gamma is inf"),
        ("focal", {"gamma": "3"}, "gamma is '3'"),
        ("focal", {"gamma": True}, "gamma is True"),
        ("focal", {"gamma": None}, "gamma is None"),
        ("asymmetric", {"margin": 1}, "margin is 1: must be a number from 0 to below 1"),
        ("asymmetric", {"margin": -0.05}, "margin is -0.05"),
        ("asymmetric", {"focusing_gradient": "none"}, "must be attached or detached"),
        ("bce", {"unknown": "present"}, "unknown is 'present': must be ignored or absent"),
        ("hill", {"peak": 1.4}, "peak is 1.4: must be a number from 1.5 to 1000"),
        ("splc", {"tau": 1}, "tau is 1: must be a number from 0 to below 1"),
        ("splc", {"start": 1.1}, "start is 1.1: must be a number from 0 to 1"),
        ("splc", {"corrected": "none"}, "must be all or unknown"),
        ("splc", {"corrected": "unknown", "unknown": "ignored"}, "nothing is left to correct; set unknown to"),
        ("lsep", {"reduction": "average"}, "reduction is 'average': must be mean or sum"),
        ("lsep", {"reduction": ["mean"]}, r"reduction is \['mean'\]"),
    ],
)
def test_wrong_option_says_what_is_allowed(name, options, message):
    with pytest.raises(OptionError, match=message):
        build_loss(name, **options)


def test_all_wrong_options_are_reported_at_once():
    with pytest.raises(OptionError, match=r"unknown option 'beta'.*margin is 2.*reduction is 'max'"):
        build_loss("asymmetric", margin=2, reduction="max", beta=1)


def test_numpy_numbers_are_numbers():
    numpy = pytest.importorskip("numpy")
    assert build_loss("focal", gamma=numpy.float32(2)).options.gamma == 2.0


def test_losses_have_no_parameters_and_no_state():
    assert all(not build_loss(name).state_dict() for name in LOSSES.names)
    assert all(isinstance(build_loss(name), torch.nn.Module) for name in LOSSES.names)
