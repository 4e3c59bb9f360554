"""Which pictures of a run its page shows."""

from __future__ import annotations

import numpy as np

from corelate.decisions.fixed import Fixed
from corelate.explain.judged import Judged
from corelate.report.subject import Subject


def subject(pictures: int, most: int) -> Subject:
    """Return pictures of one label, each worse than the one before it."""
    scores = np.linspace(0.0, 1.0, pictures)[:, None]
    targets = np.zeros((pictures, 1), np.int8)
    names = [f"{row}.png" for row in range(pictures)]
    judged = Judged(scores, targets, ["sea"], names, Fixed(0.5).for_labels(1), "some pictures")
    return Subject(None, judged, most)  # type: ignore[arg-type]  # The run is not looked at.


def test_all_pictures_are_shown_where_there_is_room():
    for most in (20, 50):
        shown = subject(20, most).shown
        assert sorted(shown.tolist()) == list(range(20))
        assert shown[0] == 19


def test_of_many_pictures_errors_come_first_and_others_are_drawn():
    shown = subject(1000, 40).shown
    assert len(set(shown.tolist())) == 40
    assert shown[:30].tolist() == list(range(999, 969, -1))
    assert subject(1000, 40).errors_shown == 30
    drawn = shown[30:]
    assert drawn.max() < 970
    assert np.ptp(drawn) > 300, "drawn from all others"
    assert shown.tolist() == subject(1000, 40).shown.tolist(), "the same each time"


def test_one_picture_or_none():
    assert subject(50, 1).shown.tolist() == [49]
    assert subject(50, 0).shown.tolist() == []
