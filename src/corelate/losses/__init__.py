"""Losses: from label logits and targets to one number to make smaller; `LOSSES` lists them without importing torch."""

from corelate.registry import Entry, Registry

LOSSES = Registry(
    "loss",
    (
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
    ),
)

__all__ = ["LOSSES"]
