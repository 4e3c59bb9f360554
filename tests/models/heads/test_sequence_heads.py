"""What is special about heads that write labels one after another."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from corelate.data.vocabulary import Vocabulary
from corelate.errors import OptionError
from corelate.labels.embeddings import LabelEmbeddings
from corelate.losses.build import build_loss, build_sequence_loss
from corelate.models.annotator import build_head
from corelate.models.heads.base import HeadInputs
from corelate.models.heads.sequence_head import SequenceHead

LABELS, FEATURES = 6, 12
STOP = LABELS
VOCABULARY = Vocabulary([f"label {number}" for number in range(LABELS)])
VECTORS = np.random.default_rng(0).normal(size=(LABELS, 5)).astype(np.float32)
INPUTS = HeadInputs(
    FEATURES,
    VOCABULARY,
    np.array([0.6, 0.1, 0.3, 0.2, 0.3, 0.5]),
    embeddings=LabelEmbeddings(VOCABULARY, VECTORS, "drawn"),
)
HEADS = ("ria", "sr_cnn_rnn", "attention_rnn", "orderless_rnn")
# Lists of labels; the second picture has none, the third more than four.
LISTS = ([2, 0], [], [5, 4, 3, 2, 1], [3])


def build(name: str, **options: Any) -> SequenceHead:
    torch.manual_seed(0)
    small = {"hidden": 16, "embedding_width": 5, "max_labels": 4}
    small |= {"attention_width": 6} if name in HEADS[2:] else {}
    head = build_head(name, {**small, **options}, INPUTS).eval()
    assert isinstance(head, SequenceHead)
    with torch.no_grad():  # far from even, so that no two sequences are alike
        for parameter in head.decoder.parameters():
            parameter.mul_(3)
    return head


def maps(count: int = len(LISTS)) -> Tensor:
    return torch.randn(count, FEATURES, 2, 3, generator=torch.Generator().manual_seed(1))


def targets() -> Tensor:
    result = torch.zeros(len(LISTS), LABELS)
    for row, labels in enumerate(LISTS):
        for place, label in enumerate(labels):
            result[row, label] = place + 1
    return result


@pytest.fixture(params=HEADS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def steps(head: SequenceHead, feature_map: Tensor, tokens: Tensor) -> Tensor:
    """Return logits B×T×(L+1) of a decoder that is fed these tokens, B×(T-1), after start, one step at a time."""
    start = head.start(feature_map)
    hidden, cell, outputs = start.hidden, start.cell, []
    for token in [torch.full_like(tokens[:, 0], head.decoder.start), *tokens.unbind(1)]:
        gates, _ = head.decoder.transition(hidden.unsqueeze(1), start.memory)
        hidden, cell = head.decoder.advance(gates.squeeze(1) + head.decoder.token_gates(token), cell)
        outputs.append(head.decoder.logits(hidden))
    return torch.stack(outputs, 1)


def test_the_loss_is_that_of_the_true_tokens_fed_one_by_one(name: str):
    options = {"label_loss_weight": 0.0} if name == "sr_cnn_rnn" else {}
    head = build(name, order="rare_first", **options)
    expected = torch.tensor([[2, 0, 6, 6, 6], [6, 6, 6, 6, 6], [1, 3, 4, 2, 6], [3, 6, 6, 6, 6]])
    logits = steps(head, maps(), expected[:, :-1])
    real = [(row, step) for row, labels in enumerate(LISTS) for step in range(min(len(labels), 4) + 1)]
    losses = [functional.cross_entropy(logits[row, step], expected[row, step]) for row, step in real]
    found = head.objective(maps(), targets(), build_sequence_loss("cross_entropy"), 0.9)
    torch.testing.assert_close(found, torch.stack(losses).mean())


@pytest.mark.parametrize("repeats", [False, True])
def test_free_running_feeds_the_decoder_s_own_guesses(name: str, repeats: bool):
    head = build(name, repeats=repeats)
    sequences = torch.tensor([[2, 0, 1, 6]] * 4)
    logits, _ = head.unroll(head.start(maps()), sequences, own_guesses=1.0)
    fed = torch.empty(4, 0, dtype=torch.int64)
    for step in range(3):
        row = steps(head, maps(), fed)[:, -1] if step else logits[:, 0]
        torch.testing.assert_close(logits[:, step], row)
        for picture, before in enumerate(fed.tolist()):
            if not repeats:
                row[picture, [label for label in before if label != STOP]] = -torch.inf
        fed = torch.cat([fed, row.argmax(1, keepdim=True)], 1)
    torch.testing.assert_close(logits, steps(head, maps(), fed))


@pytest.mark.parametrize("loss", ["mla", "pla"])
def test_order_free_losses_run_free_and_others_do_not(name: str, loss: str):
    head, chances = build(name), []
    unroll = head.unroll
    head.unroll = lambda start, sequences, own: (chances.append(own), unroll(start, sequences, own))[1]  # type: ignore
    for each in (loss, "cross_entropy"):
        head.objective(maps(), targets(), build_sequence_loss(each), 0.7)
    assert chances == [1.0, 0.0]


def test_a_loss_over_labels_is_refused(name: str):
    with pytest.raises(OptionError, match=r"loss of sequences \(cross_entropy, mla, pla\), not BinaryCrossEntropyLoss"):
        build(name).objective(maps(), targets(), build_loss("bce"), 0.5)


def test_scheduled_sampling_grows_with_the_training(name: str):
    head = build(name, scheduled_sampling=0.5)
    chances = []
    unroll = head.unroll
    head.unroll = lambda start, sequences, own: (chances.append(own), unroll(start, sequences, own))[1]  # type: ignore
    for progress in (0.0, 0.5, 0.9):
        head.objective(maps(), targets(), build_sequence_loss("cross_entropy"), progress)
    assert chances == pytest.approx([0.0, 0.25, 0.45])


def test_scheduled_sampling_mixes_true_tokens_and_guesses():
    head = build("ria")
    sequences = torch.full((400, 2), 3)
    start = head.start(maps(1).expand(400, -1, -1, -1))
    truth = head.unroll(start, sequences, 0.0)[0][0, 1]
    guess = head.unroll(start, sequences, 1.0)[0][0, 1]
    assert not torch.allclose(truth, guess)
    torch.manual_seed(0)
    second = head.unroll(start, sequences, 0.25)[0][:, 1]
    guessed = (second - guess).abs().amax(1) < 1e-5
    assert ((second - truth).abs().amax(1) < 1e-5).sum() + guessed.sum() == 400
    assert 70 < guessed.sum() < 130


def test_a_loss_that_looks_at_late_guesses_sees_all_steps(name: str):
    head, shapes = build(name), []
    loss = build_sequence_loss("pla", late_hits="keep")
    loss.register_forward_pre_hook(lambda _, inputs: shapes.append(tuple(inputs[0].shape)))
    head.objective(maps(2), targets()[:2], loss, 0.5)
    assert shapes == [(2, 5, LABELS + 1)]


def test_unknown_labels_have_no_influence(name: str):
    head, values = build(name), targets()
    values[1, 4] = -1
    loss = build_sequence_loss("cross_entropy")
    before = head.objective(maps(), values, loss, 0.9)
    with torch.no_grad():
        head.decoder.output.bias[4] += 100  # would be dear where label 4 is known not to be next
    other = values[[1]]
    first = head.objective(maps()[[1]], other, loss, 0.9)
    assert torch.isfinite(before)
    known = head.objective(maps()[[1]], other.clamp(min=0), loss, 0.9)
    assert known - first > 50


def test_at_a_half_the_score_found_gives_the_tags_that_the_search_found(name: str):
    for width in (1, 3):
        head = build(name, scores="found", beam_width=width)
        found = head.search(maps())
        tags = torch.sigmoid(head(maps())) >= 0.5
        for row in range(len(LISTS)):
            best = {label for label in found.labels[row, 0].tolist() if label != STOP}
            assert set(tags[row].nonzero().flatten().tolist()) == best


def test_shares_of_the_beams(name: str):
    head = build(name, scores="beams", beam_width=4)
    found, scores = head.search(maps()), torch.sigmoid(head(maps()))
    for row in range(len(LISTS)):
        probabilities = found.log_probabilities[row].exp()
        for label in range(LABELS):
            having = (found.labels[row] == label).any(1)
            expected = (probabilities[having].sum() / probabilities.sum()).item()
            assert scores[row, label].item() == pytest.approx(expected, abs=2e-6)


def test_a_search_may_differ_from_the_head_s_own(name: str):
    head = build(name)
    assert head.search(maps()).labels.shape == (4, 1, 4)
    assert head.search(maps(), width=3, max_labels=2).labels.shape == (4, 3, 2)


def test_without_repeats_no_step_is_made_that_no_label_is_left_for(name: str):
    assert build(name, max_labels=50).search(maps()).labels.shape == (4, 1, LABELS)
    assert build(name, max_labels=9, repeats=True).search(maps()).labels.shape == (4, 1, 9)


def test_many_pictures_are_searched_in_parts(name: str, monkeypatch: pytest.MonkeyPatch):
    head, feature_map = build(name, beam_width=3), torch.randn(9, FEATURES, 2, 3)
    expected, sizes = head(feature_map), []
    search = head.search
    monkeypatch.setattr("corelate.models.heads.sequence_head.MOST_CANDIDATES", 4 * 3 * (LABELS + 1))
    monkeypatch.setattr(head, "search", lambda part: (sizes.append(len(part)), search(part))[1])
    torch.testing.assert_close(head(feature_map), expected)
    assert sizes == [4, 4, 1]


def test_a_search_keeps_nothing_for_a_backward_pass(name: str):
    head, feature_map = build(name, beam_width=2), maps().requires_grad_()
    assert not head.search(feature_map).log_probabilities.requires_grad
    assert not head(feature_map).requires_grad


@pytest.mark.parametrize("options", [{}, {"beam_width": 3, "length_normalisation": 0.7}, {"repeats": True}])
def test_export_holds_the_search(name: str, options: dict[str, Any]):
    head = build(name, scores="found", **options)
    file = io.BytesIO()
    torch.onnx.export(
        head.deployed().eval(),
        (maps(),),
        dynamo=True,
        verbose=False,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
    ).save(file)
    session = onnxruntime.InferenceSession(file.getvalue())
    for batch in (maps(), torch.randn(7, FEATURES, 2, 3), maps(1)):
        (logits,) = session.run(None, {session.get_inputs()[0].name: batch.numpy()})
        torch.testing.assert_close(torch.from_numpy(logits), head(batch), atol=1e-4, rtol=0)


def test_label_vectors_are_learned_given_or_tuned(name: str):
    given = torch.from_numpy(VECTORS)
    learned, fixed, tuned = (build(name, label_vectors=kind) for kind in ("learned", "fixed", "tuned"))
    assert not torch.equal(learned.decoder.vectors.labels / 3, given)
    assert torch.equal(fixed.decoder.vectors.labels, given)
    assert not fixed.decoder.vectors.labels.requires_grad
    torch.testing.assert_close(tuned.decoder.vectors.labels, 3 * given)  # as build() multiplied all that learns
    assert tuned.decoder.vectors.labels.requires_grad


def test_given_vectors_must_be_given(name: str):
    with pytest.raises(OptionError, match=f"head {name} needs label embeddings and got none"):
        build_head(name, {"label_vectors": "fixed"}, HeadInputs(FEATURES, VOCABULARY))


def test_looking_at_every_place_once_costs_nothing_and_all_else_does():
    head = build("attention_rnn", doubly_stochastic=2.0)
    sequences = torch.tensor([[1, 6, 6], [2, 3, 6]])
    looks = [torch.tensor([[0.2, 0.8], [0.5, 0.5]]), torch.tensor([[0.8, 0.2], [0.5, 0.5]]), torch.full((2, 2), 0.5)]
    # The first picture's third step does not count; the second looks 1.5 times at each place.
    assert head.penalty(looks, sequences).item() == pytest.approx(2.0 * (0 + 0 + 0.25 + 0.25) / 4)


def test_the_penalty_joins_the_loss():
    loss = build_sequence_loss("cross_entropy")
    without, with_penalty = (build("attention_rnn", doubly_stochastic=weight) for weight in (0.0, 3.0))
    difference = with_penalty.objective(maps(), targets(), loss, 0) - without.objective(maps(), targets(), loss, 0)
    assert difference > 0.01


def gradients(head: nn.Module, loss: Tensor) -> dict[str, Tensor]:
    head.zero_grad()
    loss.backward()
    return {name: each.grad.clone() for name, each in head.named_parameters() if each.grad is not None}


def test_pretraining_in_one_pass_is_pretraining_of_each_part_alone():
    head, loss = build("sr_cnn_rnn", pretraining=0.5), build_sequence_loss("cross_entropy")
    together = gradients(head, head.objective(maps(), targets(), loss, 0.49))
    present = (targets() > 0).float()
    classifier = gradients(head, build_loss("bce")(head.label_logits(maps()), present))
    truth = head.start_from(present)
    decoder = gradients(head, head.sequence_objective(truth, targets(), loss, 0.49))
    assert not set(classifier) & set(decoder)
    assert set(together) == set(classifier) | set(decoder)
    for name, gradient in together.items():
        torch.testing.assert_close(gradient, {**classifier, **decoder}[name])


@pytest.mark.parametrize("detach", [False, True])
def test_afterwards_the_decoder_s_loss_reaches_the_classifier_only_if_it_may(detach: bool):
    head = build("sr_cnn_rnn", pretraining=0.5, detach=detach, label_loss_weight=0.0)
    loss = build_sequence_loss("cross_entropy")
    found = gradients(head, head.objective(maps(), targets(), loss, 0.5))
    assert (found["classifier.weight"].abs().sum() == 0) == detach
    assert found["first_state.weight"].abs().sum() > 0


def test_a_classifier_starts_from_the_labels_frequencies_at_a_rate_of_its_own():
    head = build("sr_cnn_rnn", classifier_factor=10.0)
    expected = torch.logit(torch.from_numpy(INPUTS.label_frequencies).float())
    torch.testing.assert_close(head.classifier.bias.detach(), expected)
    assert build("sr_cnn_rnn", bias="zero").classifier.bias.abs().sum() == 0
    assert head.learning_rate_factors() == {"classifier": 10.0}


def test_the_labels_of_a_picture_make_a_state_of_the_size_of_a_state():
    vocabulary = Vocabulary([f"label {number}" for number in range(300)])
    torch.manual_seed(0)
    head = build_head("sr_cnn_rnn", {}, HeadInputs(FEATURES, vocabulary, np.full(300, 4 / 300)))
    present = torch.zeros(200, 300)
    for row in present:
        row[torch.randperm(300)[:4]] = 1
    assert head.start_from(present).hidden.std().item() == pytest.approx(1.0, abs=0.1)


def test_only_what_is_looked_at_is_dropped():
    head = build("attention_rnn", map_dropout=0.9)
    before = head.start(maps())
    head.train()
    head.standardise.eval()
    start = head.start(maps())
    assert torch.equal(start.hidden, before.hidden)
    assert (start.memory.places == 0).float().mean() == pytest.approx(0.9, abs=0.1)


def test_unknown_labels_do_not_teach_the_classifier():
    head, loss = build("sr_cnn_rnn"), build_sequence_loss("cross_entropy")
    values = targets()
    values[:, 4] = -1
    found = gradients(head, head.objective(maps(), values, loss, 0.0))
    assert found["classifier.bias"][4] == 0
    assert found["classifier.bias"][3] != 0


def test_features_are_standardised_by_the_statistics_of_the_training(name: str):
    head, loss = build(name), build_sequence_loss("cross_entropy")
    shifted = 5 + 3 * torch.randn(64, FEATURES, 2, 3)
    head.train()
    for _ in range(80):
        head.objective(shifted, targets().repeat(16, 1), loss, 0.0)
    head.eval()
    pooled = head.pool(shifted)
    kept = head.standardise(pooled)
    torch.testing.assert_close(kept.mean((0, 2, 3)), torch.zeros(FEATURES), atol=0.1, rtol=0)
    torch.testing.assert_close(kept.std((0, 2, 3)), torch.ones(FEATURES), atol=0.1, rtol=0)
    assert torch.equal(build(name, standardise=False).standardise(pooled), pooled)


def test_the_orderless_paper_s_settings():
    head = build_head("orderless_rnn", {}, INPUTS)
    options = head.options
    assert (options.hidden, options.attention_width) == (512, 512)
    assert (options.map_dropout, options.embedding_dropout, options.dropout) == (0.5, 0.0, 0.0)
    assert (options.first_cell, options.order, options.label_vectors) == ("pooled", "frequent_first", "learned")
    assert head.decoder.vectors.width == 256
    assert head.default_loss == "mla"
    start = head.eval().start(maps())
    assert start.cell.abs().sum() > 0
