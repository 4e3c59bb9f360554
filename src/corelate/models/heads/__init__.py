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
        Entry(
            "ria",
            "corelate.models.heads.ria:RiaHead",
            "an LSTM starts from the pooled features and writes one label after another",
            source="Jin and Nakayama, ICPR 2016, arXiv 1604.05225",
            aliases=("recurrent_image_annotator",),
        ),
        Entry(
            "sr_cnn_rnn",
            "corelate.models.heads.sr_cnn_rnn:SrCnnRnnHead",
            "an LSTM starts from the scores of a label classifier and writes one label after another",
            source="Liu et al., CVPR 2017, arXiv 1611.05490",
            aliases=("semantic_regularisation",),
        ),
        Entry(
            "attention_rnn",
            "corelate.models.heads.attention_rnn:AttentionRnnHead",
            "an LSTM looks at the places of the map before it writes each label",
            source="Xu et al., ICML 2015, arXiv 1502.03044",
            aliases=("cnn_rnn_attention",),
        ),
        Entry(
            "orderless_rnn",
            "corelate.models.heads.orderless_rnn:OrderlessRnnHead",
            "attention_rnn as in the paper on order-free losses",
            source="Yazici et al., CVPR 2020, arXiv 1911.09996",
        ),
    ),
)
