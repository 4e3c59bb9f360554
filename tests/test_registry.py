from __future__ import annotations

import pytest

from corelate.data.formats import FORMATS
from corelate.decisions import DECISION_RULES
from corelate.errors import OptionError
from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.models.heads import HEADS
from corelate.registry import Entry, Registry
from corelate.tagging.writers import WRITERS

REGISTRIES = [FORMATS, LOSSES, SEQUENCE_LOSSES, HEADS, DECISION_RULES, WRITERS]


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


@pytest.mark.parametrize("name", ["mla", "minimal_loss_alignment"])
def test_a_name_of_another_registry_says_what_it_is(name: str):
    with pytest.raises(OptionError, match=rf"^'{name}' is a loss for heads that .*; here choose one of bce, focal, "):
        LOSSES.get(name)
    assert name not in LOSSES


def test_a_name_registered_here_is_never_sent_elsewhere():
    here, there = Entry("a", "x:y", "s", aliases=("b",)), Entry("b", "x:z", "s", aliases=("a", "c"))
    registry = Registry("thing", (here,), elsewhere={"another thing": (there,)})
    assert registry.get("a") is here
    assert registry.get("b") is here
    with pytest.raises(OptionError, match="'c' is another thing; here choose one of a"):
        registry.get("c")


@pytest.mark.parametrize("second", [Entry("a", "x:y", "s"), Entry("b", "x:y", "s", aliases=("a",))])
def test_a_name_is_given_once(second: Entry):
    with pytest.raises(ValueError, match="registered more than once: a"):
        Registry("thing", (Entry("a", "x:y", "s"), second))
