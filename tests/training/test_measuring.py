"""Which decision rules a run ends with."""

from __future__ import annotations

import numpy as np

from corelate.training.measuring import fit_rules


def test_rules_that_cannot_be_fitted_are_left_out():
    decisions = fit_rules(np.full((5, 2), 0.3, np.float32), np.zeros((5, 2), np.int8), "nothing")
    assert "fixed" in decisions
    assert not {"top_k", "global_f"} & set(decisions), "two labels are too few for five tags, and none is present"
