"""SR-CNN-RNN: label scores of the network stand between the picture and an LSTM that writes the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from corelate.losses import LOSSES
from corelate.losses.build import build_loss
from corelate.models.heads.base import CLASSIFIERS, HeadInputs
from corelate.models.heads.linear import BIASES, start_bias
from corelate.models.heads.pooling import POOLINGS, global_pool
from corelate.models.heads.sequence_head import SequenceHead, SequenceOptions, token_vectors
from corelate.models.sequences.decoder import Decoder, Start
from corelate.options import option


@dataclass(frozen=True, kw_only=True)
class SrCnnRnnOptions(SequenceOptions):
    """Options of SR-CNN-RNN."""

    pooling: str = option("avg", "global pooling of the feature map", choices=POOLINGS)
    feature_dropout: float = option(0.3, "share of the pooled features dropped in training", minimum=0.0, below=1.0)
    bias: str = option(
        "prior", "start of the classifier's bias: zero, or the logit of each label's frequency", choices=BIASES
    )
    classifier_factor: float = option(1.0, "learning rate of the classifier, as a factor of the head's", above=0.0)
    label_loss: str = option("bce", "loss of the label scores, with its default options", choices=LOSSES.names)
    label_loss_weight: float = option(1.0, "weight of that loss beside the decoder's", minimum=0.0)
    pretraining: float = option(
        0.5,
        "first share of the schedule (of epochs), in which the decoder is fed the true labels for scores",
        minimum=0.0,
        maximum=1.0,
    )
    detach: bool = option(True, "afterwards, keep the decoder's loss from classifier and backbone, as the seed does")


class SrCnnRnnHead(SequenceHead):
    """A classifier scores all labels, and their scores are all that the LSTM learns of the picture.

    Two losses are added: one of the label scores and one of the sequence. In the first part of the training the
    decoder is fed the picture's true labels in place of scores: then classifier and decoder share nothing, so that
    one pass pretrains both, each exactly as if it were alone. Afterwards it is fed the scores.

    Source: Liu et al., Semantic Regularisation for Recurrent Image Annotation, CVPR 2017 (arXiv 1611.05490), as in the
    seed.
    """

    Options: ClassVar[type] = SrCnnRnnOptions
    pools: ClassVar[bool] = True

    def __init__(self, inputs: HeadInputs, options: SrCnnRnnOptions) -> None:
        super().__init__(inputs, options)
        labels = len(inputs.vocabulary)
        vectors = token_vectors(inputs, options, "sr_cnn_rnn")
        self.decoder = Decoder(vectors, options.hidden, options.embedding_dropout, options.dropout)
        self.feature_dropout = nn.Dropout(options.feature_dropout)
        self.classifier = nn.Linear(inputs.num_features, labels)
        start_bias(self.classifier.bias, options.bias, inputs.label_frequencies)
        self.first_state = nn.Linear(labels, options.hidden)
        # Few of the many scores are far from 0. The state is the sum of their labels' vectors, and these are drawn such
        # that it is as large as a state can be; drawn as for a dense input it would be too small to learn from.
        present = 1.0 if inputs.label_frequencies is None else float(sum(inputs.label_frequencies))
        nn.init.normal_(self.first_state.weight, std=max(present, 1.0) ** -0.5)
        self.label_loss = build_loss(options.label_loss)

    def learning_rate_factors(self) -> Mapping[str, float]:
        """Return the factor of the classifier's rate."""
        return {"classifier": self.options.classifier_factor}

    def pool(self, feature_map: Tensor) -> Tensor:
        """Return the pooled map, B×D×1×1."""
        return global_pool(feature_map, self.options.pooling)

    def label_vectors_by_stage(self) -> Mapping[str, Tensor]:
        """Return what every head that writes labels has, and between them the classifiers of the label scores, L×D."""
        written, outputs = super().label_vectors_by_stage().items()
        return dict([written, (CLASSIFIERS, self.classifier.weight.detach()), outputs])

    def label_logits(self, feature_map: Tensor) -> Tensor:
        """Return the classifier's own logits B×L."""
        return self.classifier(self.feature_dropout(self.standardise(self.pool(feature_map)).flatten(1)))

    def start(self, feature_map: Tensor) -> Start:
        """Return the first state, a linear map of the label scores."""
        return self.start_from(torch.sigmoid(self.label_logits(feature_map)))

    def start_from(self, scores: Tensor) -> Start:
        """Return the first state for label scores B×L."""
        hidden = self.first_state(scores)
        return Start(hidden, torch.zeros_like(hidden))

    def objective(self, feature_map: Tensor, targets: Tensor, loss: nn.Module, progress: float) -> Tensor:
        """Return the loss of the label scores and that of the sequences."""
        logits = self.label_logits(feature_map)
        label_loss = self.label_loss(logits, targets.clamp(max=1), progress)
        if progress < self.options.pretraining:
            scores = (targets > 0).to(logits.dtype)
        else:
            scores = torch.sigmoid(logits.detach() if self.options.detach else logits)
        sequence_loss = self.sequence_objective(self.start_from(scores), targets, loss, progress)
        return self.options.label_loss_weight * label_loss + sequence_loss
