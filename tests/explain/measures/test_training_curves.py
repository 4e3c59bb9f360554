from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from corelate.errors import RunError
from corelate.explain.drawing import draw, encode, page_svg
from corelate.explain.measures.training_curves import TrainingCurves, curves_of_run, training_curves
from corelate.explain.run_material import RunMaterial


def log(values: list[float], **figures: list[float]) -> list[dict[str, float]]:
    rows = [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(values, start=1)]
    for name, column in figures.items():
        for row, value in zip(rows, column, strict=True):
            row[f"validation.{name.replace('__', '.')}"] = value
    return rows


USUAL = log([0.5, 0.3, 0.2], loss=[0.6, 0.4, 0.45], map=[0.2, 0.5, 0.4], overall__f1=[0.1, 0.2, 0.3])


def words(curves: TrainingCurves) -> str:
    return page_svg(draw(curves), "training", "")


def test_the_table_has_a_row_for_each_epoch() -> None:
    curves = training_curves({"training": USUAL, "fold 1": log([0.7])}, 2)
    found = json.loads(curves.table().to_json())
    assert found["about"] == {"best_epoch": 2, "monitor": "map"}
    assert [(row["training"], row["epoch"], row["loss"], row["validation.map"]) for row in found["rows"]] == [
        ("training", 1, 0.5, 0.2),
        ("training", 2, 0.3, 0.5),
        ("training", 3, 0.2, 0.4),
        ("fold 1", 1, 0.7, None),
    ]


def test_the_summary():
    assert training_curves({"training": USUAL}, 2).summary() == [
        "Training: 3 epochs, loss 0.5 to 0.2, on validation pictures 0.6 to 0.45, lowest 0.4",
        "Validation mAP: best 0.5 in epoch 2, 0.4 in the last; kept are the weights of epoch 2",
        "After its best epoch mAP got worse by 0.1: fewer epochs would have done",
    ]


def test_the_loss_may_choose_and_is_better_when_lower():
    lines = training_curves({"training": USUAL}, 2, "loss").summary()
    assert lines[1].startswith("Validation loss: best 0.4 in epoch 2, 0.45 in the last")
    assert lines[2] == "After its best epoch loss got worse by 0.05: fewer epochs would have done"


def test_a_figure_that_still_rises():
    rising = log([3, 2, 1], map=[0.1, 0.2, 0.3])
    assert training_curves({"training": rising}, 3).summary()[-1] == "The best epoch is the last: more epochs may help"


def test_one_epoch():
    curves = training_curves({"training": log([0.5], map=[0.1])}, 1)
    assert curves.summary() == [
        "Training: 1 epoch, loss 0.5",
        "Validation mAP: best 0.1 in epoch 1, 0.1 in the last; kept are the weights of epoch 1",
    ]
    assert "kept: epoch 1" in words(curves)


def test_sequence_heads_have_no_validation_loss():
    curves = training_curves({"training": log([3, 2], map=[0.1, 0.2])}, 2)
    assert "on validation pictures" not in curves.summary()[0]
    assert ">training<" in words(curves) and ">validation<" not in words(curves)


def test_without_validation_there_is_one_panel():
    curves = training_curves({"training": log([3, 2])}, 2)
    assert curves.summary()[1] == (
        "No validation figure chose the epoch of the kept training; kept are the weights of epoch 2"
    )
    assert len(draw(curves).axes) == 1
    assert len(draw(training_curves({"training": USUAL})).axes) == 2


def test_the_mean_of_folds_ends_with_the_shortest():
    history = {
        "training": log([0.4, 0.3]),
        "fold 1": log([0.6, 0.4, 0.2], map=[0.1, 0.2, 0.3]),
        "fold 2": log([0.8, 0.2], map=[0.3, 0.4]),
    }
    curves = training_curves(history, 2)
    epochs, values = curves.fold_mean("loss")
    assert epochs.tolist() == [1, 2]
    np.testing.assert_allclose(values, [0.7, 0.3])
    np.testing.assert_allclose(curves.fold_mean("validation.map")[1], [0.2, 0.3])
    assert [line.split(":")[0] for line in curves.summary()[:3]] == ["Training", "Fold 1", "Fold 2"]
    assert "mAP (chooses), mean of 2 folds" in words(curves)


def test_an_epoch_that_is_logged_twice_counts_once():
    history = {"training": [*USUAL[:2], {"epoch": 2.0, "loss": 0.25}, USUAL[2]]}
    curves = training_curves(history)
    assert curves.series("training", "loss")[1].tolist() == [0.5, 0.25, 0.2]


def test_epochs_are_put_in_order():
    assert training_curves({"training": USUAL[::-1]}).series("training", "loss")[0].tolist() == [1, 2, 3]


def test_figures_that_are_not_finite_are_passed_over():
    rows = log([0.5, 0.4, 0.3], map=[float("nan"), 0.2, 0.1])
    curves = training_curves({"training": rows}, 2)
    assert "best 0.2 in epoch 2" in curves.summary()[1]
    assert json.loads(curves.table().to_json())["rows"][0]["validation.map"] is None
    assert encode(draw(curves), "png", 30)


@pytest.mark.parametrize("history", [{}, {"training": []}])
def test_nothing_logged(history: dict):
    with pytest.raises(RunError, match=r"no epoch is logged: training/log.csv of the run is missing or empty"):
        training_curves(history)


@pytest.mark.parametrize("row", [{"loss": 1.0}, {"epoch": float("nan")}, {"epoch": 0.0}])
def test_rows_without_an_epoch(row: dict):
    with pytest.raises(RunError, match="the log of training has a row whose epoch is"):
        training_curves({"training": [row]})


def test_steep_losses_are_drawn_on_a_logarithmic_axis():
    axes = draw(training_curves({"training": log([10.0, 1.0, 0.1])})).axes[0]
    assert axes.get_yscale() == "log"
    assert draw(training_curves({"training": USUAL})).axes[0].get_yscale() == "linear"


def test_all_colours_of_the_drawing_are_the_pages():
    svg = words(training_curves({"training": USUAL, "fold 1": USUAL}, 2))
    assert "var(--series-1)" in svg
    assert not re.findall(r"#[0-9a-f]{6}\b", svg)


def test_curves_of_a_run(tiny_run: Path, tmp_path: Path):
    material = RunMaterial.open(tiny_run)
    curves = curves_of_run(material)
    assert curves.monitor == "map"
    epochs, values = curves.series("training", "validation.map")
    assert epochs.tolist() == [1, 2]
    # The epoch is counted from 1, as in the log.
    assert curves.best_epoch == epochs[np.argmax(values)]
    copy = tmp_path / "copy"
    shutil.copytree(tiny_run, copy)
    (copy / "training" / "log.csv").unlink()
    with pytest.raises(RunError, match="copy: no epoch is logged"):
        curves_of_run(RunMaterial.open(copy))
