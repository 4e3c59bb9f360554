from pathlib import Path

import numpy as np

from corelate.decisions.fixed import Fixed
from corelate.metrics.bootstrap import IntervalOptions
from corelate.metrics.report import evaluate_labels, evaluate_scores

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_every_key_of_a_report_is_defined():
    scores, targets = np.array([[0.9, 0.1], [0.2, 0.6]]), [[1, 0], [0, 1]]
    decision = Fixed().for_labels(2)
    report = evaluate_scores(scores, targets, decision, (1,), IntervalOptions(resamples=2))
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    for key, value in report.items():
        nested = key in ("overall", "per_class")
        for name in [f"{key}.{part}" for part in value] if nested else [key]:
            assert any(f"`{name}`" in row.split("|")[1] for row in rows), name
    (row,) = [row for row in rows if row.startswith("| `per_label`")]
    keys = set(evaluate_labels(scores, targets, decision, ["a", "b"])[0]) - {"label"}
    assert all(f"`{key}`" in row for key in keys)
