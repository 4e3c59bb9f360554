"""Losses: from logits and targets to one number to make smaller.

`LOSSES` lists those for heads that score each label by itself, `SEQUENCE_LOSSES` those for heads that write the labels
of a picture one after the other. Listing them does not import torch.
"""

from corelate.registry import Entry, Registry

_LABEL_LOSSES = (
    Entry(
        name="bce",
        target="corelate.losses.binary_cross_entropy:BinaryCrossEntropyLoss",
        summary="binary cross-entropy: every label is a yes/no question of equal weight",
        source="standard; equals torch.nn.MultiLabelSoftMarginLoss",
        aliases=("binary_cross_entropy",),
    ),
    Entry(
        name="focal",
        target="corelate.losses.focal:FocalLoss",
        summary="focal: cells that are already right count less",
        source="Lin et al., Focal Loss for Dense Object Detection, ICCV 2017",
    ),
    Entry(
        name="asymmetric",
        target="corelate.losses.asymmetric:AsymmetricLoss",
        summary="asymmetric: easy absent labels count less than present ones, and almost-zero ones not at all",
        source="Ridnik et al., Asymmetric Loss For Multi-Label Classification, ICCV 2021",
        aliases=("asl",),
    ),
    Entry(
        name="lsep",
        target="corelate.losses.lsep:LogSumExpPairwiseLoss",
        summary="log-sum-exp pairwise: ranks each picture's own labels above the others",
        source="Li, Song and Luo, Improving Pairwise Ranking for Multi-label Image Classification, CVPR 2017",
    ),
    Entry(
        name="hill",
        target="corelate.losses.hill:HillLoss",
        summary="hill: a label that is not marked, but all but surely there, is hardly pushed down",
        source="Zhang et al., Simple and Robust Loss Design for Multi-Label Learning with Missing Labels, 2021, "
        "arXiv 2112.07368",
    ),
    Entry(
        name="splc",
        target="corelate.losses.splc:SelfPacedLossCorrection",
        summary="self-paced loss correction: a label that is not marked, but surely there, counts as present",
        source="Zhang et al., Simple and Robust Loss Design for Multi-Label Learning with Missing Labels, 2021, "
        "arXiv 2112.07368",
        aliases=("self_paced_loss_correction",),
    ),
)

_SEQUENCE_LOSSES = (
    Entry(
        name="cross_entropy",
        target="corelate.losses.sequence_cross_entropy:SequenceCrossEntropy",
        summary="cross-entropy: every label at its place in the given order, then stop",
        source="standard; equals torch.nn.functional.cross_entropy over the tokens up to the first stop",
    ),
    Entry(
        name="mla",
        target="corelate.losses.minimal_loss_alignment:MinimalLossAlignment",
        summary="minimal loss alignment: the labels in the order that costs least",
        source="Yazici et al., Orderless Recurrent Models for Multi-label Classification, CVPR 2020, arXiv 1911.09996",
        aliases=("minimal_loss_alignment",),
    ),
    Entry(
        name="pla",
        target="corelate.losses.predicted_label_alignment:PredictedLabelAlignment",
        summary="predicted label alignment: right guesses stay, the other labels go where they cost least",
        source="Yazici et al., Orderless Recurrent Models for Multi-label Classification, CVPR 2020, arXiv 1911.09996",
        aliases=("predicted_label_alignment",),
    ),
)

LOSSES = Registry(
    "loss",
    _LABEL_LOSSES,
    elsewhere={"a loss for heads that write sequences of tags": _SEQUENCE_LOSSES},
)
SEQUENCE_LOSSES = Registry(
    "sequence loss",
    _SEQUENCE_LOSSES,
    elsewhere={"a loss for heads that score each label by itself": _LABEL_LOSSES},
)

__all__ = ["LOSSES", "SEQUENCE_LOSSES"]
