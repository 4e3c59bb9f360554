"""Heads: from a feature map to one logit a label."""

from corelate.registry import Entry, Registry

HEADS = Registry(
    "head",
    (
        Entry("linear", "corelate.models.heads.linear:LinearHead", "global pooling, dropout and one linear layer"),
        Entry(
            "ml_gcn",
            "corelate.models.heads.ml_gcn:MlGcnHead",
            "label classifiers made from word vectors by a graph convolution over the label graph",
            source="Chen et al., CVPR 2019, arXiv 1904.03582",
            aliases=("gcn",),
        ),
        Entry(
            "csra",
            "corelate.models.heads.csra:CsraHead",
            "each label attends to the places where it is seen, beside the mean over all",
            source="Zhu and Wu, ICCV 2021, arXiv 2108.02456",
            aliases=("residual_attention",),
        ),
        Entry(
            "gcn_dynamic",
            "corelate.models.heads.gcn_dynamic:GcnDynamicHead",
            "a vector for each label, related by a learned graph and by one made for each picture",
            source="Ye et al., ECCV 2020, arXiv 2012.02994",
            aliases=("add_gcn",),
        ),
        Entry(
            "ml_decoder",
            "corelate.models.heads.ml_decoder:MlDecoderHead",
            "a few queries look at the picture, and each answers for a group of labels",
            source="Ridnik et al., 2021, arXiv 2111.12933",
        ),
        Entry(
            "query2label",
            "corelate.models.heads.query2label:Query2LabelHead",
            "a query for each label looks at the picture, and at the other labels",
            source="Liu et al., 2021, arXiv 2107.10834",
            aliases=("q2l",),
        ),
    ),
)
