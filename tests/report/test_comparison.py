from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from corelate.decisions.fixed import Fixed
from corelate.errors import OptionError, RunError
from corelate.metrics.bootstrap import centred_interval
from corelate.metrics.report import evaluate_labels, evaluate_scores
from corelate.metrics.resampling import draw_weights
from corelate.report.comparison import Comparison, distinct_names, figure_at, resamples_within
from corelate.report.comparison_sections.recipes import differing_options
from corelate.report.disagreements import disagreements
from corelate.report.figure_differences import FigureDifferences
from corelate.report.label_differences import ENOUGH, LabelDifferences, label_rows, largest_differences
from corelate.report.sections.figures import FIGURES
from corelate.report.validation_curves import ValidationCurves, validation_curve

from .comparison_runs import noisy_scores, scene_targets, write_run

RESAMPLES = 40


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three runs, each worse than the one before."""
    top = tmp_path_factory.mktemp("runs")
    return [
        write_run(top / name, noise=noise, seed=seed)
        for name, noise, seed in (("good", 0.56, 1), ("middling", 0.64, 2), ("bad", 0.8, 3))
    ]


def compare(*paths: Path, **options) -> Comparison:
    return Comparison.of(paths, resamples=options.pop("resamples", RESAMPLES), **options)


def shuffled(folder: Path, run: Path, seed: int = 0) -> Path:
    """Copy a run whose pictures and labels stand in another order."""
    targets, labels, names = scene_targets()
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(names)), rng.permutation(len(labels))
    with np.load(run / "scores.npz") as content:
        scores = content["scores"][rows][:, columns]
    return write_run(
        folder,
        scores,
        targets[rows][:, columns],
        [labels[column] for column in columns],
        [names[row] for row in rows],
    )


def test_differences_are_those_of_a_naive_bootstrap_with_the_same_draws(runs):
    comparison = compare(*runs)
    (weights,) = draw_weights(24, RESAMPLES, seed=0)

    def figures(run, rows):
        judged = run.judged
        return evaluate_scores(judged.scores[rows], judged.targets[rows], judged.decision)

    base, every = comparison.base, np.arange(24)
    for run in comparison.others:
        draws = [np.repeat(every, column.astype(int)) for column in weights.T]
        pairs = [(figures(run, rows), figures(base, rows)) for rows in draws]
        for path, found in comparison.differences(run).items():
            expected = figure_at(figures(run, every), path) - figure_at(figures(base, every), path)
            gaps = np.array([figure_at(one, path) - figure_at(other, path) for one, other in pairs])
            assert found.value == pytest.approx(expected, abs=1e-9), path
            assert found.interval == pytest.approx(centred_interval(gaps, expected, 0.95), abs=1e-9), path
            assert found.share_greater == pytest.approx(np.mean(gaps > 1e-9)), path


def test_the_other_way_round_all_signs_turn(runs):
    forth, back = compare(*runs[:2]), compare(*runs[:2], baseline=runs[1])
    assert (forth.base.name, back.base.name) == ("good", "middling")
    one, other = forth.differences(forth.runs[1]), back.differences(back.runs[0])
    for path, difference in one.items():
        low, high = other[path].interval
        assert difference.value == -other[path].value
        assert difference.interval == pytest.approx((-high, -low), abs=1e-9)
        assert difference.share_greater + other[path].share_greater <= 1


def test_pictures_and_labels_in_another_order_change_nothing(runs, tmp_path):
    plainly, mixed = compare(runs[0], runs[1]), compare(runs[0], shuffled(tmp_path / "mixed", runs[1]))
    for path, difference in plainly.differences(plainly.runs[1]).items():
        other = mixed.differences(mixed.runs[1])[path]
        assert (other.value, other.share_greater) == (difference.value, difference.share_greater), path
        assert other.interval == pytest.approx(difference.interval, abs=1e-9)
    assert [each.name for each in disagreements(mixed)] == [each.name for each in disagreements(plainly)]
    for one, other in zip(disagreements(plainly), disagreements(mixed), strict=True):
        assert [{tag.label for tag in tags} for tags in one.own] == [{tag.label for tag in tags} for tags in other.own]


def test_the_order_of_pictures_matters_where_it_is_not_followed(runs, tmp_path):
    """The same scores beside other pictures' names are another run: the alignment is not by place."""
    targets, labels, names = scene_targets()
    scores = noisy_scores(targets, 0.64, 2)
    turned = write_run(tmp_path / "turned", scores[::-1], targets[::-1], labels, names)
    assert "other things are said to be true" in compare(runs[0], turned).runs[1].alignment.problem


