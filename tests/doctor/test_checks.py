import json

import numpy as np
import pytest
from PIL import Image

from corelate.data.references import FileReference
from corelate.doctor import checks
from corelate.doctor.case import Case, DoctorOptions
from corelate.doctor.checks import CHECKS, chosen_checks, examine
from corelate.doctor.findings import Severity, listed
from corelate.doctor.matched_scores import MatchedScores
from corelate.errors import OptionError


def test_every_check_can_be_loaded_and_says_what_it_is():
    for entry in CHECKS:
        assert callable(entry.load())
        assert entry.summary.endswith(".")


def test_checks_are_chosen_by_name():
    assert chosen_checks() == CHECKS.names
    assert chosen_checks(only=["rare", "problems"]) == ("problems", "rare")
    assert chosen_checks(skip=["rare"]) == tuple(name for name in CHECKS.names if name != "rare")
    with pytest.raises(OptionError, match="did you mean 'duplicates'"):
        chosen_checks(only=["duplicate"])
    with pytest.raises(OptionError, match="unknown check"):
        chosen_checks(skip=["x"])
    with pytest.raises(OptionError, match="no check is left"):
        chosen_checks(only=["rare"], skip=["rare"])


def test_labels_alone_leave_out_what_needs_pictures_or_scores(make_set):
    diagnosis = examine(Case(make_set(["a", ""])))
    assert set(diagnosis.left_out) == {"unreadable", "duplicates", "label_errors"}
    assert diagnosis.checks == ("problems", "spelling", "together", "rare", "unlabelled", "splits")


def test_worst_kinds_come_first_and_all_cases_are_counted(tmp_path, make_set, monkeypatch):
    monkeypatch.setattr(checks, "KEPT_PER_KIND", 2)
    (tmp_path / "bad.jpg").write_bytes(b"x")
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    names = ["small.png", *["bad.jpg"] * 4]
    pictures = [FileReference(tmp_path / name, f"{n}{name}") for n, name in enumerate(names)]
    diagnosis = examine(Case(make_set(["a", "a", "a", "", "b"], pictures=pictures)))
    severities = [kind.severity for kind in diagnosis.counts]
    assert severities == sorted(severities, reverse=True)
    assert diagnosis.worst == Severity.ERROR
    unreadable = next(iter(diagnosis.counts))
    assert diagnosis.counts[unreadable] == 4
    assert len(diagnosis.findings[unreadable]) == 2
    assert sum(diagnosis.totals().values()) == sum(diagnosis.counts.values())
    assert json.loads(json.dumps(diagnosis.to_json()))["findings"][0]["count"] == 4


def test_nothing_wrong_is_nothing_found(make_set):
    annotations = make_set((["a"] * 7 + ["b"] * 7 + ["a b"] * 7) * 5)
    diagnosis = examine(Case(annotations))
    assert diagnosis.worst is None
    assert diagnosis.counts == {}


def test_examining_changes_nothing(make_set):
    annotations = make_set(["a b", "", "?a B", "a"] * 10, splits=["train", "test"] * 20)
    before = annotations.targets.dense(), annotations.splits.copy(), list(annotations.vocabulary)
    scores = np.random.default_rng(0).random((40, 3))
    kept = scores.copy()
    examine(Case(annotations, MatchedScores(np.arange(40), scores, "s")))
    np.testing.assert_array_equal(annotations.targets.dense(), before[0])
    assert (annotations.splits == before[1]).all()
    assert list(annotations.vocabulary) == before[2]
    np.testing.assert_array_equal(scores, kept)


def test_options_are_checked():
    with pytest.raises(OptionError, match="distance = 30"):
        DoctorOptions(distance=30)


def test_long_lists_are_cut():
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefgh")) == "a, b, c, d, e and 3 more"
