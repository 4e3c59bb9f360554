import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.decisions import decision_from_json
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import BundleError

THRESHOLDS = {
    "kind": "thresholds",
    "rule": "fixed",
    "options": {"threshold": 0.5},
    "fitted_on": "",
    "thresholds": [0.5] * 3,
}
TOP_K = {"kind": "top_k", "rule": "top_k", "options": {"k": 2}, "fitted_on": "", "k": 2}


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_thresholds_come_back_to_the_last_bit(thresholds):
    decision = ThresholdDecision(
        thresholds=np.array(thresholds), rule="per_label_f", options={"beta": 1.0}, fitted_on="x"
    )
    again = decision_from_json(json.loads(json.dumps(decision.to_json())), len(thresholds))
    np.testing.assert_array_equal(again.thresholds, thresholds)
    assert again.to_json() == decision.to_json()


def test_top_k_comes_back():
    assert decision_from_json(TopKDecision(k=2).to_json(), 3).k == 2
    assert TopKDecision(k=2).to_json() == TOP_K


@pytest.mark.parametrize(
    ("base", "change", "text"),
    [
        (THRESHOLDS, {"kind": "python"}, "kind 'python'"),
        (THRESHOLDS, {"kind": ["thresholds"]}, "kind a list"),
        (THRESHOLDS, {"rule": "eval"}, "unknown rule"),
        (THRESHOLDS, {"rule": 5}, "rule 5"),
        (THRESHOLDS, {"options": []}, "options a list"),
        (THRESHOLDS, {"options": {"x": [1]}}, "option 'x'"),
        (THRESHOLDS, {"options": {"x": math.nan}}, "option 'x'"),
        (THRESHOLDS, {"options": {"x\x1b[2J": 1}}, r"option 'x\\x1b\[2J'"),
        (THRESHOLDS, {"fitted_on": None}, "fitted_on None"),
        (THRESHOLDS, {"fitted_on": "a\nb"}, "printable"),
        (THRESHOLDS, {"fitted_on": "\x1b]0;title\x07"}, "printable"),
        (THRESHOLDS, {"fitted_on": "a" * 501}, "500"),
        (THRESHOLDS, {"thresholds": [0.5] * 2}, "2 values.*3 numbers"),
        (THRESHOLDS, {"thresholds": []}, "0 values"),
        (THRESHOLDS, {"thresholds": 0.5}, "0.5 as thresholds"),
        (THRESHOLDS, {"thresholds": {"0": 0.5}}, "a dict as thresholds"),
        (THRESHOLDS, {"thresholds": [0.5, math.nan, 0.5]}, "threshold nan"),
        (THRESHOLDS, {"thresholds": [0.5, math.inf, 0.5]}, "threshold inf"),
        (THRESHOLDS, {"thresholds": [0.5, 10**400, 0.5]}, "threshold 1000"),
        (THRESHOLDS, {"thresholds": [0.5, -0.1, 0.5]}, "threshold -0.1"),
        (THRESHOLDS, {"thresholds": [0.5, True, 0.5]}, "threshold True"),
        (THRESHOLDS, {"thresholds": [0.5, None, 0.5]}, "threshold None"),
        (THRESHOLDS, {"thresholds": [0.5, "0.5", 0.5]}, "threshold '0.5'"),
        (THRESHOLDS, {"thresholds": [0.5, [0.5], 0.5]}, "threshold a list"),
        (THRESHOLDS, {"more": 1}, "unknown field 'more'"),
        (THRESHOLDS, {"k": 1}, "unknown field 'k'"),
        (TOP_K, {"k": 0}, "k 0"),
        (TOP_K, {"k": 4}, "1 to 3"),
        (TOP_K, {"k": 2.0}, "k 2.0"),
        (TOP_K, {"k": True}, "k True"),
        (TOP_K, {"k": "2"}, "k '2'"),
        (TOP_K, {"k": 10**400}, "k 1000"),
    ],
)
def test_what_is_wrong_is_named(base, change, text):
    with pytest.raises(BundleError, match=text) as caught:
        decision_from_json(base | change, 3)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("base", [THRESHOLDS, TOP_K], ids=lambda base: base["kind"])
def test_a_missing_field_is_named(base):
    for key in base:
        with pytest.raises(BundleError, match=f"no field '{key}'"):
            decision_from_json({name: value for name, value in base.items() if name != key}, 3)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.sampled_from([THRESHOLDS, TOP_K]), st.dictionaries(st.sampled_from([*THRESHOLDS, "k"]), JSON_VALUES), JSON_VALUES
)
def test_any_json_is_a_decision_or_a_bundle_error(base, change, other):
    for data in (base | change, other):
        try:
            decision_from_json(data, 3)
        except BundleError as error:
            assert str(error).isprintable()
