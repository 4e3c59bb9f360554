from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from corelate.data.spec import load_annotations
from corelate.errors import OptionError, RunError
from corelate.explain.run_material import RunMaterial
from corelate.metrics.report import evaluate_scores


@pytest.fixture
def copied_run(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "copied"))


def test_what_a_run_holds(tiny_run: Path):
    material = RunMaterial.open(tiny_run)
    assert material.name == "tiny"
    assert material.recipe.head.name == "linear"
    assert material.metrics["default_rule"] == "global_f"
    assert set(material.decisions) == set(material.metrics["rules"])
    assert material.finished.annotator() is not None


def test_judged_by_its_own_rule_and_another(tiny_run: Path):
    material = RunMaterial.open(tiny_run)
    judged = material.judged()
    assert judged.source == "tiny, test split"
    assert judged.decision.rule == "global_f"
    for rule in ("fixed", "top_k", "per_label_f"):
        other = material.judged(rule)
        assert other.decision.rule == rule
        measured = evaluate_scores(other.scores, other.targets, other.decision)
        assert measured["overall"] == material.metrics["rules"][rule]["overall"]


def test_an_unknown_rule(tiny_run: Path):
    with pytest.raises(OptionError, match="tiny has no rule 'best': choose one of fixed, "):
        RunMaterial.open(tiny_run).judged("best")
    with pytest.raises(OptionError, match="tiny has no rule ''"):
        RunMaterial.open(tiny_run).judged("")


def test_pictures_of_a_run(tiny_run: Path):
    material = RunMaterial.open(tiny_run)
    assert material.pictures.open(material.judged().names[0]).size == (32, 32)


def test_training_counts(tiny_run: Path):
    material = RunMaterial.open(tiny_run)
    counts = material.training_counts
    assert counts is not None
    assert counts.shape == (len(material.judged().labels),)
    # Validation pictures take no part.
    train = load_annotations(f"{material.recipe.data.spec}&split=train").targets.dense()
    assert (counts <= (train == 1).sum(axis=0)).all()
    assert 0 < counts.sum() < (train == 1).sum()


def test_a_run_that_did_not_note_counts(copied_run: Path):
    (copied_run / "label-counts.json").unlink()
    assert RunMaterial.open(copied_run).training_counts is None


@pytest.mark.parametrize(
    "content", [{}, {"present": "many"}, [], {"present": [1, 2]}, {"present": [10**30]}, {"present": [-1] * 22}]
)
def test_damaged_counts(copied_run: Path, content: object):
    (copied_run / "label-counts.json").write_text(json.dumps(content))
    with pytest.raises(RunError, match=r"label-counts\.json"):
        RunMaterial.open(copied_run).training_counts  # noqa: B018


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("default_rule", ["fixed"]),
        ("measured_on", "test"),
        ("measured_on.split", {"images": 3}),
        ("training", "long"),
        ("training.best_epoch", {"best_epoch": "two"}),
    ],
)
def test_damaged_metrics(copied_run: Path, key: str, content: object):
    file = copied_run / "metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key.partition(".")[0]: content}))
    with pytest.raises(RunError, match=rf"metrics\.json is damaged: {key} is .*; restore it or train again"):
        RunMaterial.open(copied_run).metrics  # noqa: B018


def test_history(tiny_run: Path):
    history = RunMaterial.open(tiny_run).history()
    assert list(history) == ["training"]
    assert [row["epoch"] for row in history["training"]] == [1, 2]
    assert all(np.isfinite(row["loss"]) for row in history["training"])


def test_history_of_folds_in_order(copied_run: Path):
    for fold in (10, 2, 1):
        folder = copied_run / "folds" / str(fold)
        folder.mkdir(parents=True)
        (folder / "log.csv").write_text(f"epoch,loss,validation.map\n1,0.{fold},\n")
    history = RunMaterial.open(copied_run).history()
    assert list(history) == ["training", "fold 1", "fold 2", "fold 10"]
    # What an epoch did not measure is left out.
    assert history["fold 2"] == [{"epoch": 1, "loss": 0.2}]


def test_no_history(copied_run: Path):
    (copied_run / "training" / "log.csv").unlink()
    assert RunMaterial.open(copied_run).history() == {}


def test_a_damaged_log(copied_run: Path):
    (copied_run / "training" / "log.csv").write_text("epoch,loss\n1,none\n")
    with pytest.raises(RunError, match=r"log\.csv can't be read .* remove it to go without it"):
        RunMaterial.open(copied_run).history()


def test_what_is_no_finished_run(copied_run: Path, tmp_path: Path):
    with pytest.raises(RunError, match="is no run folder"):
        RunMaterial.open(tmp_path / "nothing")
    (copied_run / "metrics.json").unlink()
    with pytest.raises(RunError, match="is not finished; go on with it by: corelate resume"):
        RunMaterial.open(copied_run)
