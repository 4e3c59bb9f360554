from dataclasses import replace

import numpy as np
import pytest

from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.doctor.case import Case
from corelate.doctor.checks import examine
from corelate.doctor.label_errors import find
from corelate.doctor.matched_scores import MatchedScores


def found(annotations, scores, rows=None):
    rows = np.arange(len(annotations)) if rows is None else np.array(rows)
    return list(find(Case(annotations, MatchedScores(rows, np.asarray(scores), "scores.npz"))))


def by_kind(findings, kind):
    return [finding for finding in findings if finding.kind.name == kind]


@pytest.fixture
def flipped():
    """Scenes with 5 % of the cells of frequent labels flipped, and scores of a network that knows the truth fairly."""
    annotations = load_annotations("scenes:800")
    truth = annotations.targets.dense()
    generator = np.random.default_rng(0)
    flips = (generator.random(truth.shape) < 0.05) & (truth.mean(axis=0) > 0.1)
    given = np.where(flips, 1 - truth, truth).astype(np.int8)
    logits = np.where(truth == 1, 2.0, -2.0) + generator.normal(size=truth.shape)
    return replace(annotations, targets=TargetMatrix.from_dense(given)), 1 / (1 + np.exp(-logits)), flips


def test_flipped_labels_of_scenes_are_found(flipped):
    annotations, scores, flips = flipped
    findings = found(annotations, scores)
    rows = {name: row for row, name in enumerate(annotations.names)}
    given = annotations.targets.dense()
    for kind, had in (("missing label", 0), ("wrong label", 1)):
        cells = [
            (rows[case.pictures[0]], annotations.vocabulary.index(case.labels[0])) for case in by_kind(findings, kind)
        ]
        right = np.array([flips[cell] for cell in cells])
        assert all(given[cell] == had for cell in cells)
        assert right.sum() / (flips & (given == had)).sum() > 0.6, "recall"
        assert right.mean() > 0.55, "precision"
        assert right[:50].mean() > 0.9, "the surest come first"
        margins = [case.numbers["margin"] for case in by_kind(findings, kind)]
        assert margins == sorted(margins, reverse=True)
    assert not by_kind(findings, "scores too good")


def test_without_flips_little_is_named(flipped):
    annotations, scores, flips = flipped
    given = annotations.targets.dense()
    clean = replace(annotations, targets=TargetMatrix.from_dense(np.where(flips, 1 - given, given)))
    issues = [case for case in found(clean, scores) if case.kind.name in ("missing label", "wrong label")]
    assert len(issues) < 0.04 * given.size


def test_unknown_cells_are_no_errors_and_no_evidence(make_set):
    rows = ["?a"] * 2 + ["a"] * 10 + [""] * 10
    scores = np.array([[0.99], [0.01]] + [[0.9]] * 10 + [[0.1]] * 9 + [[0.95]])
    findings = found(make_set(rows), scores)
    assert [(case.kind.name, case.pictures) for case in findings] == [("missing label", ("21.jpg",))]
    assert findings[0].sentence == "21.jpg probably has a (score 0.950)"
    without_unknown = found(make_set(rows[2:]), scores[2:])
    assert [case.numbers for case in findings] == [case.numbers for case in without_unknown]


def test_the_picture_named_is_the_one_that_was_scored(make_set):
    annotations = make_set(["b"] * 2 + ["a"] * 10 + ["b"] * 10 + [""])
    scores = np.array([[0.9, 0.1]] * 10 + [[0.1, 0.9]] * 9 + [[0.97, 0.9]])
    findings = found(annotations, scores, rows=range(2, 22))
    assert [(case.pictures, case.labels) for case in by_kind(findings, "missing label")] == [(("21.jpg",), ("a",))]
    (unscored,) = by_kind(findings, "picture not scored")
    assert unscored.pictures == ("0.jpg", "1.jpg", "22.jpg")


def test_labels_that_can_not_be_judged_are_listed(make_set):
    rows = ["common"] * 10 + ["rare"] * 4 + ["random"] * 10
    scores = np.array([[0.8, 0.3, 0.5]] * 10 + [[0.2, 0.3, 0.5]] * 14)
    annotations = make_set(rows, vocabulary=["common", "random", "rare"])
    not_judged = by_kind(found(annotations, scores[:, [0, 2, 1]]), "label not judged")
    assert [case.sentence for case in not_judged] == [
        "random: its pictures have no higher scores than the others",
        "rare: 4 scored pictures with it and 20 without; 5 of each are needed",
    ]


def test_scores_that_separate_everything_are_flagged(make_set):
    annotations = make_set(["a"] * 10 + ["b"] * 10)
    scores = np.array([[0.99, 0.01]] * 10 + [[0.01, 0.99]] * 10)
    (flag,) = found(annotations, scores)
    assert flag.kind.name == "scores too good"
    assert str(flag.severity) == "warning"
    assert "--folds" in flag.kind.advice


def test_a_great_many_are_counted_but_not_all_described(flipped):
    annotations, scores, _ = flipped
    case = Case(annotations, MatchedScores(np.arange(len(annotations)), 1 - scores, "scores.npz"))
    diagnosis = examine(case, ["label_errors"])
    described = {kind.name: (len(diagnosis.findings[kind]), count) for kind, count in diagnosis.counts.items()}
    assert described["label not judged"] == (22, 22), "scores that are the wrong way round judge nothing"
    noise = np.random.default_rng(0).random(scores.shape)
    lines = by_kind(found(annotations, np.where(noise < 0.45, 1 - scores, scores)), "missing label")
    assert len(lines) == 1001
    assert lines[-1].sentence == f"{lines[-1].cases:,} more"
