from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from corelate.cli.judged_source import read_judged
from corelate.errors import OptionError, RunError, ScoresError
from corelate.metrics.scores_file import write_scores

MakeRun = Callable[..., Path]


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    path = tmp_path / "scores.npz"
    write_scores(path, np.array([[0.4, 0.6], [0.5, 0.1]]), np.array([[1, 0], [1, -1]]), labels=["sea", "sky"])
    return path


def test_a_file_of_scores(scores: Path):
    judged, material = read_judged(None, scores, None, None)
    assert material is None
    assert judged.source == "scores.npz"
    assert judged.labels == ("sea", "sky")
    assert judged.names == ("picture 0", "picture 1")
    assert judged.predicted.tolist() == [[False, True], [True, False]]


def test_a_threshold_of_its_own(scores: Path):
    judged, _ = read_judged(None, scores, None, 0.4)
    assert judged.predicted.tolist() == [[True, True], [True, False]]


def test_a_run_under_its_own_rule_and_another(finished_run: MakeRun):
    judged, material = read_judged(finished_run(), None, None, None)
    assert material is not None
    assert material.name == "run"
    assert judged.decision.rule == "fixed"
    assert judged.source == "run, test split"
    other, _ = read_judged(material.finished.folder.path, None, "top_k", None)
    assert (other.predicted.sum(axis=1) == 3).all()


def test_neither_or_both(finished_run: MakeRun, scores: Path):
    for run, file in ((None, None), (finished_run(), scores)):
        with pytest.raises(OptionError, match="either the folder of a finished run, or --scores FILE"):
            read_judged(run, file, None, None)


def test_options_that_belong_to_the_other(finished_run: MakeRun, scores: Path):
    with pytest.raises(OptionError, match=r"--rule chooses among the rules of a run; .* give --threshold"):
        read_judged(None, scores, "fixed", None)
    with pytest.raises(OptionError, match="--threshold belongs to --scores"):
        read_judged(finished_run(), None, None, 0.5)


def test_a_threshold_outside_its_limits(scores: Path):
    with pytest.raises(OptionError, match="threshold"):
        read_judged(None, scores, None, 1.5)


def test_a_rule_that_the_run_does_not_have(finished_run: MakeRun):
    with pytest.raises(OptionError, match="run has no rule 'mcc': choose one of fixed, top_k"):
        read_judged(finished_run(), None, "mcc", None)


def test_a_file_of_scores_in_the_place_of_a_run(scores: Path):
    with pytest.raises(OptionError, match=r"is a file of scores, not a run: give it as --scores .*scores\.npz"):
        read_judged(scores, None, None, None)


def test_what_is_not_there(tmp_path: Path):
    with pytest.raises(RunError, match="is no run folder"):
        read_judged(tmp_path / "nothing", None, None, None)
    with pytest.raises(ScoresError, match="No such file"):
        read_judged(None, tmp_path / "nothing.npz", None, None)
