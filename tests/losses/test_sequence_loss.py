"""What holds for every registered sequence loss: the end of a sequence, unknown labels, precision, wrong input."""

import copy
import functools

import pytest
import torch

from corelate.errors import ScoresError
from corelate.losses import SEQUENCE_LOSSES
from corelate.losses.build import build_sequence_loss
from corelate.losses.sequence_loss import SequenceLoss, beyond_stop, label_counts

FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
VARIANTS = {
    "cross_entropy": ("cross_entropy", {}),
    "mla": ("mla", {}),
    "pla": ("pla", {}),
    "pla, keep": ("pla", {"late_hits": "keep"}),
}
LABELS = STOP = 6
# 0 to 4 labels, and more steps than any of them needs.
SEQUENCES = torch.tensor(
    [
        [6, 6, 6, 6, 6, 6],
        [3, 6, 6, 6, 6, 6],
        [5, 0, 6, 6, 6, 6],
        [1, 4, 2, 6, 6, 6],
        [0, 5, 4, 1, 6, 6],
        [4, 3, 0, 2, 6, 6],
    ]
)
REAL_TOKENS = 1 + 2 + 3 + 4 + 5 + 5


@pytest.fixture(params=VARIANTS.values(), ids=list(VARIANTS))
def build(request):
    name, options = request.param
    return functools.partial(build_sequence_loss, name, **options)


