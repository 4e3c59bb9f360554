from __future__ import annotations

from types import SimpleNamespace

import pytest

from corelate.explain.graph.label_graph import KnownGraph, label_graph_of
from corelate.report.sections import label_graph


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        (True, "the more often pictures with the first have the second, too."),
        (False, "the larger the weight that the head multiplies with."),
    ],
)
def test_the_caption_says_what_strong_arrows_stand_for(counted: bool, words: str, monkeypatch: pytest.MonkeyPatch):
    known = label_graph_of("scenes:40?size=32")
    inside = KnownGraph(known.graph, known.about, known.occurrences, known.counts if counted else None)
    monkeypatch.setattr(label_graph, "label_graph_of", lambda material: inside)
    assert words in label_graph.content(SimpleNamespace(material=None, strict=True))
