"""The numbers and the words of a sheet of gradients, and what the docs say of them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from corelate.explain.gradients.loss_gradients import loss_gradients
from corelate.explain.gradients.text import number


def test_table_holds_every_point():
    sheet = loss_gradients([("splc", {"tau": 0.7}), "mla"], points=30, progress=0.5)
    table = sheet.table()
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    assert list(rows[0]) == ["loss", "parameters", "target", "probability", "logit", "gradient"]
    assert {(row["loss"], row["target"]) for row in rows} == {
        *(("splc", target) for target in ("absent", "present")),
        *(("mla", target) for target in ("absent", "present", "later")),
    }
    expected = "unknown=absent, gamma=2, margin=1, tau=0.7, start=0.05, corrected=all, progress=0.5"
    assert rows[0]["parameters"] == expected
    curve = sheet.losses[0].curves["present"]
    ours = [row for row in rows if row["loss"] == "splc" and row["target"] == "present"]
    assert [float(row["gradient"]) for row in ours] == curve.gradients.tolist()
    assert [float(row["probability"]) for row in ours] == curve.probabilities.tolist()
    about = json.loads(table.to_json())["about"]
    assert about["progress"] == 0.5 and about["losses"][0]["options"]["tau"] == 0.7


def test_text_says_what_is_true_of_the_asymmetric_loss():
    text = "\n".join(loss_gradients(["bce", "asymmetric", ("asymmetric", {"margin": 0})]).describe())
    assert "strongest at p = 0.900 (0.733); 0.733 at 0.9, 0.221 at 0.99; half as strong at 0.981; 0 up to 0.050" in text
    assert "that of asymmetric peaks at p = 0.90, is 0.631 at 0.95 and falls to half of its peak only at 0.98." in text
    assert "It is often said" not in "\n".join(loss_gradients(["focal", ("asymmetric", {"margin": 0})]).describe())


def test_text_names_the_situation():
    text = "\n".join(loss_gradients(["lsep", "splc", "mla"], other_logit=1, progress=0.3, points=40).describe())
    assert "lsep: depends on the picture's other labels." in text and "is 1 (p = 0.731)" in text
    assert "splc: depends on how far the training is, here 30 %." in text
    assert "mla: p is the softmax over four tokens" in text
    two = [("splc", {"unknown": "ignored"}), "splc", ("asymmetric", {"focusing_gradient": "detached"}), "asymmetric"]
    text = "\n".join(loss_gradients(two, points=40).describe())
    assert (
        "no gradient (splc (unknown=ignored, progress=1), asymmetric); that of an absent one (splc (progress=1))"
        in text
    )
    assert "asymmetric (focusing_gradient=detached): the focusing weights count as constants" in text


def test_examples_of_the_docs_run_and_say_what_is_so():
    page = (Path(__file__).parents[3] / "docs" / "explain" / "gradients.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(block, {"__name__": "example"})
    (printed,) = re.findall(
        r"\$ corelate explain gradients bce focal:gamma=2 asymmetric\n(.*?)Written", page, re.DOTALL
    )
    assert printed.splitlines() == loss_gradients(["bce", ("focal", {"gamma": 2}), "asymmetric"]).describe()
    (row,) = re.findall(r"\| dL/dx, absent label \|(.*)\|", page)
    stated = [float(cell.strip(" *")) for cell in row.split("|")]
    places = np.array([0.5, 0.8, 0.9, 0.95, 0.98, 0.99])
    np.testing.assert_allclose(stated, loss_gradients(["asymmetric"]).losses[0].curves["absent"].at(places), atol=6e-4)


def test_numbers_have_no_minus_before_zero():
    assert [number(value) for value in (-0.0, 0.0, -0.25, 4e-6)] == ["0", "0", "-0.250", "4e-06"]


def test_the_table_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys; from types import SimpleNamespace as Situation; "
        "from corelate.explain.gradients.curve import sample_curve; "
        "from corelate.explain.gradients.loss_gradients import LossCurves, LossGradients; "
        "curves = {'present': sample_curve(lambda logits: -logits, 'present', 20)}; "
        "loss = LossCurves('some', {}, {}, curves, 'none', False, {}); "
        "assert LossGradients((loss,), Situation(other_logit=0, progress=1)).table().rows; "
        "assert not {'torch', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
