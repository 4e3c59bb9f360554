from __future__ import annotations

import pytest

from corelate.data.formats import FORMATS
from corelate.decisions import DECISION_RULES
from corelate.errors import OptionError
from corelate.losses import LOSSES
from corelate.models.heads import HEADS
from corelate.registry import Entry, Registry
from corelate.tagging.writers import WRITERS

REGISTRIES = [FORMATS, LOSSES, HEADS, DECISION_RULES, WRITERS]


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_everything_registered_can_be_had(registry: Registry):
    assert len(registry) > 0
    for entry in registry:
        assert entry.load() is not None
        assert registry.load(entry.name) is entry.load()
        assert entry.summary


def test_an_unknown_name_lists_the_names_and_the_nearest():
    with pytest.raises(
        OptionError, match=r"unknown loss 'focall': choose one of bce, focal, .*; did you mean 'focal'\?"
    ):
        LOSSES.get("focall")


def test_an_alias_is_the_same_entry():
    assert LOSSES.get("asl") is LOSSES.get("asymmetric")
    assert "asl" in LOSSES
    assert "asl" not in LOSSES.names


@pytest.mark.parametrize("second", [Entry("a", "x:y", "s"), Entry("b", "x:y", "s", aliases=("a",))])
def test_a_name_is_given_once(second: Entry):
    with pytest.raises(ValueError, match="registered more than once: a"):
        Registry("thing", (Entry("a", "x:y", "s"), second))