def make_logits(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(*SEQUENCES.shape, LABELS + 1, generator=generator, dtype=torch.float64)
    return logits.to(dtype).requires_grad_()


def test_every_sequence_loss_has_a_variant():
    assert {name for name, _ in VARIANTS.values()} == set(SEQUENCE_LOSSES.names)


def test_tokens_after_the_first_stop_are_beyond_it():
    sequences = torch.tensor([[2, 2, 2], [0, 2, 2], [0, 1, 2], [0, 1, 0], [2, 1, 2], [0, 2, 1]])
    expected = [[0, 1, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 1, 1], [0, 0, 1]]
    assert beyond_stop(sequences, 2).int().tolist() == expected
    assert label_counts(sequences, 2).tolist() == [0, 1, 2, 3, 0, 1]


def test_mean_is_over_all_real_tokens_of_the_batch(build):
    elements = build().elements(make_logits(), SEQUENCES)
    assert elements.shape == SEQUENCES.shape
    torch.testing.assert_close(build()(make_logits(), SEQUENCES), elements.sum() / REAL_TOKENS)
    torch.testing.assert_close(build(reduction="sum")(make_logits(), SEQUENCES), elements.sum())


def test_elements_are_zero_beyond_the_first_stop_and_only_there(build):
    elements = build().elements(make_logits(), SEQUENCES)
    assert torch.equal(elements == 0, beyond_stop(SEQUENCES, STOP))


def test_arranged_labels_are_the_given_ones_and_stop_stays(build):
    loss = build()
    arranged = loss.arrange(make_logits().detach().log_softmax(2), SEQUENCES)
    assert torch.equal(arranged.sort(1).values, SEQUENCES.sort(1).values)
    assert torch.equal(arranged == STOP, SEQUENCES == STOP)


def test_elements_are_the_cross_entropy_of_what_is_arranged(build):
    loss, logits = build(), make_logits()
    arranged = loss.arrange(logits.detach().log_softmax(2), SEQUENCES)
    expected = torch.nn.functional.cross_entropy(logits.transpose(1, 2), arranged, reduction="none")
    torch.testing.assert_close(loss.elements(logits, SEQUENCES), expected.masked_fill(beyond_stop(SEQUENCES, STOP), 0))


def test_picture_without_labels_counts_one_token(build):
    logits = make_logits()
    value = build()(logits[:1], SEQUENCES[:1])
    torch.testing.assert_close(value, -logits.log_softmax(2)[0, 0, STOP])


def test_only_a_stop_is_needed_for_pictures_without_labels(build):
    logits = make_logits()
    value = build()(logits[:, :1], torch.full((len(logits), 1), STOP))
    torch.testing.assert_close(value, -logits.log_softmax(2)[:, 0, STOP].mean())


def test_empty_batch_gives_zero(build):
    logits = make_logits().detach()[:0].requires_grad_()
    value = build()(logits, SEQUENCES[:0])
    value.backward()
    assert value == 0


def test_one_label_in_the_vocabulary(build):
    logits = torch.randn(2, 2, 2, requires_grad=True)
    value = build()(logits, torch.tensor([[0, 1], [1, 1]]))
    value.backward()
    assert value.isfinite() and logits.grad.isfinite().all()


def test_batch_of_one_equals_its_row(build):
    logits, loss = make_logits(), build()
    rows = [loss.elements(logits[i : i + 1], SEQUENCES[i : i + 1])[0] for i in range(len(logits))]
    torch.testing.assert_close(torch.stack(rows), loss.elements(logits, SEQUENCES))


@pytest.mark.parametrize("name", ["cross_entropy", "mla", "pla"])
def test_steps_beyond_what_the_longest_sequence_needs_change_nothing(name):
    loss, logits = build_sequence_loss(name), make_logits()
    assert not loss.whole_length
    torch.testing.assert_close(loss(logits[:, :5], SEQUENCES[:, :5]), loss(logits, SEQUENCES))


def test_gradient_is_the_derivative(build):
    # With the arrangement fixed: it changes only where two arrangements cost the same, which these numbers avoid.
    unknown = torch.zeros(len(SEQUENCES), LABELS, dtype=torch.bool)
    unknown[3, 0] = unknown[0, 5] = True
    for mask in (None, unknown):
        assert torch.autograd.gradcheck(lambda x, mask=mask: build()(x, SEQUENCES, mask), (make_logits(),))


def test_steps_beyond_stop_have_no_gradient(build):
    logits = make_logits()
    build()(logits, SEQUENCES).backward()
    assert torch.equal((logits.grad != 0).any(2), ~beyond_stop(SEQUENCES, STOP))


def test_elements_take_a_weight_for_each_step(build):
    logits, weights = make_logits(), torch.rand(SEQUENCES.shape, dtype=torch.float64)
    (build().elements(logits, SEQUENCES) * weights).sum().backward()
    weighted, logits.grad = logits.grad, None
    build().elements(logits, SEQUENCES).sum().backward()
    torch.testing.assert_close(weighted, logits.grad * weights.unsqueeze(2))


def test_no_gradient_is_made_where_none_is_asked_for(build):
    assert not build()(make_logits().detach(), SEQUENCES).requires_grad


@pytest.mark.parametrize("junk", [torch.nan, torch.inf, -torch.inf])
def test_junk_beyond_the_first_stop_does_no_harm(build, junk):
    loss, logits = build(), make_logits()
    expected = loss(logits, SEQUENCES)
    with torch.no_grad():
        logits[0, 1:] = junk
        logits[3, 4, 2] = junk
    value = loss(logits, SEQUENCES)
    value.backward()
    assert value.isfinite() if loss.whole_length else value == expected  # late guesses may choose another order
    assert logits.grad.isfinite().all()


def test_unknown_label_equals_removed_label(build):
    logits, kept = make_logits(), [0, 1, 2, 4, 6]
    sequences = torch.tensor([[4, 0, 6, 6, 6, 6], [2, 1, 0, 4, 6, 6]])
    unknown = torch.tensor([[0, 0, 0, 1, 0, 1]] * 2, dtype=torch.bool)
    masked = build()(logits[:2], sequences, unknown)
    masked.backward()
    gradient, logits.grad = logits.grad, None
    new_tokens = torch.tensor([0, 1, 2, -1, 3, -1, 4])
    removed = build()(logits[:2][:, :, kept], new_tokens[sequences])
    removed.backward()
    torch.testing.assert_close(masked, removed)
    torch.testing.assert_close(gradient, logits.grad)
    assert (gradient[:2, :, [3, 5]] == 0).all()


@pytest.mark.parametrize("junk", [torch.nan, torch.inf, -torch.inf, 1e300])
def test_junk_under_an_unknown_label_does_no_harm(build, junk):
    unknown = torch.zeros(len(SEQUENCES), LABELS, dtype=torch.bool)
    unknown[:, 0] = ~(SEQUENCES == 0).any(1)
    expected, logits = build()(make_logits(), SEQUENCES, unknown), make_logits()
    with torch.no_grad():
        logits[unknown[:, 0], :, 0] = junk
    value = build()(logits, SEQUENCES, unknown)
    value.backward()
    assert value == expected
    assert logits.grad.isfinite().all()
    assert (logits.grad[unknown[:, 0], :, 0] == 0).all()


def test_nothing_unknown_equals_no_mask(build):
    unknown = torch.zeros(len(SEQUENCES), LABELS, dtype=torch.bool)
    assert build()(make_logits(), SEQUENCES, unknown) == build()(make_logits(), SEQUENCES)


def test_all_other_labels_unknown(build):
    unknown = torch.ones(1, LABELS, dtype=torch.bool)
    unknown[0, [1, 4, 2]] = False
    logits = make_logits()
    value = build()(logits[3:4], SEQUENCES[3:4], unknown)
    value.backward()
    assert value.isfinite() and logits.grad.isfinite().all()


def test_unknown_label_in_the_sequence_is_no_crash(build):
    unknown = torch.zeros(len(SEQUENCES), LABELS, dtype=torch.bool)
    unknown[3, 4] = True
    assert build()(make_logits(), SEQUENCES, unknown) == torch.inf


@pytest.mark.parametrize("junk", [torch.nan, torch.inf])
def test_a_diverged_network_is_seen(build, junk):
    logits = make_logits()
    with torch.no_grad():
        logits[3, 1, 5] = junk
    assert build()(logits, SEQUENCES).isnan()
    with torch.no_grad():
        logits.fill_(torch.nan)
    assert build()(logits, SEQUENCES).isnan()


def test_impossible_label_gives_an_infinite_loss(build):
    logits = make_logits()
    with torch.no_grad():
        logits[3, :, 4] = -torch.inf
    assert build()(logits, SEQUENCES) == torch.inf


@pytest.mark.parametrize("dtype", FLOATS)
def test_largest_logits_give_no_undefined_loss(build, dtype):
    largest = torch.finfo(dtype).max / 4
    for sign in (1, -1):
        one_label_a_step = torch.eye(LABELS + 1, dtype=dtype)[:LABELS].repeat(len(SEQUENCES), 1, 1)
        logits = (largest * sign * one_label_a_step).requires_grad_()
        loss = build().elements(logits, SEQUENCES)
        loss.sum().backward()
        assert not loss.isnan().any()
        assert logits.grad.isfinite().all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_result_is_at_least_float32(build, dtype):
    logits = make_logits(dtype)
    value = build()(logits, SEQUENCES)
    value.backward()
    assert value.dtype == torch.promote_types(dtype, torch.float32)
    assert value.dim() == 0
    assert logits.grad.dtype == dtype


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_logits_are_computed_in_float32(build, dtype):
    logits = make_logits(dtype)
    assert build()(logits, SEQUENCES) == build()(logits.float(), SEQUENCES)


def test_autocast_changes_nothing(build):
    logits = make_logits(torch.float32)
    expected = build()(logits, SEQUENCES)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(build()(logits, SEQUENCES), expected)


def test_autocast_is_off_while_labels_are_arranged():
    class Products(SequenceLoss):
        def arrange(self, log_probabilities, sequences):
            assert (log_probabilities @ torch.eye(LABELS + 1)).dtype == torch.float32
            assert not log_probabilities.requires_grad
            return sequences

    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert Products()(make_logits(torch.bfloat16), SEQUENCES).dtype == torch.float32


def test_inputs_are_left_as_they_were(build):
    logits, sequences, unknown = make_logits(), SEQUENCES.clone(), torch.zeros(len(SEQUENCES), LABELS, dtype=torch.bool)
    before = logits.detach().clone()
    build()(logits, sequences, unknown).backward()
    assert torch.equal(logits, before)
    assert torch.equal(sequences, SEQUENCES)
    assert not unknown.any()


def test_memory_order_of_the_input_does_not_matter(build):
    logits = make_logits().detach()
    turned = logits.transpose(0, 1).contiguous().transpose(0, 1)
    assert torch.equal(build()(turned, SEQUENCES.T.contiguous().T), build()(logits, SEQUENCES))


def test_copy_of_a_loss_is_the_same_loss(build):
    loss = build()
    assert torch.equal(copy.deepcopy(loss)(make_logits(), SEQUENCES), loss(make_logits(), SEQUENCES))


def test_losses_have_no_parameters_and_no_state(build):
    assert not build().state_dict()


ZEROS, STOPS = torch.zeros(2, 3, 5), torch.full((2, 3), 4)


@pytest.mark.parametrize(
    ("logits", "sequences", "unknown", "message"),
    [
        (ZEROS, STOPS.tolist(), None, "torch tensors, got Tensor, list"),
        (ZEROS[0], STOPS, None, r"pictures × steps.*logits of shape \(3, 5\) and sequences of shape \(2, 3\)"),
        (ZEROS, STOPS[:, :2], None, r"\(2, 3, 5\).*\(2, 2\)"),
        (ZEROS, STOPS[0], None, r"\(2, 3, 5\).*\(3,\)"),
        (ZEROS[:, :0], STOPS[:, :0], None, "at least one step"),
        (ZEROS[:, :, :1], STOPS, None, "one label beside stop"),
        (ZEROS.long(), STOPS, None, "logits must be floating-point numbers, got torch.int64"),
        (ZEROS, STOPS.float(), None, "sequences must be int64, got torch.float32"),
        (ZEROS, STOPS.int(), None, "sequences must be int64, got torch.int32"),
        (ZEROS, STOPS, torch.zeros(2, 5, dtype=torch.bool), r"here \(2, 4\); got torch.bool of shape \(2, 5\)"),
        (ZEROS, STOPS, torch.zeros(2, 4), r"unknown must be bool.*got torch.float32 of shape \(2, 4\)"),
        (ZEROS, STOPS, [False], "torch tensors, got Tensor, Tensor, list"),
        (ZEROS, STOPS + 1, None, "labels, 0 to 3, or stop, 4; got 5"),
        (ZEROS, STOPS - 5, None, "labels, 0 to 3, or stop, 4; got -1"),
        (ZEROS, torch.tensor([[4, 4, 4], [0, 1, 2]]), None, r"must hold stop \(4\) after its labels; row 1 does not"),
    ],
)
def test_wrong_input_is_refused(build, logits, sequences, unknown, message):
    for call in (build(), build().elements):
        with pytest.raises(ScoresError, match=message) as caught:
            call(logits, sequences, unknown)
        assert "\n" not in str(caught.value)


def test_base_class_can_not_be_used_itself():
    with pytest.raises(TypeError, match="abstract"):
        SequenceLoss()


def on_accelerator(*tensors):
    """Tensors without numbers: whatever looks at a number, and would make an accelerator wait, fails."""
    return [tensor.to("meta") for tensor in tensors]


def test_cross_entropy_never_makes_an_accelerator_wait():
    unknown = torch.zeros(len(SEQUENCES), LABELS, dtype=torch.bool)
    value = build_sequence_loss("cross_entropy")(*on_accelerator(make_logits(), SEQUENCES, unknown))
    assert value.shape == ()


@pytest.mark.parametrize("late_hits", [None, "reassign", "keep"])
def test_alignment_makes_an_accelerator_wait_for_nothing_but_the_copy_to_the_host(late_hits, monkeypatch):
    copies = []

    def copy_to_host(tensor):
        copies.append(tuple(tensor.shape))
        return torch.zeros(tensor.shape)

    monkeypatch.setattr(torch.Tensor, "cpu", copy_to_host)
    loss = build_sequence_loss("pla", late_hits=late_hits) if late_hits else build_sequence_loss("mla")
    value = loss(*on_accelerator(make_logits(), SEQUENCES))
    assert value.shape == ()
    # A count, 5 × 5 costs and for PLA the place of each step's guess, whatever the number of labels.
    assert copies == [(6, 1 + 25 + (6 if late_hits else 0))]
