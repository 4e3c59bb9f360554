import pytest

from corelate.data import problems as problems_module
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


def test_of_millions_the_first_are_kept_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(problems_module, "KEPT_PER_KIND", 10)
    problems = Problems("set.json")
    for number in range(1000):
        problems.add("bad", f"{number}")
        problems.add("worse", f"{number}")
    problems.add("rare", "x")
    assert problems.counts() == {"bad": 1000, "worse": 1000, "rare": 1}
    assert len(problems) == 2001
    assert [str(problem) for problem in problems if problem.kind == "bad"] == [f"{number}" for number in range(10)]
    assert len(list(problems)) == 21
    assert problems.report().split("\n")[0] == "1000 × bad: 0, 1, 2, 3, 4, and 995 more"
    with pytest.raises(DataError, match="has 2001 problem"):
        problems.raise_if_any()


def test_problems_of_a_part_are_counted_with_the_others(monkeypatch):
    monkeypatch.setattr(problems_module, "KEPT_PER_KIND", 10)
    whole, part = Problems("whole"), Problems("part")
    for number in range(7):
        whole.add("bad", f"whole {number}")
    for number in range(50):
        part.add("bad", f"part {number}")
        part.add("worse", f"part {number}")
    whole.extend(part)
    assert whole.counts() == {"bad": 57, "worse": 50}
    assert [str(problem) for problem in whole if problem.kind == "bad"][6:] == ["whole 6", "part 0", "part 1", "part 2"]
    whole.add("bad", "later")
    assert whole.counts()["bad"] == 58
    assert len(list(whole)) == 20
    whole.extend(Problems("empty"))
    assert len(whole) == 108


def test_no_problem():
    problems = Problems("set.csv")
    problems.raise_if_any()
    assert not problems
    assert problems.report() == ""
