import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import f1_score, precision_score, recall_score

from corelate.errors import ScoresError
from corelate.metrics.counts import count
from corelate.metrics.figures import count_figures, macro_f1, n_plus, overall, per_class, samples_f1, to_json

SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, max_side=12)


@st.composite
def predictions_and_targets(draw, values=(0, 1, -1)):
    shape = draw(SHAPES)
    predictions = draw(arrays.arrays(bool, shape))
    return predictions, draw(arrays.arrays(np.int8, shape, elements=st.sampled_from(values)))


def naive_counts(predictions, targets):
    labels = targets.shape[1]
    result = {"true_positive": [0] * labels, "predicted": [0] * labels, "actual": [0] * labels}
    for image, row in enumerate(targets):
        for label, target in enumerate(row):
            if target == -1:
                continue
            result["true_positive"][label] += bool(predictions[image, label] and target == 1)
            result["predicted"][label] += bool(predictions[image, label])
            result["actual"][label] += bool(target == 1)
    return result


@settings(deadline=None)
@given(predictions_and_targets())
def test_counts_equal_a_loop_over_known_cells(pair):
    counts = count(*pair)
    for name, values in naive_counts(*pair).items():
        np.testing.assert_array_equal(getattr(counts, name), values)
        assert getattr(counts, name).dtype == np.int64
    assert counts.images == len(pair[0])


@settings(deadline=None)
@given(predictions_and_targets(values=(0, 1)))
def test_averages_equal_scikit_learn(pair):
    predictions, targets = pair
    if targets.shape[1] == 1:
        return  # scikit-learn takes one column for a binary problem, with another meaning of the averages
    figures = to_json(count_figures(count(predictions, targets)))
    for average in ("micro", "macro", "samples"):
        expected = f1_score(targets, predictions, average=average, zero_division=0)
        assert figures[f"{average}_f1"] == pytest.approx(expected, abs=1e-12)
    for name, score in (("precision", precision_score), ("recall", recall_score)):
        for key, average in (("overall", "micro"), ("per_class", "macro")):
            expected = score(targets, predictions, average=average, zero_division=0)
            assert figures[key][name] == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(predictions_and_targets())
def test_no_figure_is_nan_or_outside_its_range(pair):
    figures = to_json(count_figures(count(*pair)))
    assert 0 <= figures.pop("n_plus") <= pair[0].shape[1]
    values = [*figures.pop("overall").values(), *figures.pop("per_class").values(), *figures.values()]
    assert all(0 <= value <= 1 for value in values)


@settings(deadline=None)
@given(predictions_and_targets(), st.integers(0, 12))
def test_counts_of_parts_add_up(pair, cut):
    predictions, targets = pair
    whole = count(predictions, targets)
    parts = count(predictions[:cut], targets[:cut]) + count(predictions[cut:], targets[cut:])
    for name in ("true_positive", "predicted", "actual"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    assert parts.images == whole.images
    assert parts.sample_f1_sum == pytest.approx(whole.sample_f1_sum, abs=1e-12)


def test_perfect_predictions_give_exactly_1():
    targets = (np.random.default_rng(0).random((37, 11)) < 0.4).astype(np.int8)
    targets[0] = 1
    figures = to_json(count_figures(count(targets == 1, targets)))
    assert figures["overall"] == figures["per_class"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert figures["n_plus"] == 11
    assert figures["macro_f1"] == figures["micro_f1"] == 1.0


def test_nothing_predicted_gives_0():
    targets = np.ones((4, 3), dtype=np.int8)
    figures = to_json(count_figures(count(np.zeros((4, 3), dtype=bool), targets)))
    assert figures["overall"] == figures["per_class"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert figures["n_plus"] == figures["macro_f1"] == figures["samples_f1"] == 0


def test_a_label_never_predicted_has_precision_0_in_the_mean():
    counts = count(np.array([[True, False], [True, False]]), [[1, 1], [1, 0]])
    assert to_json(per_class(counts)) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}


def test_a_label_without_positives_has_recall_0_in_the_mean():
    counts = count(np.array([[True, True], [True, False]]), [[1, 0], [1, 0]])
    assert to_json(per_class(counts)) == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert macro_f1(counts) == 0.5


def test_per_class_f1_is_the_f1_of_the_means_not_the_mean_of_f1():
    predictions = np.array([[True, True], [False, True], [False, True], [False, True]])
    counts = count(predictions, [[1, 1], [1, 0], [1, 0], [1, 0]])
    assert to_json(per_class(counts)) == {"precision": 0.625, "recall": 0.625, "f1": 0.625}
    assert macro_f1(counts) == pytest.approx(0.4)


def test_overall_is_micro_and_not_a_mean_over_images():
    predictions = np.array([[True, True, True, True], [True, False, False, False]])
    counts = count(predictions, [[1, 0, 0, 0], [1, 0, 0, 0]])
    assert to_json(overall(counts))["precision"] == 0.4
    assert samples_f1(counts) == pytest.approx((0.4 + 1) / 2)


def test_an_image_without_labels_and_tags_has_f1_0():
    counts = count(np.array([[False, False], [True, False]]), [[0, 0], [1, 0]])
    assert samples_f1(counts) == 0.5


def test_unknown_cells_count_nowhere():
    predictions = np.array([[True, True], [True, False]])
    known, partly = count(predictions, [[1, 0], [0, 1]]), count(predictions, [[1, -1], [0, 1]])
    np.testing.assert_array_equal(known.predicted - partly.predicted, [0, 1])
    np.testing.assert_array_equal(known.actual, partly.actual)


def test_all_unknown_gives_0_and_not_nan():
    figures = to_json(count_figures(count(np.ones((3, 2), dtype=bool), np.full((3, 2), -1))))
    assert figures["overall"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert figures["samples_f1"] == 0.0


def test_one_image_and_one_label():
    figures = to_json(count_figures(count(np.array([[True]]), [[1]])))
    assert figures["n_plus"] == 1
    assert figures["samples_f1"] == 1.0


def test_no_image_at_all_counts_0():
    counts = count(np.zeros((0, 3), dtype=bool), np.zeros((0, 3), dtype=np.int8))
    assert counts.images == 0
    assert samples_f1(counts) == 0
    assert n_plus(counts) == 0


def test_the_sum_of_image_f1_does_not_depend_on_the_order():
    rng = np.random.default_rng(1)
    predictions, targets = rng.random((999, 7)) < 0.5, (rng.random((999, 7)) < 0.5).astype(np.int8)
    order = rng.permutation(999)
    assert count(predictions, targets).sample_f1_sum == count(predictions[order], targets[order]).sample_f1_sum


def test_predictions_must_be_booleans_of_the_targets_shape():
    with pytest.raises(ScoresError, match="booleans"):
        count(np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(ScoresError, match=r"\(2, 2\).*\(2, 3\)"):
        count(np.ones((2, 2), dtype=bool), np.ones((2, 3)))
