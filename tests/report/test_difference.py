import pytest

from corelate.report.difference import Difference


@pytest.mark.parametrize(
    ("value", "interval", "share", "verdict"),
    [
        (0.1, (0.05, 0.15), 0.99, "better"),
        (0.1, (0.05, 0.15), 0.9, "better, with care"),
        (-0.1, (-0.15, -0.05), 0.01, "worse"),
        (-0.1, (-0.15, -0.05), 0.1, "worse, with care"),
        (0.1, (-0.01, 0.2), 0.94, "no clear difference"),
        (0.0, (0.0, 0.0), 0.0, "no clear difference"),
        (0.1, (0.0, 0.2), 1.0, "no clear difference"),
        (None, None, None, "undefined"),
    ],
)
def test_what_may_be_said(value, interval, share, verdict):
    difference = Difference(value, interval, share, 0.95)
    assert difference.verdict == verdict
    assert difference.to_json() == {
        "difference": value,
        "interval": None if interval is None else list(interval),
        "share_greater": share,
        "verdict": verdict,
    }


def test_care_depends_on_the_level():
    assert Difference(0.1, (0.05, 0.15), 0.9, 0.8).verdict == "better"
