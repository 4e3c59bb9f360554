import json
import sys
import types

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from corelate.cli.evaluate import run
from corelate.decisions import DECISION_RULES
from corelate.decisions.fixed import Fixed
from corelate.decisions.per_label_mcc import PerLabelMCC
from corelate.errors import CorelateError, OptionError, ScoresError
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_scores
from corelate.metrics.scores_file import write_scores

LABELS = ["sky", "sea", "boat", "[b]tag[/b]", "esc\x1b[2J"]


def make_scores(seed):
    rng = np.random.default_rng(seed)
    targets = (rng.random((80, 5)) < 0.3).astype(np.int8)
    scores = np.clip(rng.random((80, 5)) * 0.7 + 0.25 * targets, 0, 1).astype(np.float32)
    return scores, targets


@pytest.fixture
def measured(tmp_path):
    path = tmp_path / "test.npz"
    write_scores(path, *make_scores(0), labels=LABELS)
    return path


@pytest.fixture
def fitting(tmp_path):
    path = tmp_path / "validation.npz"
    write_scores(path, *make_scores(1), labels=LABELS)
    return path


def call(*arguments):
    """Run the command; errors that the program reports come out as they are."""
    app = typer.Typer()
    app.command()(run)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, CorelateError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def report(*arguments):
    return json.loads(call(*arguments, "--json").stdout)


def test_the_default_rule_is_a_half(measured):
    assert report("--scores", measured) == evaluate_scores(*make_scores(0), Fixed(0.5).for_labels(5))


def test_every_part_at_once(measured):
    result = report("--scores", measured, "--top-k", 3, "--top-k", 2, "--intervals", "--resamples", 20, "--per-label")
    rows = result.pop("per_label")
    expected = evaluate_scores(*make_scores(0), Fixed(0.5).for_labels(5), (2, 3), IntervalOptions(resamples=20))
    assert result == expected
    assert [row["label"] for row in rows] == LABELS


def test_json_has_nothing_beside_it_on_standard_output(measured):
    result = call("--scores", measured, "--rule", "global_f", "--fit", measured, "--json")
    assert result.stdout.startswith("{")
    json.loads(result.stdout)
    assert "warning: the rule is fitted on the very scores" in " ".join(result.stderr.split())


def test_options_of_a_rule(measured):
    assert report("--scores", measured, "--threshold", 0.3)["rule"]["options"] == {"threshold": 0.3}
    assert report("--scores", measured, "--rule", "top_k", "--k", 2)["rule"]["options"] == {"k": 2}


@pytest.mark.parametrize(
    ("rule", "options", "recorded"),
    [
        ("global_f", ("--beta", 2), {"beta": 2.0}),
        ("per_label_f", (), {"beta": 1.0, "minimum_positives": 20}),
        ("per_label_mcc", (), {"search": "grid", "fallback": "global", "minimum_positives": 1}),
        ("per_label_mcc", ("--search", "exact"), {"search": "exact", "fallback": "global", "minimum_positives": 1}),
    ],
)
def test_fitted_rules(measured, fitting, rule, options, recorded):
    result = call("--scores", measured, "--rule", rule, "--fit", fitting, *options, "--json")
    described = json.loads(result.stdout)["rule"]
    assert described == {"name": rule, "options": recorded, "fitted_on": "validation.npz"}
    assert result.stderr == ""


def test_a_fitted_rule_is_measured_on_the_other_scores(measured, fitting):
    decision = PerLabelMCC().fit(*make_scores(1), fitted_on="validation.npz")
    expected = evaluate_scores(*make_scores(0), decision)
    assert report("--scores", measured, "--rule", "per_label_mcc", "--fit", fitting) == expected


@pytest.mark.parametrize("copied", [False, True])
def test_fitting_on_what_is_measured_is_warned_about(measured, tmp_path, copied):
    fit = measured
    if copied:
        fit = tmp_path / "copy.npz"
        fit.write_bytes(measured.read_bytes())
    result = call("--scores", measured, "--rule", "global_f", "--fit", fit)
    assert "too good" in result.stderr
    assert "too good" not in result.stdout


def test_the_table_has_every_figure(measured):
    result = call("--scores", measured, "--top-k", 3, "--intervals", "--resamples", 10, "--per-label")
    expected = evaluate_scores(*make_scores(0), Fixed().for_labels(5))
    assert "images: 80, labels: 5" in result.stdout
    assert "rule: fixed (threshold 0.5)" in result.stdout
    for name in ("overall.precision", "per_class.f1", "n_plus", "macro_f1", "map_voc11", "top_k.3.overall.recall"):
        assert name in result.stdout
    assert f"{expected['per_class']['f1']:.4f}" in result.stdout
    assert "95 % interval" in result.stdout


def test_labels_neither_style_nor_steer_the_terminal(measured):
    output = call("--scores", measured, "--per-label").stdout
    assert "[b]tag[/b]" in output
    assert "\x1b" not in output