def test_a_run_does_not_differ_from_itself(runs):
    comparison = compare(runs[0], runs[0])
    for difference in comparison.differences(comparison.runs[1]).values():
        assert (difference.value, difference.interval, difference.share_greater) == (0.0, (0.0, 0.0), 0.0)
    assert comparison.ahead == {}
    assert disagreements(comparison) == []
    assert largest_differences(comparison, label_rows(comparison), 5) == []
    assert [run.name for run in comparison.runs] == [str(runs[0]), f"{runs[0]} (2)"]


def test_one_run_has_no_differences(runs):
    comparison = compare(runs[0])
    assert comparison.others == []
    assert comparison.differences(comparison.base) == {}
    assert comparison.ahead == {}
    assert comparison.interval_count == 0
    assert disagreements(comparison) == []


def test_every_figure_has_an_interval(runs):
    assert compare(*runs).interval_count == 2 * len(FIGURES)


def test_ahead_is_who_is_better_than_every_other(runs):
    comparison = compare(*runs, baseline=runs[2], resamples=200)
    assert comparison.ahead["map",].name == "good"
    for path, run in comparison.ahead.items():
        for other in comparison.runs:
            if other is not run:
                low, _ = comparison.differences(run, other)[path].interval
                assert low > 0


def test_a_tie_of_the_best_two_leaves_none_ahead(runs):
    comparison = compare(runs[0], runs[2], runs[0], resamples=200)
    assert comparison.differences(comparison.runs[1])["map",].verdict == "worse"
    assert comparison.ahead == {}


def test_runs_on_other_pictures_are_not_paired_but_the_others_are(runs, tmp_path):
    targets, labels, names = scene_targets()
    elsewhere = write_run(tmp_path / "elsewhere", targets=targets[:10], labels=labels, names=names[:10])
    comparison = compare(runs[0], elsewhere, runs[1])
    assert "10 of its 10 are among the 24 of good" in comparison.runs[1].alignment.problem
    assert [run.name for run in comparison.paired] == ["good", "middling"]
    assert comparison.differences(comparison.runs[1]) == {}
    assert len(comparison.differences(comparison.runs[2])) == len(FIGURES)
    assert comparison.runs[1].figure(("map",)) is not None


def test_pairs_need_the_baseline(runs, tmp_path):
    """Two runs that could be paired with each other are not, where the baseline is a third that can't."""
    targets, labels, names = scene_targets()
    elsewhere = write_run(tmp_path / "elsewhere", targets=targets[:10], labels=labels, names=names[:10])
    assert [run.name for run in compare(elsewhere, *runs).paired] == ["elsewhere"]


def test_other_labels_are_compared_one_by_one(runs, tmp_path):
    targets, labels, names = scene_targets()
    fewer = write_run(tmp_path / "fewer", targets=targets[:, :5], labels=[*labels[:4], "new"], names=names)
    comparison = compare(runs[0], fewer)
    assert comparison.differences(comparison.runs[1]) == {}
    rows = {row.label: row for row in label_rows(comparison)}
    assert list(rows) == [*labels, "new"]
    ours, theirs = comparison.base.label_figures[labels[0]], comparison.runs[1].label_figures[labels[0]]
    expected = theirs["average_precision"] - ours["average_precision"]
    assert rows[labels[0]].difference("average_precision", 1, 0) == pytest.approx(expected)
    assert rows[labels[6]].average_precision[1] is None
    assert rows[labels[6]].difference("average_precision", 1, 0) is None
    assert rows["new"].average_precision[0] is None
    assert rows["new"].pictures == int(targets[:, 4].sum())


