import hashlib
import subprocess
import sys
import time

import numpy as np
import pytest

from corelate.data.scenes.drawing import draw_scene
from corelate.data.scenes.grammar import LABELS, Scene, compose
from corelate.data.scenes.reference import SceneReference
from corelate.errors import OptionError


def pixels(*labels, hidden=(), index=0, size=64):
    return np.asarray(draw_scene(Scene(labels, frozenset(hidden)), 1, index, size)).astype(int)


def test_size_and_mode():
    for size in (16, 33, 160):
        image = SceneReference(1, 0, size).draw()
        assert (image.size, image.mode) == ((size, size), "RGB")


def test_same_in_another_process():
    code = "from corelate.data.scenes.reference import SceneReference as S; import hashlib;"
    code += "print(hashlib.sha256(b''.join(S(5, i, 48).read() for i in range(10))).hexdigest())"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = hashlib.sha256(b"".join(SceneReference(5, index, 48).read() for index in range(10))).hexdigest()
    assert output.strip() == here


def test_scenes_differ():
    assert len({SceneReference(1, index, 32).read() for index in range(50)}) == 50
    assert SceneReference(1, 0, 32).read() != SceneReference(2, 0, 32).read()


# What a label is drawn into, where it can't stand alone.
CONTEXTS = {
    "night": ("sky",),
    "beach": ("sea",),
    "boat": ("sea",),
    "lighthouse": ("sky", "sea"),
    "snow": ("sky", "mountain"),
    "car": ("road",),
    "stars": ("sky", "night"),
    "moon": ("sky", "night"),
    "rainbow": ("sky", "sun", "cloud"),
    **dict.fromkeys(("mountain", "sun", "cloud", "bird"), ("sky",)),
}


@pytest.mark.parametrize("label", LABELS)
def test_every_label_changes_the_picture(label):
    context = CONTEXTS.get(label, ())
    changes = []
    for index in range(5):
        without, with_label = pixels(*context, index=index), pixels(*context, label, index=index)
        changes.append((abs(without - with_label).max(axis=2) > 40).mean())
    assert np.mean(changes) > 0.002


@pytest.mark.parametrize("label", ["snow", "car", "people", "bird", "stars"])
def test_hidden_labels_are_not_drawn(label):
    context = CONTEXTS.get(label, ())
    assert (pixels(*context) == pixels(*context, label, hidden=[label])).all()


def test_night_is_darker():
    assert pixels("sky", "night").mean() < 0.6 * pixels("sky").mean()


@pytest.mark.parametrize("labels", [(), ("sky",), LABELS])
def test_nothing_and_everything_can_be_drawn(labels):
    for index in range(20):
        assert pixels(*labels, index=index, size=16).shape == (16, 16, 3)


def test_all_scenes_of_a_series_can_be_drawn():
    for index in range(150):
        assert draw_scene(compose(9, index), 9, index, 16).size == (16, 16)


def test_speed():
    start = time.process_time()
    for index in range(50):
        SceneReference(1, index, 96).read()
    assert (time.process_time() - start) / 50 < 0.012  # about 0.002 s on an idle core


@pytest.mark.parametrize(("index", "size"), [(0, 15), (0, 2049), (0, -1), (-1, 96)])
def test_out_of_range(index, size):
    with pytest.raises(OptionError, match="expected"):
        SceneReference(1, index, size)
