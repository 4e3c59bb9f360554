"""Reading decisions that were saved as JSON. They come from strangers' bundles: everything is checked."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from corelate.decisions import DECISION_RULES
from corelate.decisions.base import Decision
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.decisions.top_k_decision import TopKDecision
from corelate.errors import BundleError, CorelateError

LONGEST_TEXT = 500


def decision_from_json(data: Any, label_count: int) -> Decision:
    """Return the decision that `Decision.to_json` described.

    Args:
        data: Parsed JSON.
        label_count: The number of labels of the vocabulary it belongs to.

    Raises:
        BundleError: Anything is missing, unknown, of the wrong type or out of range.
    """
    kind = _field(data, "kind")
    if kind == ThresholdDecision.kind:
        own, build = "thresholds", _threshold_decision
    elif kind == TopKDecision.kind:
        own, build = "k", _top_k_decision
    else:
        raise BundleError(
            f"decision is of kind {_shown(kind)}; known are: {ThresholdDecision.kind}, {TopKDecision.kind}"
        )
    unknown = sorted(set(data) - {"kind", "rule", "options", "fitted_on", own})
    if unknown:
        raise BundleError(f"decision has the unknown field {_shown(unknown[0])}")
    origin = {"rule": _rule(data), "options": _options(data), "fitted_on": _text(data, "fitted_on")}
    try:
        return build(data, label_count, origin)
    except BundleError:
        raise
    except CorelateError as error:
        raise BundleError(f"decision is damaged: {error}") from None


def _threshold_decision(data: dict[str, Any], label_count: int, origin: dict[str, Any]) -> Decision:
    thresholds = _field(data, "thresholds")
    if not isinstance(thresholds, list) or len(thresholds) != label_count:
        found = f"{len(thresholds)} values" if isinstance(thresholds, list) else _shown(thresholds)
        raise BundleError(
            f"decision holds {found} as thresholds; expected a list of {label_count} numbers, one a label"
        )
    wrong = [value for value in thresholds if not _is_share(value)]
    if wrong:
        raise BundleError(f"decision holds the threshold {_shown(wrong[0])}; expected numbers in [0, 1]")
    return ThresholdDecision(thresholds=np.array(thresholds, dtype=np.float64), **origin)


def _top_k_decision(data: dict[str, Any], label_count: int, origin: dict[str, Any]) -> Decision:
    k = _field(data, "k")
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= label_count:
        raise BundleError(
            f"decision has k {_shown(k)}; expected a whole number from 1 to {label_count}, the number of labels"
        )
    return TopKDecision(k=k, fitted_on=origin["fitted_on"])


def _rule(data: dict[str, Any]) -> str:
    name = _text(data, "rule")
    try:
        return DECISION_RULES.get(name).name
    except CorelateError:
        known = ", ".join(DECISION_RULES.names)
        raise BundleError(f"decision names the unknown rule {_shown(name)}; known are: {known}") from None


def _options(data: dict[str, Any]) -> dict[str, Any]:
    options = _field(data, "options")
    if not isinstance(options, dict):
        raise BundleError(f"decision has options {_shown(options)}; expected an object")
    for key, value in options.items():
        number = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if not _is_plain(key) or not (value is None or number or _is_plain(value)):
            raise BundleError(
                f"decision has the option {_shown(key)} of value {_shown(value)}; expected a number or short text"
            )
    return dict(options)


def _text(data: dict[str, Any], key: str) -> str:
    value = _field(data, key)
    if not _is_plain(value):
        raise BundleError(
            f"decision has {key} {_shown(value)}; expected text of at most {LONGEST_TEXT} printable characters"
        )
    return str(value)


def _field(data: Any, key: str) -> Any:
    if not isinstance(data, dict):
        raise BundleError(f"decision is {_shown(data)}; expected an object")
    if key not in data:
        raise BundleError(f"decision has no field {key!r}")
    return data[key]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT and value.isprintable()


def _is_share(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _shown(value: Any) -> str:
    """Return a short form without control characters: the value may be hostile, and large."""
    text = ascii(value) if isinstance(value, (str, int, float, bool, type(None))) else f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
