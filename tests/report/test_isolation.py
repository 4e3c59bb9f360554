"""One part that fails does not take the page with it."""

from __future__ import annotations

import pytest

from corelate.errors import OptionError
from corelate.report.isolation import isolated


def failing(error: Exception):
    def make() -> str:
        raise error

    return make


@pytest.mark.parametrize("strict", [True, False])
def test_what_a_part_expects_becomes_a_sentence(strict: bool):
    html = isolated(failing(OptionError("one label <only>")), strict)
    assert html == '<p class="soft">Not shown: one label &lt;only&gt;</p>'


@pytest.mark.parametrize("strict", [True, False])
def test_a_package_that_is_missing_is_named(strict: bool):
    html = isolated(
        failing(ModuleNotFoundError("No module named 'matplotlib.figure'", name="matplotlib.figure")), strict
    )
    assert "needs matplotlib; install it with: pip install &#x27;corelate[explain]&#x27;" in html


def test_what_nobody_expects_is_said_once_with_its_traceback(capsys: pytest.CaptureFixture[str]):
    html = isolated(failing(ZeroDivisionError("by zero")), strict=False)
    assert "an unexpected error stopped this part (ZeroDivisionError: by zero)" in html
    assert capsys.readouterr().err.count("ZeroDivisionError: by zero") == 1
    assert "(KeyError)" in isolated(failing(KeyError()), strict=False)


@pytest.mark.parametrize("error", [ZeroDivisionError(), ModuleNotFoundError("x", name="corelate.nothing")])
def test_tests_see_what_nobody_expects(error: Exception):
    with pytest.raises(type(error)):
        isolated(failing(error), strict=True)


def test_what_is_made_is_returned():
    assert isolated(lambda: "<p>x</p>", strict=False) == "<p>x</p>"
