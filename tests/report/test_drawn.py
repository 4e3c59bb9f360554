"""Sentences beside drawings."""

from __future__ import annotations

from corelate.errors import OptionError
from corelate.report.drawn import drawn, sentences


def test_lines_end_as_sentences_do_and_indented_ones_are_a_list():
    html = sentences(["One", "Two!", "  first <b>", "  second", "Three:"])
    assert html == ('<p>One.</p><p>Two!</p><ul class="plain"><li>first &lt;b&gt;</li><li>second</li></ul><p>Three:</p>')


class Broken:
    def draw(self):
        raise OptionError("nothing to be drawn")


def test_a_drawing_that_can_t_be_made_is_a_sentence():
    assert drawn(Broken(), "a", "b", strict=True) == '<p class="soft">Not shown: nothing to be drawn</p>'


def test_no_lines_are_nothing():
    assert sentences([]) == ""
