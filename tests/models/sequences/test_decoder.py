"""The recurrent decoder against torch's LSTM cell and against attention written out for one place after another."""

import numpy as np
import pytest
import torch
from torch import nn

from corelate.data.vocabulary import Vocabulary
from corelate.labels.embeddings import LabelEmbeddings
from corelate.models.sequences.decoder import AttentionDecoder, Decoder
from corelate.models.sequences.token_vectors import TokenVectors

LABELS, WIDTH, HIDDEN, FEATURES, ATTENTION = 5, 4, 6, 7, 3


def plain() -> Decoder:
    torch.manual_seed(0)
    return Decoder(TokenVectors(LABELS, None, WIDTH, tuned=False), HIDDEN, 0.0, 0.0)


def attentive() -> AttentionDecoder:
    torch.manual_seed(0)
    return AttentionDecoder(
        TokenVectors(LABELS, None, WIDTH, tuned=False),
        HIDDEN,
        0.0,
        0.0,
        num_features=FEATURES,
        attention_width=ATTENTION,
    )


def lstm_cell(decoder: Decoder, *inputs: nn.Linear) -> nn.LSTMCell:
    """Return torch's cell with the decoder's weights for the given inputs, side by side."""
    cell = nn.LSTMCell(sum(layer.in_features for layer in inputs), HIDDEN)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat([layer.weight for layer in inputs], dim=1))
        cell.weight_hh.copy_(decoder.from_hidden.weight)
        cell.bias_ih.zero_()
        cell.bias_hh.copy_(decoder.from_hidden.bias)
    return cell


def test_a_step_is_that_of_an_lstm_cell():
    decoder, tokens = plain(), torch.tensor([1, 4, 5, 6])  # two labels, stop and start
    hidden, cell = torch.randn(2, 4, HIDDEN).unbind()
    gates, attention = decoder.transition(hidden.unsqueeze(1), None)
    found = decoder.advance(gates.squeeze(1) + decoder.token_gates(tokens), cell)
    expected = lstm_cell(decoder, decoder.from_token)(decoder.vectors()[tokens], (hidden, cell))
    assert attention is None
    torch.testing.assert_close(found, expected)


def test_a_step_with_attention_is_that_of_an_lstm_cell_fed_with_what_it_looks_at():
    decoder, tokens = attentive(), torch.tensor([1, 6])
    hidden, cell = torch.randn(2, 2, HIDDEN).unbind()
    feature_map = torch.randn(2, FEATURES, 2, 3)
    gates, attention = decoder.transition(hidden.unsqueeze(1), decoder.remember(feature_map))
    found = decoder.advance(gates.squeeze(1) + decoder.token_gates(tokens), cell)

    contexts = []
    for picture, state in zip(feature_map, hidden, strict=True):
        places = [picture[:, y, x] for y in range(2) for x in range(3)]
        scores = [decoder.score(torch.relu(decoder.project(place) + decoder.query(state))) for place in places]
        weights = torch.softmax(torch.cat(scores), dim=0)
        looked_at = sum(weight * place for weight, place in zip(weights, places, strict=True))
        contexts.append(torch.sigmoid(decoder.gate(state)) * looked_at)
    inputs = torch.cat([decoder.vectors()[tokens], torch.stack(contexts)], dim=1)
    expected = lstm_cell(decoder, decoder.from_token, decoder.from_context)(inputs, (hidden, cell))
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(attention.sum(2), torch.ones(2, 1))


def test_several_states_of_a_picture_are_computed_as_if_each_were_alone():
    decoder = attentive()
    hidden, memory = torch.randn(2, 3, HIDDEN), decoder.remember(torch.randn(2, FEATURES, 2, 2))
    together = decoder.transition(hidden, memory)
    alone = [decoder.transition(hidden[:, [row]], memory) for row in range(3)]
    for part in (0, 1):
        torch.testing.assert_close(together[part], torch.cat([each[part] for each in alone], dim=1))


def test_the_map_is_projected_once_however_many_steps_follow():
    decoder, calls = attentive(), []
    decoder.project.register_forward_hook(lambda *_: calls.append(1))
    memory = decoder.remember(torch.randn(2, FEATURES, 2, 2))
    for _ in range(4):
        decoder.transition(torch.randn(2, 3, HIDDEN), memory)
    assert len(calls) == 1


def embeddings() -> LabelEmbeddings:
    vectors = np.random.default_rng(0).normal(size=(LABELS, WIDTH)).astype(np.float32)
    return LabelEmbeddings(Vocabulary([f"label {number}" for number in range(LABELS)]), vectors, "drawn")


@pytest.mark.parametrize("tuned", [False, True])
def test_given_vectors_stand_before_those_of_stop_and_start(tuned: bool):
    given = embeddings()
    vectors = TokenVectors(LABELS, given, 99, tuned)
    assert vectors().shape == (LABELS + 2, WIDTH)
    assert torch.equal(vectors()[:LABELS], torch.from_numpy(given.vectors))
    assert ("labels" in dict(vectors.named_parameters())) == tuned
    assert "labels" in vectors.state_dict()


def test_training_given_vectors_further_leaves_the_source_alone():
    given = embeddings()
    before = given.vectors.copy()
    vectors = TokenVectors(LABELS, given, 99, tuned=True)
    with torch.no_grad():
        vectors.labels.add_(1)
    assert np.array_equal(given.vectors, before)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("pictures", [1, 2])
def test_a_batch_norm_before_the_decoder_gets_its_gradient_right(training: bool, pictures: int):
    decoder, norm = attentive().double(), nn.BatchNorm2d(FEATURES, affine=False).double().train(training)

    def looked_at(feature_map: torch.Tensor) -> torch.Tensor:
        memory = decoder.remember(norm(feature_map))
        return (memory.places * torch.sigmoid(memory.projected.sum(2, keepdim=True))).sum((1, 2))

    assert torch.autograd.gradcheck(
        looked_at, torch.randn(pictures, FEATURES, 2, 3, dtype=torch.float64).requires_grad_()
    )
