"""The page about sequence losses has an entry for every one and every option, and its examples run."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch

from corelate.losses import SEQUENCE_LOSSES
from corelate.losses.options import describe_range

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "sequence-losses.md").read_text(encoding="utf-8")
EXTEND = (DOCS / "extend" / "loss.md").read_text(encoding="utf-8")


def section(name, page=PAGE):
    match = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert match, f"no section '## {name}'"
    return match[1]


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_every_sequence_loss_is_in_the_overview_and_has_a_section(name):
    assert f"| [`{name}`](#{name})" in PAGE
    assert section(name).strip()
    assert all(f"(`{alias}`)" in PAGE for alias in SEQUENCE_LOSSES.get(name).aliases)


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_every_option_has_a_row_with_its_default_and_range(name):
    for field in dataclasses.fields(SEQUENCE_LOSSES.load(name).Options):
        row = f"| `{field.name}` | `{field.default}` | {describe_range(field)} | {field.metadata['help']} |"
        assert row in section(name), f"docs/sequence-losses.md, section {name}, should have the row:\n{row}"


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_no_row_describes_an_option_that_does_not_exist(name):
    described = re.findall(r"^\| `(\w+)` \|", section(name), re.MULTILINE)
    assert described == [field.name for field in dataclasses.fields(SEQUENCE_LOSSES.load(name).Options)]


def test_examples_on_the_page_run():
    assert python_blocks(PAGE)
    for block in python_blocks(PAGE):
        exec(block, {})


def test_the_page_is_linked_from_that_about_losses():
    assert "(sequence-losses.md)" in (DOCS / "losses.md").read_text(encoding="utf-8")


def test_example_of_a_new_sequence_loss_works():
    space = {"__name__": "surest_first"}
    (block,) = python_blocks(section("A loss over sequences", EXTEND))
    exec(block, space)
    loss = space["SurestFirst"]()
    logits = torch.tensor([[[1.0, 3.0, 2.0, 9.0], [0.0] * 4, [0.0] * 4, [0.0] * 4]]).repeat(2, 1, 1).requires_grad_()
    sequences = torch.tensor([[0, 1, 2, 3], [2, 3, 3, 3]])
    assert loss.arrange(logits.detach().log_softmax(2), sequences).tolist() == [[1, 2, 0, 3], [2, 3, 3, 3]]
    assert loss.free_running
    loss(logits, sequences).backward()
    assert logits.grad.isfinite().all()
