"""The registry of sequence losses, and building one by name."""

import inspect
import subprocess
import sys

import pytest

from corelate.errors import OptionError
from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.losses.base import LossOptions
from corelate.losses.build import build_loss, build_sequence_loss
from corelate.losses.sequence_loss import SequenceLoss


def test_listing_sequence_losses_imports_neither_torch_nor_scipy():
    code = "import sys, corelate.losses.build; sys.exit(bool({'torch', 'scipy', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_three_sequence_losses_are_registered():
    assert SEQUENCE_LOSSES.names == ("cross_entropy", "mla", "pla")


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_entry_leads_to_a_sequence_loss_with_options_and_a_source(name):
    entry = SEQUENCE_LOSSES.get(name)
    loss_class = entry.load()
    assert issubclass(loss_class, SequenceLoss)
    assert issubclass(loss_class.Options, LossOptions)
    assert entry.summary and entry.source
    assert inspect.getdoc(loss_class)


@pytest.mark.parametrize(("alias", "name"), [("minimal_loss_alignment", "mla"), ("predicted_label_alignment", "pla")])
def test_alias_builds_the_same_loss(alias, name):
    assert type(build_sequence_loss(alias)) is type(build_sequence_loss(name))


def test_options_are_shown():
    assert repr(build_sequence_loss("mla", reduction="sum")) == "MinimalLossAlignment(reduction='sum')"
    assert repr(build_sequence_loss("pla")) == "PredictedLabelAlignment(reduction='mean', late_hits='reassign')"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pla", {"late_hits": "drop"}, "late_hits is 'drop': must be reassign or keep"),
        ("pla", {"late_hit": "keep"}, "unknown option 'late_hit'.*did you mean 'late_hits'"),
        ("mla", {"late_hits": "keep"}, "unknown option 'late_hits': choose from reduction"),
        ("cross_entropy", {"reduction": "max"}, "reduction is 'max': must be mean or sum"),
        ("plaa", {}, "unknown sequence loss 'plaa': choose one of cross_entropy, mla, pla; did you mean 'pla'"),
    ],
)
def test_wrong_name_or_option_says_what_is_allowed(name, options, message):
    with pytest.raises(OptionError, match=message):
        build_sequence_loss(name, **options)


@pytest.mark.parametrize("name", ["cross_entropy", "mla", "minimal_loss_alignment", "pla"])
def test_a_sequence_loss_asked_of_a_label_head_says_where_it_belongs(name):
    message = f"'{name}' is a loss for heads that write sequences of tags; here choose one of bce, focal, asymm"
    with pytest.raises(OptionError, match=message):
        build_loss(name)


@pytest.mark.parametrize("name", ["asymmetric", "asl", "bce", "lsep"])
def test_a_loss_over_labels_asked_of_a_sequence_head_says_where_it_belongs(name):
    message = (
        f"'{name}' is a loss for heads that score each label by itself; here choose one of cross_entropy, mla, pla"
    )
    with pytest.raises(OptionError, match=message):
        build_sequence_loss(name)


def test_no_name_stands_for_two_losses():
    assert not {name for entry in LOSSES for name in (entry.name, *entry.aliases)} & {
        name for entry in SEQUENCE_LOSSES for name in (entry.name, *entry.aliases)
    }