def test_labels_whose_truth_differs_are_not_compared(runs, tmp_path):
    targets, labels, names = scene_targets()
    other = targets.copy()
    other[0, 0] = 1 - other[0, 0]
    merged = write_run(tmp_path / "merged", targets=other, labels=labels, names=names)
    comparison = compare(runs[0], merged)
    assert "1 of 528 targets differ, of 1 labels" in comparison.runs[1].alignment.problem
    first, second = label_rows(comparison)[:2]
    assert first.difference("f1", 1, 0) is None
    assert second.difference("f1", 1, 0) is not None


def test_label_figures_are_those_of_evaluate_labels(runs):
    comparison = compare(*runs)
    tables = []
    for run in comparison.runs:
        judged = run.judged
        tables.append(evaluate_labels(judged.scores, judged.targets, judged.decision, judged.labels))
    for number, row in enumerate(label_rows(comparison)):
        assert row.average_precision == tuple(table[number]["average_precision"] for table in tables)
        assert row.f1 == tuple(table[number]["f1"] for table in tables)
        gap = row.difference("f1", 2, 0)
        assert gap == pytest.approx(row.f1[2] - row.f1[0])
        if row.average_precision[0] is None:
            assert row.difference("average_precision", 1, 0) is None


def test_intervals_of_labels_are_those_of_a_naive_bootstrap(runs):
    comparison = compare(*runs)
    found = largest_differences(comparison, label_rows(comparison), 3)
    assert len(found) == 6
    (weights,) = draw_weights(24, RESAMPLES, seed=0)
    for each in found:
        column = comparison.base.judged.labels.index(each.label)
        targets = comparison.base.judged.targets[:, column]
        assert each.pictures == targets.sum() >= ENOUGH

        def gap(weight, run=each.run, column=column, targets=targets):
            figures = [
                average_precision_score(targets, one.judged.scores[:, column], sample_weight=weight)
                for one in (run, comparison.base)
            ]
            return figures[0] - figures[1]

        difference = gap(np.ones(24))
        draws = np.array([gap(weight) for weight in weights.T])
        assert each.difference == pytest.approx(difference)
        assert each.interval == pytest.approx(centred_interval(draws, difference, 0.95))


def test_the_labels_with_the_largest_differences_come_first(runs):
    comparison = compare(*runs)
    found = largest_differences(comparison, label_rows(comparison), 2)
    largest = [max(abs(each.difference) for each in found[place : place + 2]) for place in (0, 2)]
    assert len(found) == 4
    assert largest == sorted(largest, reverse=True)
    allowed = [row for row in label_rows(comparison) if row.pictures >= ENOUGH]
    gaps = [max(abs(row.difference("average_precision", run, 0)) for run in (1, 2)) for row in allowed]
    assert largest[0] == pytest.approx(max(gaps))


def test_pictures_with_the_most_different_tags_come_first(tmp_path):
    targets = np.array([[1, 0, 0], [1, 1, 0], [0, 0, -1]], np.int8)
    first = np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.9], [0.1, 0.1, 0.9]])
    second = np.array([[0.9, 0.1, 0.1], [0.1, 0.9, 0.9], [0.9, 0.1, 0.1]])
    labels, names = ["a", "b", "c"], ["agreed", "most", "one"]
    comparison = compare(
        write_run(tmp_path / "first", first, targets, labels, names),
        write_run(tmp_path / "second", second, targets, labels, names),
    )
    found = disagreements(comparison)
    # On the third picture they also differ in c, whose truth nobody knows.
    assert [(each.name, each.labels) for each in found] == [("most", 2), ("one", 1)]
    tags = [[(tag.label, tag.kind) for tag in own] for own in found[0].own]
    assert tags == [[("a", "right"), ("b", "missed")], [("b", "right"), ("a", "missed")]]
    assert [(tag.label, tag.kind) for tag in found[0].common] == [("c", "wrong")]
    assert [(tag.label, tag.kind) for tag in found[1].own[1]] == [("a", "wrong")]
    assert disagreements(comparison, count=1) == found[:1]