def test_unknown_targets_and_undefined_figures_are_shown(tmp_path):
    path = tmp_path / "scores.npz"
    np.savez(path, scores=[[0.5, 0.2]], targets=[[0, -1]])
    result = call("--scores", path, "--per-label")
    assert "unknown targets left out: 1" in result.stdout
    assert "–" in result.stdout
    assert "label 0" in result.stdout
    assert report("--scores", path)["map"] is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "give either"),
        (("run", "--scores", "MEASURED"), "give either"),
        (("--scores", "MEASURED", "--data", "csv:labels.csv"), "--data belongs to"),
        (("--scores", "MEASURED", "--rule", "globalf"), "did you mean 'global_f'"),
        (("--scores", "MEASURED", "--rule", "global_f"), "give --fit FILE.npz"),
        (("--scores", "MEASURED", "--rule", "per_label_mcc"), "validation or out-of-fold"),
        (("--scores", "MEASURED", "--fit", "MEASURED"), "fixed is not fitted"),
        (("--scores", "MEASURED", "--k", "3"), "--k belongs to --rule top_k"),
        (("--scores", "MEASURED", "--beta", "2"), "--beta belongs to --rule global_f or per_label_f"),
        (("--scores", "MEASURED", "--rule", "top_k", "--threshold", "0.3"), "--threshold belongs to --rule fixed"),
        (("--scores", "MEASURED", "--threshold", "1.5"), "at most 1"),
        (("--scores", "MEASURED", "--threshold", "nan"), "must be a finite number"),
        (("--scores", "MEASURED", "--rule", "top_k", "--k", "6"), "5 labels"),
        (("--scores", "MEASURED", "--top-k", "6"), "5 labels"),
        (("--scores", "MEASURED", "--top-k", "0"), "at least 1"),
        (("--scores", "MEASURED", "--rule", "per_label_mcc", "--search", "all"), "grid, exact"),
        (("--scores", "MEASURED", "--resamples", "10"), "--resamples belongs to --intervals"),
        (("--scores", "MEASURED", "--intervals", "--resamples", "0"), "at least 1"),
    ],
)
def test_wrong_use(measured, arguments, text):
    with pytest.raises(OptionError, match=text):
        call(*(measured if argument == "MEASURED" else argument for argument in arguments))


def test_files_that_can_not_be_used(measured, tmp_path):
    with pytest.raises(ScoresError, match="No such file"):
        call("--scores", tmp_path / "none.npz")
    other = tmp_path / "other.npz"
    write_scores(other, np.full((2, 4), 0.5), np.ones((2, 4)))
    with pytest.raises(ScoresError, match=r"4 labels.* 5"):
        call("--scores", measured, "--rule", "global_f", "--fit", other)
    write_scores(other, *make_scores(1), labels=LABELS[::-1])
    with pytest.raises(ScoresError, match="another order"):
        call("--scores", measured, "--rule", "global_f", "--fit", other)


@pytest.fixture
def sources(monkeypatch):
    """A run or bundle whose stored rule is ``per_label_mcc``, fitted on other scores."""
    asked = []
    stored = {"per_label_mcc": PerLabelMCC().fit(*make_scores(1), fitted_on="80 validation pictures")}

    def scores_of(path, data, search, missing):
        asked.append((str(path), data, dict(search), missing))
        return *make_scores(0), LABELS, stored, "per_label_mcc"

    module = types.ModuleType("corelate.cli.evaluation_sources")
    module.scores_of = scores_of
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


def test_a_run_is_measured_with_its_own_decision(sources):
    described = report("some-run", "--data", "csv:labels.csv")["rule"]
    assert described["fitted_on"] == "80 validation pictures"
    assert sources == [("some-run", "csv:labels.csv", {}, "absent")]


def test_a_run_can_be_measured_with_another_search(sources):
    other = ("--data", "csv:labels.csv", "--head-option", "beam_width=3", "--head-option", "scores=found")
    assert report("some-run", *other)["head_options"] == {"beam_width": 3, "scores": "found"}
    assert "rule per_label_mcc was fitted on scores of the run's own search" in call("some-run", *other).stderr
    assert "own search" not in call("some-run", *other, "--rule", "fixed").stderr
    del sources[1:]
    assert sources == [("some-run", "csv:labels.csv", {"beam_width": 3, "scores": "found"}, "absent")]
    with pytest.raises(OptionError, match="--head-option 'beam_width': write NAME=VALUE"):
        call("some-run", "--data", "csv:labels.csv", "--head-option", "beam_width")


def test_a_file_of_scores_has_no_search(measured):
    with pytest.raises(OptionError, match="--head-option belongs to a run or bundle"):
        call("--scores", measured, "--head-option", "beam_width=3")


def test_a_run_can_be_measured_with_another_rule(sources, fitting):
    assert report("some-run", "--rule", "fixed")["rule"]["name"] == "fixed"
    assert report("some-run", "--rule", "per_label_mcc", "--fit", fitting)["rule"]["fitted_on"] == "validation.npz"
    with pytest.raises(OptionError, match="--fit"):
        call("some-run", "--rule", "global_f")
    with pytest.raises(OptionError, match="--fit"):
        call("some-run", "--search", "exact")


def test_help_names_every_rule():
    text = " ".join(call("--help").stdout.replace("│", " ").split())
    assert all(name in text for name in DECISION_RULES.names)


def test_only_numpy_is_needed_for_a_file(measured):
    import subprocess

    program = (
        "import sys, typer; from corelate.cli.evaluate import run; app = typer.Typer(); app.command()(run)\n"
        f"app(['--scores', {str(measured)!r}, '--json'], standalone_mode=False)\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'pyarrow', 'onnxruntime', 'PIL'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
