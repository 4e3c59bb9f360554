import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from corelate.errors import OptionError, ScoresError
from corelate.metrics import calibration
from corelate.metrics.calibration import calibration_bins
from corelate.metrics.wilson import wilson_interval


def example(images: int = 300, labels: int = 7, seed: int = 0, unknown: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = (rng.random((images, labels)) < 0.2).astype(np.int8)
    scores = 1 / (1 + np.exp(-(rng.normal(-1.5, 1, targets.shape) + 2 * targets)))
    targets[rng.random(targets.shape) < unknown] = -1
    return scores.astype(np.float32), targets


@pytest.mark.parametrize(("equal_mass", "strategy"), [(False, "uniform"), (True, "quantile")])
@pytest.mark.parametrize("rounded", [False, True])
def test_bins_are_those_of_scikit_learn(equal_mass: bool, strategy: str, rounded: bool):
    scores, targets = example()
    # Halves, quarters … lie on edges, and are many.
    scores = np.round(scores * 16) / 16 if rounded else scores
    known = targets != -1
    share, mean = calibration_curve(targets[known], scores[known].astype(np.float64), n_bins=8, strategy=strategy)
    bins = calibration_bins(scores, targets, 8, equal_mass=equal_mass)
    filled = bins.count > 0
    np.testing.assert_allclose(bins.share[filled], share)
    np.testing.assert_allclose(bins.mean_score[filled], mean, rtol=1e-6)
    assert bins.count.sum() == known.sum()
    assert bins.brier == pytest.approx(brier_score_loss(targets[known], scores[known]), rel=1e-6)


def naive(scores: np.ndarray, targets: np.ndarray, edges: np.ndarray) -> list[dict[str, float]]:
    """Go through all cells, bin by bin and picture by picture."""
    found = []
    for number in range(len(edges) - 1):
        pairs = []
        for row in range(len(scores)):
            inside = [
                (float(score), int(target))
                for score, target in zip(scores[row], targets[row], strict=True)
                if target != -1 and (score > edges[number] or number == 0) and score <= edges[number + 1]
            ]
            pairs.append((len(inside), sum(target for _, target in inside), sum(score for score, _ in inside)))
        count, present, total = (sum(column) for column in zip(*pairs, strict=True))
        entry = {"count": count, "present": present, "score_sum": total, "design_effect": 1.0}
        share = present / count if count else 0.0
        if 0 < share < 1:
            residuals = sum((marked - share * cells) ** 2 for cells, marked, _ in pairs)
            variance = len(scores) / (len(scores) - 1) * residuals / count**2
            entry["design_effect"] = max(1.0, variance / (share * (1 - share) / count))
        found.append(entry)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_everything_equals_a_walk_through_all_cells(seed: int, monkeypatch: pytest.MonkeyPatch):
    scores, targets = example(40, 5, seed)
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 33)
    bins = calibration_bins(scores, targets, 6)
    expected = naive(scores, targets, np.linspace(0, 1, 7))
    for name in ("count", "present", "score_sum", "design_effect"):
        np.testing.assert_allclose(getattr(bins, name), [entry[name] for entry in expected], err_msg=name)
    cells = sum(entry["count"] for entry in expected)
    gaps = [abs(entry["score_sum"] - entry["present"]) for entry in expected]
    assert bins.ece == pytest.approx(sum(gaps) / cells)
    largest = max(gap / entry["count"] for gap, entry in zip(gaps, expected, strict=True) if entry["count"])
    assert bins.largest_gap == pytest.approx(largest)


def test_scores_that_are_chances_have_hardly_an_error():
    rng = np.random.default_rng(1)
    scores = rng.random((4000, 10))
    bins = calibration_bins(scores, rng.random(scores.shape) < scores)
    assert bins.ece < 0.01
    low, high = bins.intervals().T
    assert np.mean((low <= bins.mean_score) & (bins.mean_score <= high)) > 0.8


