"""Decision rules: from scores to tags. Each is a dataclass of options that is fitted on scores into a decision."""

from corelate.registry import Entry, Registry

DECISION_RULES = Registry(
    "decision rule",
    (
        Entry("fixed", "corelate.decisions.fixed:Fixed", "one threshold for all labels, given beforehand (0.5)"),
        Entry("top_k", "corelate.decisions.top_k:TopK", "exactly k tags for each image, the best-scored ones"),
        Entry(
            "global_f",
            "corelate.decisions.global_f:GlobalF",
            "one fitted threshold for all labels: the one with the best overall F-measure",
            source="Lipton et al. 2014, Optimal Thresholding of Classifiers to Maximize F1 Measure",
        ),
        Entry(
            "per_label_f",
            "corelate.decisions.per_label_f:PerLabelF",
            "a fitted threshold for each label, by its F-measure; rare labels share the global one",
            source="Fan and Lin 2007, A Study on Threshold Selection for Multi-label Classification",
        ),
        Entry(
            "per_label_mcc",
            "corelate.decisions.per_label_mcc:PerLabelMCC",
            "a fitted threshold for each label, by its Matthews correlation coefficient",
            source="Matthews 1975, Comparison of the predicted and observed secondary structure of T4 phage lysozyme",
        ),
    ),
)

# These use the registry above.
from corelate.decisions.base import Decision, DecisionRule  # noqa: E402
from corelate.decisions.stored import decision_from_json  # noqa: E402

__all__ = ["DECISION_RULES", "Decision", "DecisionRule", "decision_from_json"]