def test_a_label_that_nobody_has_and_a_picture_without_labels(tmp_path):
    targets = np.zeros((4, 2), np.int8)
    scores = np.linspace(0, 1, 8).reshape(4, 2)
    paths = [
        write_run(tmp_path / name, s, targets, ["a", "b"], list("wxyz"))
        for name, s in (("p", scores), ("q", 1 - scores))
    ]
    comparison = compare(*paths)
    assert comparison.differences(comparison.runs[1])["map",].verdict == "undefined"
    assert comparison.interval_count < len(FIGURES)
    assert largest_differences(comparison, label_rows(comparison), 5) == []


def test_one_rule_for_all(runs, tmp_path):
    other = write_run(tmp_path / "other", rule="top_k")
    assert [run.rule for run in compare(runs[0], other).runs] == ["fixed", "top_k"]
    assert [run.rule for run in compare(runs[0], other, rule="top_k").runs] == ["top_k", "top_k"]
    with pytest.raises(OptionError, match="was not measured with rule 'none': choose one of fixed, top_k"):
        compare(runs[0], rule="none")


def test_figures_are_those_that_the_run_noted(runs):
    for run in compare(*runs).runs:
        assert run.report == run.material.metrics["rules"][run.rule]


def test_a_baseline_that_is_none_of_the_runs(runs, tmp_path):
    with pytest.raises(OptionError, match="is none of the runs; choose one of"):
        compare(*runs, baseline=tmp_path)


def test_unfinished_and_damaged_runs(runs, tmp_path):
    copy = shutil.copytree(runs[0], tmp_path / "copy")
    (copy / "scores.npz").write_bytes(b"no archive")
    with pytest.raises(Exception, match=r"scores\.npz"):
        compare(runs[0], copy)
    (copy / "metrics.json").unlink()
    with pytest.raises(RunError, match="is not finished"):
        compare(runs[0], copy)
    with pytest.raises(RunError, match="is no run folder"):
        compare(tmp_path)


def test_options_of_the_bootstrap(runs):
    with pytest.raises(OptionError, match="resamples"):
        compare(runs[0], resamples=0)
    with pytest.raises(OptionError, match="level"):
        compare(runs[0], level=1.0)


def test_many_cells_are_resampled_less_often():
    assert resamples_within(1) == resamples_within(499 * 260 * 3) == 1000
    assert 100 < resamples_within(40_000 * 80 * 2) < 500
    assert resamples_within(10**12) == 100


def test_runs_are_told_apart_by_their_names():
    assert distinct_names([Path("a/run"), Path("b/other")]) == ["run", "other"]
    assert distinct_names([Path("a/run"), Path("b/run"), Path("a/run")]) == ["a/run", "b/run", "a/run (2)"]
    assert distinct_names([Path()]) == [Path().resolve().name]


def test_letters_go_on_after_z(runs):
    comparison = compare(*[runs[0]] * 28, resamples=1)
    assert [comparison.runs[number].letter for number in (0, 25, 26, 27)] == ["A", "Z", "A2", "B2"]


def test_recipes_are_compared_by_option(runs, tmp_path):
    bce = write_run(tmp_path / "bce", recipe={"loss": {"name": "bce"}})
    found = differing_options(compare(runs[0], bce))
    assert found["loss.name"] == ["asymmetric", "bce"]
    assert found["loss.gamma_negative"] == [4.0, None]
    assert "head.name" not in found


