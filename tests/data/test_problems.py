import pytest

from corelate.data.problems import Problems
from corelate.errors import DataError


def test_report_counts_each_kind_and_shows_the_first_cases():
    problems = Problems("set.csv")
    for number in range(7):
        problems.add("missing image: picture left out", f"{number}.jpg", f"line {number}")
    problems.add("bad cell: row left out", "x")
    assert problems.counts() == {"missing image: picture left out": 7, "bad cell: row left out": 1}
    first, second = problems.report().split("\n")
    assert first.startswith("7 × missing image: picture left out: 0.jpg (line 0), 1.jpg (line 1)")
    assert first.endswith("4.jpg (line 4), and 2 more")
    assert second == "1 × bad cell: row left out: x"
    with pytest.raises(DataError, match=r"set\.csv has 8 problem"):
        problems.raise_if_any()


def test_no_problem():
    problems = Problems("set.csv")
    problems.raise_if_any()
    assert not problems
    assert problems.report() == ""
