import dataclasses
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from corelate.decisions import DECISION_RULES

DOCS = Path(__file__).parents[2] / "docs"


def python_blocks(page):
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", DECISION_RULES.names)
def test_every_rule_has_its_section_and_row(name):
    text = (DOCS / "decisions.md").read_text(encoding="utf-8")
    assert f"\n## {name}\n" in text
    (row,) = [line for line in text.splitlines() if line.startswith(f"| [`{name}`]")]
    assert all(f"`{field.name}`" in row for field in dataclasses.fields(DECISION_RULES.load(name)))


@pytest.mark.parametrize("page", ["decisions.md", "metrics.md"])
def test_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in python_blocks(page):
        exec(block, names)


def test_the_example_of_a_new_rule_is_a_rule(monkeypatch):
    # A dataclass looks its module up to find the types of its fields.
    module = types.ModuleType("example_of_a_rule")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(python_blocks("extend/decision.md")[0], vars(module))
    decision = module.SameFrequency().fit(np.linspace(0, 1, 10)[:, None], np.arange(10)[:, None] >= 7)
    assert decision.decide(np.array([[0.8], [0.5]])).tolist() == [[True], [False]]