def test_curves_of_folds_are_their_mean(tmp_path):
    run = write_run(tmp_path / "folds", log="epoch,loss\n1.0,0.5\n2.0,0.4\n")
    for number, figures in enumerate(((0.2, 0.4), (0.4, 0.8)), start=1):
        folder = run / "folds" / str(number)
        folder.mkdir(parents=True)
        rows = "".join(f"{epoch}.0,{value}\n" for epoch, value in enumerate(figures, start=1))
        (folder / "log.csv").write_text(f"epoch,validation.map\n{rows}")
    curve = validation_curve(compare(run).base)
    assert curve is not None
    assert curve.values == ((1.0, pytest.approx(0.3)), (2.0, pytest.approx(0.6)))
    assert (curve.kept, curve.kept_value) == (2, pytest.approx(0.6))
    assert ValidationCurves((curve,)).table().rows[1][3] is True


def test_a_run_without_a_log_has_no_curve(tmp_path):
    assert validation_curve(compare(write_run(tmp_path / "run", log=None)).base) is None
    assert validation_curve(compare(write_run(tmp_path / "unjudged", log="epoch,loss\n1.0,0.5\n")).base) is None


def test_a_decision_for_other_numbers_of_labels_is_an_error(runs, tmp_path):
    copy = shutil.copytree(runs[0], tmp_path / "copy")
    decision = Fixed(0.5).for_labels(3).to_json()
    (copy / "decisions.json").write_text(f'{{"fixed": {json.dumps(decision)}}}')
    with pytest.raises(RunError, match="decisions"):
        compare(runs[0], copy)


def test_figure_differences_as_data_and_as_a_drawing(runs):
    comparison = compare(*runs)
    differences = FigureDifferences(comparison)
    table = differences.table()
    assert len(table.rows) == comparison.interval_count
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert (row["run"], row["figure"]) == ("middling", next(iter(FIGURES)))
    assert row["difference"] == pytest.approx(row["value"] - row["baseline"])
    assert row["low"] <= row["difference"] <= row["high"]
    assert table.about["baseline"] == "good"
    axes = differences.draw().axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [name for name in FIGURES if name != "N+"]
    points = axes.containers[0].lines[0].get_xdata()
    shown = [each.value for path, each in comparison.differences(comparison.runs[1]).items() if path != ("n_plus",)]
    np.testing.assert_allclose(np.asarray(points, float), shown)


def test_label_differences_as_data_and_as_a_drawing(runs):
    differences = LabelDifferences(compare(*runs))
    table = differences.table()
    assert len(table.rows) == 22 * 3
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert rows[0]["f1_difference"] is None
    assert rows[1]["f1_difference"] == pytest.approx(rows[1]["f1"] - rows[0]["f1"])
    labels = list(dict.fromkeys(each.label for each in differences.largest))
    texts = [text.get_text() for text in differences.draw().axes[0].get_yticklabels()]
    assert texts == [
        f"{label} ({next(e.pictures for e in differences.largest if e.label == label)})" for label in labels
    ]


def test_labels_that_look_alike_when_they_are_cut_have_rows_of_their_own(tmp_path):
    targets = np.tile(np.array([[1, 1, 0], [0, 0, 1]], np.int8), (10, 1))
    labels = [f"a very long label that is cut off before its number {number}" for number in range(3)]
    names = [f"{number}.png" for number in range(20)]
    rng = np.random.default_rng(0)
    paths = [
        write_run(tmp_path / name, rng.random((20, 3)).astype(np.float32), targets, labels, names)
        for name in ("a", "b")
    ]
    axes = LabelDifferences(compare(*paths)).draw().axes[0]
    texts = [text.get_text() for text in axes.get_yticklabels()]
    assert len(texts) == 3
    assert len(set(texts)) == 1
