"""The page about losses has an entry for every loss and every option, and its examples run."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch

from corelate.errors import OptionError
from corelate.losses import LOSSES
from corelate.losses.options import describe_range

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "losses.md").read_text(encoding="utf-8")
EXTEND = (DOCS / "extend" / "loss.md").read_text(encoding="utf-8")


def section(name):
    match = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/losses.md has no section '## {name}'"
    return match[1]


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("name", LOSSES.names)
def test_every_loss_is_in_the_overview_and_has_a_section(name):
    assert f"| [`{name}`](#{name})" in PAGE
    assert section(name).strip()
    assert all(f"(`{alias}`)" in PAGE for alias in LOSSES.get(name).aliases)


@pytest.mark.parametrize("name", LOSSES.names)
def test_every_option_has_a_row_with_its_default_and_range(name):
    for field in dataclasses.fields(LOSSES.load(name).Options):
        row = f"| `{field.name}` | `{field.default}` | {describe_range(field)} | {field.metadata['help']} |"
        assert row in section(name), f"docs/losses.md, section {name}, should have the row:\n{row}"


@pytest.mark.parametrize("name", LOSSES.names)
def test_no_row_describes_an_option_that_does_not_exist(name):
    described = re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE)
    assert described == [field.name for field in dataclasses.fields(LOSSES.load(name).Options)]


def test_examples_on_the_page_run():
    for block in python_blocks(PAGE):
        exec(block, {})


def test_examples_of_a_new_loss_work():
    plain, _, weighted, patient, *_ = python_blocks(EXTEND)
    spaces = [{"__name__": "brier"}, {"__name__": "brier"}]
    for block, space in zip((plain, weighted), spaces, strict=True):
        exec(block, space)
    exec(patient, spaces[0])
    logits, targets = torch.randn(3, 4, requires_grad=True), torch.tensor([[1, 0, -1, 1]]).expand(3, 4)
    value = spaces[0]["BrierLoss"]()(logits, targets)
    torch.testing.assert_close(value, spaces[1]["BrierLoss"](positive_weight=1)(logits, targets))
    loss = spaces[0]["PatientBrierLoss"]()
    assert loss(logits, targets) == loss(logits, targets, 0.5) == value
    assert loss(logits, targets, 0.4) < value
    with pytest.raises(OptionError, match="positive_weight is -1: must be a number from 0"):
        spaces[1]["BrierLoss"](positive_weight=-1)
