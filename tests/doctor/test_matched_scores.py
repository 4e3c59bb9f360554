import json
from pathlib import Path

import numpy as np
import pytest

from corelate.doctor import matched_scores
from corelate.doctor.matched_scores import read_held_out_scores
from corelate.errors import RunError, ScoresError
from corelate.metrics.scores_file import write_scores


@pytest.fixture
def annotations(make_set):
    return make_set(["a", "b", "a b", "c"], splits=["train", "train", "train", "test"])


def save(path, names, labels=("a", "b", "c"), level=0.0):
    """Score of picture N and label k: level + N/100 + k/10."""
    rows = [int(name[0]) for name in names]
    scores = level + np.array(rows)[:, None] / 100 + np.array(["abcd".find(label) for label in labels]) / 10
    write_scores(path, scores, np.zeros(scores.shape, int), labels=list(labels), names=list(names))
    return path


def test_rows_and_columns_are_brought_into_the_order_of_the_set(tmp_path, annotations):
    matched = read_held_out_scores(save(tmp_path / "s.npz", ["3.jpg", "1.jpg"], ["c", "a", "b"]), annotations)
    assert matched.rows.tolist() == [3, 1]
    np.testing.assert_allclose(matched.scores, [[0.03, 0.13, 0.23], [0.01, 0.11, 0.21]])


@pytest.mark.parametrize(
    ("names", "labels", "message"),
    [
        (["0.jpg", "9.jpg"], "abc", "1 of 2 pictures that are not in planted, such as '9.jpg'"),
        (["0.jpg"], "ab", "lacks 'c'"),
        (["0.jpg"], "abcd", "has 'd', which the set does not"),
        (["0.jpg", "0.jpg"], "abc", "one picture twice"),
        (["0.jpg"], "abca", "one label twice: 'a'"),
    ],
)
def test_scores_of_another_set_are_refused(tmp_path, annotations, names, labels, message):
    path = save(tmp_path / "s.npz", names, tuple(labels))
    with pytest.raises(ScoresError, match=message):
        read_held_out_scores(path, annotations)


def test_files_must_say_what_they_are_about(tmp_path, annotations):
    scores = np.zeros((4, 3))
    names, labels = [f"{row}.jpg" for row in range(4)], ["a", "b", "c"]
    write_scores(tmp_path / "s.npz", scores, scores, labels=labels)
    with pytest.raises(ScoresError, match="does not name its pictures"):
        read_held_out_scores(tmp_path / "s.npz", annotations)
    write_scores(tmp_path / "s.npz", scores, scores, names=names)
    with pytest.raises(ScoresError, match="does not name its labels"):
        read_held_out_scores(tmp_path / "s.npz", annotations)
    with pytest.raises(ScoresError, match=r"gone\.npz"):
        read_held_out_scores(tmp_path / "gone.npz", annotations)


def save_run(folder, protocol="strict", validation=("0.jpg", "2.jpg"), test=("3.jpg",)):
    folder.mkdir()
    (folder / "recipe.toml").touch()
    (folder / "metrics.json").write_text(json.dumps({"protocol": protocol}))
    save(folder / "validation-scores.npz", validation, level=0.5)
    save(folder / "scores.npz", test)
    return folder


def test_a_run_gives_validation_and_test_scores(tmp_path, annotations):
    matched = read_held_out_scores(save_run(tmp_path / "run"), annotations)
    assert matched.rows.tolist() == [0, 2, 3]
    np.testing.assert_allclose(matched.scores[:, 0], [0.5, 0.52, 0.03])


def test_a_run_that_measured_on_its_validation_pictures_gives_each_once(tmp_path, annotations):
    matched = read_held_out_scores(save_run(tmp_path / "run", test=("2.jpg", "0.jpg")), annotations)
    assert matched.rows.tolist() == [0, 2]
    np.testing.assert_allclose(matched.scores[:, 0], [0.5, 0.52])


def test_scores_of_learned_pictures_are_left_out(tmp_path, annotations):
    assert read_held_out_scores(save_run(tmp_path / "run", "seed"), annotations).rows.tolist() == [3]


def test_one_split_of_the_set_takes_the_scores_of_it(tmp_path, annotations):
    assert read_held_out_scores(save_run(tmp_path / "run"), annotations.split("test")).rows.tolist() == [0]
    with pytest.raises(ScoresError, match=r"7\.jpg"):
        read_held_out_scores(save_run(tmp_path / "other", test=("7.jpg", "3.jpg")), annotations)


def test_folders_that_are_no_finished_run(tmp_path, annotations):
    with pytest.raises(RunError, match="no run folder"):
        read_held_out_scores(tmp_path, annotations)
    run = save_run(tmp_path / "run")
    (run / "metrics.json").write_text("[]")
    with pytest.raises(RunError, match="can't be read"):
        read_held_out_scores(run, annotations)
    (run / "metrics.json").unlink()
    with pytest.raises(RunError, match="not finished"):
        read_held_out_scores(run, annotations)


def test_names_are_those_of_the_run_folder():
    # Its text, since the module needs torch.
    source = Path(matched_scores.__file__).parents[1] / "training" / "run_folder.py"
    text = source.read_text(encoding="utf-8")
    for name in ("RECIPE", "METRICS", "VALIDATION_SCORES", "TEST_SCORES"):
        assert f'self.path / "{getattr(matched_scores, f"RUN_{name}")}"' in text
