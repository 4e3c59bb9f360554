"""Heads: from a feature map to one logit a label."""

from corelate.registry import Entry, Registry

HEADS = Registry(
    "head",
    (Entry("linear", "corelate.models.heads.linear:LinearHead", "global pooling, dropout and one linear layer"),),
)
