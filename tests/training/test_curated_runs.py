"""Merged labels, parents and rare labels from the training to the tag: run and bundle must say the same."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from corelate.cli.evaluate import run as evaluate
from corelate.cli.tag import run as tag
from corelate.data.annotation_set import AnnotationSet
from corelate.data.curation import Curation, LabelHierarchy
from corelate.data.images import read_image
from corelate.data.scenes.writing import write_scenes
from corelate.data.spec import load_annotations
from corelate.data.vocabulary import Vocabulary
from corelate.decisions.fixed import Fixed
from corelate.decisions.per_label_mcc import PerLabelMCC
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.top_k import TopK
from corelate.errors import CorelateError, OptionError, RunError
from corelate.metrics.report import evaluate_scores
from corelate.metrics.scores_file import read_scores
from corelate.tagging.bundle import read_bundle
from corelate.tagging.tagger import Tagger
from corelate.training.export import export_run
from corelate.training.finished import FinishedRun
from corelate.training.measuring import epoch_figures
from corelate.training.preparation import fingerprint
from corelate.training.recipe import Recipe
from corelate.training.run import resume, train
from corelate.training.run_folder import RunFolder

from .conftest import tiny_values

SCENES = "scenes:64?size=32&test=0.25"
RAW_TEST = f"{SCENES}&split=test"
MERGE = "label,becomes\nboat,vehicle\ncar,vehicle\nsun,\nkittens,cat\n"
HIERARCHY = {"bird": ["animal"], "vehicle": ["thing"], "lighthouse": ["house"], "house": ["thing"]}


@dataclass(frozen=True)
class Made:
    """What the training left."""

    run: Path
    bundle: Path
    metrics: dict[str, Any]
    annotations: AnnotationSet


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("curated")
    (folder / "merge.csv").write_text(MERGE)
    (folder / "parents.json").write_text(json.dumps(HIERARCHY))
    spec = f"{SCENES}&merge={folder}/merge.csv&hierarchy={folder}/parents.json&minimum_count=8"
    recipe = Recipe.from_values(tiny_values(data={"spec": spec}, rule={"name": "per_label_f"}))
    metrics = train(recipe, folder / "run")
    annotations = load_annotations(spec)
    export_run(folder / "run", folder / "bundle.zip")
    # The run and the bundle must need neither file again.
    for file in ("merge.csv", "parents.json"):
        (folder / file).unlink()
    return Made(folder / "run", folder / "bundle.zip", metrics, annotations)


def report(*arguments: object, code: int = 0) -> dict[str, Any]:
    app = typer.Typer()
    app.command()(evaluate)
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if isinstance(result.exception, CorelateError):
        raise result.exception
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_labels_are_the_settled_ones(made: Made):
    labels = list(made.annotations.vocabulary)
    assert labels[-1] == "thing"
    assert {"vehicle", "house"} < set(labels)
    assert not {"boat", "car", "sun"} & set(labels)
    curation = FinishedRun.open(made.run).curation
    assert curation is not None
    assert {"lighthouse"} < set(curation.dropped), "the test needs a rare child"
    assert curation.outside["lighthouse"] == ("house",)
    assert curation == made.annotations.curation


def test_scores_and_figures_of_the_run_hold_to_the_hierarchy(made: Made):
    run, hierarchy = FinishedRun.open(made.run), made.annotations.hierarchy
    kept = run.scores()
    assert np.array_equal(kept.scores, hierarchy.raise_scores(kept.scores))
    for name, decision in run.decisions(len(made.annotations.vocabulary)).items():
        chosen = decision.decide(kept.scores)
        assert np.array_equal(chosen, hierarchy.with_parents(chosen))
        assert evaluate_scores(kept.scores, kept.targets, decision) == made.metrics["rules"][name]


RULES = [
    (),
    ("--rule", "fixed"),
    ("--rule", "fixed", "--threshold", "0.45"),
    ("--rule", "top_k", "--k", "2"),
    ("--rule", "global_f"),
    ("--rule", "per_label_mcc"),
    ("--top-k", "1", "--top-k", "3"),
]


@pytest.mark.parametrize("rule", RULES, ids=" ".join)
def test_run_and_bundle_agree_on_pictures_whose_labels_nobody_settled(made: Made, rule: tuple[str, ...]):
    own = report(made.run, *rule)
    assert report(made.run, "--data", RAW_TEST, *rule) == own
    assert report(made.bundle, "--data", RAW_TEST, *rule) == own


def test_a_rule_can_be_fitted_on_the_runs_scores(made: Made):
    fit = ("--rule", "per_label_mcc", "--search", "exact", "--fit", made.run / "validation-scores.npz")
    own = report(made.run, *fit)
    assert report(made.bundle, "--data", RAW_TEST, *fit) == own


def test_figures_of_an_epoch_hold_to_the_hierarchy():
    hierarchy = LabelHierarchy.from_names(Vocabulary(["dog", "animal"]), [("dog", "animal")])
    logits, targets = torch.tensor([[3.0, -3.0], [-3.0, -3.0]]), np.array([[1, 1], [0, 0]], np.int8)
    assert epoch_figures(logits, targets, None, hierarchy)["overall.f1"] == 1.0
    assert epoch_figures(logits, targets, None)["overall.f1"] < 1.0


NEW_RULES = {
    ("--rule", "top_k", "--k", "2"): TopK(2),
    ("--rule", "per_label_mcc", "--search", "exact", "--fit", "validation-scores.npz"): PerLabelMCC("exact"),
}


@pytest.mark.parametrize("arguments", NEW_RULES, ids=" ".join)
def test_rules_of_the_command_bring_parents(made: Made, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(made.run)
    measured, fitting = read_scores(made.run / "scores.npz"), read_scores(made.run / "validation-scores.npz")
    decision = NEW_RULES[arguments].fit(fitting.scores, fitting.targets)
    chosen = decision.decide(measured.scores)
    brought = made.annotations.hierarchy.with_parents(chosen)
    assert not np.array_equal(chosen, brought), "the test needs a child whose parent is below its threshold"
    found = report(made.run, *arguments)["overall"]
    present = measured.targets == 1
    assert found["f1"] == pytest.approx(2 * (brought & present).sum() / (brought.sum() + present.sum()))


def test_what_a_run_began_with_holds_the_hierarchy(made: Made):
    alone = replace(made.annotations, curation=Curation(LabelHierarchy(made.annotations.vocabulary)))
    assert fingerprint(alone) != fingerprint(made.annotations)
    assert fingerprint(replace(alone, curation=None)) != fingerprint(made.annotations)


def test_every_tagged_child_has_its_parent(made: Made):
    tagger = Tagger.open(made.bundle, threads=1)
    pictures = [read_image(picture) for picture in load_annotations(RAW_TEST).pictures]
    pairs = made.annotations.hierarchy.names()
    scores = tagger.score(pictures)
    assert np.array_equal(scores, made.annotations.hierarchy.raise_scores(scores))
    column = list(tagger.labels).index
    alone = Fixed(0.0).for_labels(len(tagger.labels))
    thresholds = np.ones(len(tagger.labels))
    thresholds[[column(child) for child, _ in pairs]] = 0.0
    children = ThresholdDecision(thresholds=thresholds, rule="per_label_f")
    rules = [*tagger.description.decisions, alone, children]
    seen = 0
    for rule in rules:
        for tags in tagger.tag(pictures, rule):
            found = {tag.label: tag.score for tag in tags}
            assert list(found.values()) == sorted(found.values(), reverse=True)
            for child, parent in pairs:
                if child in found:
                    seen += 1
                    assert found[parent] >= found[child]
    assert seen > len(pictures)


OPTIONS = [(), ("--threshold", "0.5"), ("--rule", "top_k"), *(("--max-tags", str(most)) for most in range(1, 6))]


@pytest.mark.parametrize("rule", OPTIONS, ids=" ".join)
def test_the_command_tags_parents(made: Made, tmp_path: Path, rule: tuple[str, ...]):
    write_scenes(tmp_path / "scenes", 6, size=32, test_fraction=0.0)
    app = typer.Typer()
    app.command()(tag)
    places = [str(made.bundle), str(tmp_path / "scenes")]
    result = CliRunner().invoke(app, [*places, "--write", "jsonl", "--out", str(tmp_path / "out"), *rule])
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "out" / "tags.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [{entry["label"] for entry in json.loads(line)["tags"]} for line in lines]
    assert len(rows) == 6
    for child, parent in made.annotations.hierarchy.names():
        assert all(parent in row for row in rows if child in row)
    assert any(rows)


def test_scores_from_elsewhere_are_raised(made: Made):
    tagger = Tagger.open(made.bundle, threads=1)
    column = list(tagger.labels).index
    scores = np.zeros((1, len(tagger.labels)), np.float32)
    scores[0, column("vehicle")] = 0.75
    (tags,) = tagger.tags_of(scores, Fixed(0.7).for_labels(len(tagger.labels)))
    assert {tag.label: tag.score for tag in tags} == {"vehicle": 0.75, "thing": 0.75}


def test_the_bundle_says_what_was_done(made: Made):
    description = read_bundle(made.bundle).description
    assert description.curation == made.annotations.curation
    fields = description.to_json()["curation"]
    assert fields["merged"] == {"boat": "vehicle", "car": "vehicle", "sun": "", "kittens": "cat"}
    assert ["vehicle", "thing"] in fields["hierarchy"]
    assert "merge.csv" in json.dumps(description.to_json()["provenance"])
    assert str(made.run.parent) not in json.dumps(description.to_json()), "no places of its maker"


def test_a_run_without_its_record_is_not_used(made: Made, tmp_path: Path):
    shutil.copytree(made.run, tmp_path / "run")
    (tmp_path / "run" / "curation.json").unlink()
    with pytest.raises(RunError, match=r"curation\.json"):
        report(tmp_path / "run")
    record = json.loads((made.run / "curation.json").read_text())
    record["hierarchy"].append(["thing", "vehicle"])
    (tmp_path / "run" / "curation.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match=r"curation\.json is damaged .* in a circle"):
        report(tmp_path / "run")


def test_runs_without_vocabulary_work_have_no_record(tmp_path: Path):
    train(Recipe.from_values(tiny_values(optimisation={"epochs": 1})), tmp_path / "run")
    assert not RunFolder(tmp_path / "run").curation.exists()
    assert FinishedRun.open(tmp_path / "run").curation is None


def test_a_changed_file_is_another_data_set(tmp_path: Path):
    (tmp_path / "parents.csv").write_text("bird,animal\n")
    spec = f"scenes:32?size=32&test=0.25&hierarchy={tmp_path}/parents.csv"
    train(Recipe.from_values(tiny_values(data={"spec": spec}, optimisation={"epochs": 1})), tmp_path / "run")
    # As if it had been stopped just before its end.
    (tmp_path / "run" / "metrics.json").unlink()
    (tmp_path / "parents.csv").write_text("bird,animal\nlighthouse,house\n")
    with pytest.raises(RunError, match="has changed"):
        resume(tmp_path / "run")


def table(folder: Path, text: str) -> str:
    """Write a table about some scenes; returns its spec."""
    write_scenes(folder, 4, size=32, test_fraction=0.0)
    (folder / "labels.csv").write_text(text)
    return f"table:{folder}/labels.csv"


def test_other_data_in_other_words(made: Made, tmp_path: Path):
    names = [f"scene-{number:06d}.png" for number in range(4)]
    spec = table(
        tmp_path / "scenes",
        f"path,labels\n{names[0]},boat;kittens\n{names[1]},lighthouse\n{names[2]},sky\n{names[3]},\n",
    )
    labels = list(made.annotations.vocabulary)
    for missing, unknown in ((), 0), (("--missing-labels", "unknown"), (len(labels) - 4) * 4):
        for source in (made.run, made.bundle):
            found = report(source, "--data", spec, "--per-label", *missing)
            positives = {row["label"]: row["positives"] for row in found["per_label"] if row["positives"]}
            assert positives == {"vehicle": 1, "house": 1, "thing": 2, "sky": 1}
            assert found["unknown_targets"] == unknown


def test_missing_labels_is_one_of_two_and_about_other_data(made: Made):
    with pytest.raises(OptionError, match="--missing-labels 'maybe': choose one of absent, unknown"):
        report(made.run, "--data", RAW_TEST, "--missing-labels", "maybe")
    with pytest.raises(OptionError, match="--missing-labels is about the labels of other data"):
        report(made.run, "--missing-labels", "unknown")
    with pytest.raises(OptionError, match="--missing-labels belongs to a run or bundle"):
        report("--scores", made.run / "scores.npz", "--missing-labels", "unknown")
