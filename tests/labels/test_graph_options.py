from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from corelate.errors import OptionError
from corelate.labels.graph_options import GraphOptions
from corelate.labels.graph_settings import PRESETS, GraphSettings
from corelate.options import option, read_options


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_alone_is_the_preset(preset: str):
    assert GraphOptions(preset=preset).settings() == PRESETS[preset]


def test_tau_and_p_take_the_place_of_the_presets_own():
    settings = GraphOptions(preset="ml-gcn", tau=0.0, p=1).settings()
    assert settings == dataclasses.replace(PRESETS["ml-gcn"], tau=0.0, p=1.0)


def test_what_the_presets_are():
    """Of the three sources, in one place to compare: SEED: no normalisation; ML-GCN: transposed; paper: by rows."""
    assert PRESETS["seed-gcn"] == GraphSettings(0.1, 0.2, "row", "columns", 1e-7, "one_minus_p", False, False)
    assert PRESETS["ml-gcn"] == GraphSettings(0.4, 0.25, "row", "columns", 1e-6, "one", True, True)
    assert PRESETS["paper"] == GraphSettings(0.4, 0.2, "row", "rows", 0.0, "one_minus_p", True, False)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tau": 1.1}, "label graph: tau = 1.1: must be at most 1.0"),
        ({"tau": -0.1}, "tau = -0.1: must be at least 0.0"),
        ({"tau": float("nan")}, "tau = nan: must be a finite number"),
        ({"p": 1.5}, "p = 1.5: must be at most 1.0"),
        ({"p": -1.0}, "p = -1.0: must be at least 0.0"),
        ({"epsilon": -1e-9}, "epsilon = -1e-09: must be at least 0.0"),
        ({"epsilon": float("inf")}, "epsilon = inf: must be a finite number"),
        ({"normalise": "both"}, "normalise = 'both': choose one of columns, rows"),
        ({"symmetric": 1}, "symmetric = 1: expected true or false"),
    ],
)
def test_settings_that_are_not_allowed(values: dict, message: str):
    with pytest.raises(OptionError, match=message):
        GraphSettings(**values)


def test_an_unknown_preset_is_refused():
    with pytest.raises(OptionError, match="preset 'kipf' of the label graph: choose one of seed-gcn, ml-gcn, paper"):
        GraphOptions(preset="kipf").settings()


def test_heads_inherit_the_options():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class HeadOptions(GraphOptions):
        width: int = option(8, "width")

    problems: list[str] = []
    options = read_options(HeadOptions, {"width": 4, "tau": 1, "preset": "paper"}, problems)
    assert (options.width, options.settings().tau, problems) == (4, 1.0, [])
    read_options(HeadOptions, {"tau": 2, "p": "much", "preset": "x"}, problems)
    assert len(problems) == 3


def test_every_option_has_a_doc_line():
    for field in (*dataclasses.fields(GraphOptions), *dataclasses.fields(GraphSettings)):
        assert field.metadata["help"]


def test_options_do_not_wait_for_numpy():
    code = (
        "import sys, corelate.labels.graph_options\n"
        "assert not {'numpy', 'scipy', 'torch'} & set(sys.modules), 'imported too much'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