def test_intervals_hold_the_truth_although_the_cells_of_a_picture_are_alike():
    """Plain Wilson intervals, which take each cell for a picture of its own, are far too narrow here."""
    rng = np.random.default_rng(2)
    held = {"ours": 0, "plain": 0}
    for _ in range(200):
        targets = np.repeat(rng.random((60, 1)) < 0.3, 12, axis=1)
        bins = calibration_bins(np.full(targets.shape, 0.3), targets, 1)
        for name, (low, high) in (
            ("ours", bins.intervals()[0]),
            ("plain", wilson_interval(bins.present, bins.count)[0]),
        ):
            held[name] += low <= 0.3 <= high
    assert held["ours"] >= 180
    assert held["plain"] < 120


def test_independent_cells_lose_no_width_to_the_design_effect():
    rng = np.random.default_rng(3)
    targets = rng.random((2000, 5)) < 0.4
    bins = calibration_bins(np.full(targets.shape, 0.5), targets, 1)
    assert 1 <= bins.design_effect[0] < 1.1


def test_constant_scores_are_one_bin():
    scores, targets = np.full((6, 3), 0.25, np.float32), np.eye(6, 3, dtype=np.int8)
    for equal_mass in (False, True):
        bins = calibration_bins(scores, targets, 15, equal_mass=equal_mass)
        (filled,) = np.flatnonzero(bins.count)
        assert bins.count[filled] == 18
        assert bins.share[filled] == pytest.approx(1 / 6)
        assert bins.ece == pytest.approx(0.25 - 1 / 6)
        assert bins.largest_gap == pytest.approx(0.25 - 1 / 6)
    assert len(bins.count) == 1


def test_scores_of_exactly_0_and_1():
    scores, targets = np.array([[0.0, 1.0], [0.0, 1.0]]), np.array([[0, 1], [0, 0]])
    for equal_mass in (False, True):
        bins = calibration_bins(scores, targets, 10, equal_mass=equal_mass)
        assert bins.count[[0, -1]].tolist() == [2, 2]
        assert bins.share[[0, -1]].tolist() == [0, 0.5]
        assert bins.brier == bins.ece == 0.25


def test_equal_mass_keeps_a_score_that_many_cells_share_in_one_bin():
    scores = np.array([[0.0] * 7 + [0.2, 0.4, 0.9]])
    bins = calibration_bins(scores, np.zeros_like(scores), 5, equal_mass=True)
    assert bins.count.tolist() == [7, 1, 2]
    assert (np.diff(bins.edges) >= 0).all()


def test_one_picture():
    bins = calibration_bins(np.array([[0.1, 0.2, 0.9]]), np.array([[0, 1, 1]]), 2)
    assert bins.count.tolist() == [2, 1]
    assert np.isfinite(bins.intervals()).all()


def test_no_positive():
    bins = calibration_bins(np.array([[0.2, 0.4]]), np.zeros((1, 2)), 5)
    assert bins.ece == pytest.approx(0.3)
    assert np.isnan(bins.intervals()[-1]).all()


def test_unknown_cells_are_left_out():
    scores, targets = example(unknown=0.0)
    more_scores, more_targets = np.vstack([scores, scores]), np.vstack([targets, np.full_like(targets, -1)])
    once, twice = calibration_bins(scores, targets), calibration_bins(more_scores, more_targets)
    np.testing.assert_array_equal(once.count, twice.count)
    assert once.ece == twice.ece


def test_all_unknown():
    with pytest.raises(ScoresError, match="no target is known"):
        calibration_bins(np.array([[0.5]]), np.array([[-1]]))


def test_many_bins_of_one_label_take_no_more_memory(monkeypatch: pytest.MonkeyPatch):
    rows = []
    counted = calibration._sums
    monkeypatch.setattr(calibration, "_sums", lambda *parts: rows.append(len(parts[0])) or counted(*parts))
    monkeypatch.setattr("corelate.scores.CELLS_PER_BLOCK", 2000)
    bins = calibration_bins(np.linspace(0, 1, 50)[:, None], np.ones((50, 1)), 100)
    assert (bins.count.sum(), max(rows)) == (50, 20)


@pytest.mark.parametrize("bins", [0, -3, 1001])
def test_number_of_bins(bins: int):
    with pytest.raises(OptionError, match="choose from 1 to 1,000"):
        calibration_bins(np.array([[0.5]]), np.array([[1]]), bins)
