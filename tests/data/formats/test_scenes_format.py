import pickle

import pytest

from corelate.data.images import read_image
from corelate.data.references import ImageReference
from corelate.data.scenes.grammar import LABELS, compose
from corelate.data.spec import load_annotations
from corelate.errors import OptionError


def test_set():
    annotations = load_annotations("scenes:40?seed=3&size=48", strict=True)
    assert len(annotations) == 40
    assert tuple(annotations.vocabulary) == LABELS
    assert annotations.names[12] == "scene-000012.png"
    assert len(set(annotations.names)) == 40
    for row in range(40):
        assert tuple(annotations.labels_of(row)) == compose(3, row).labels


def test_references_are_picklable_and_readable():
    reference = load_annotations("scenes:2?size=32").pictures[1]
    assert isinstance(reference, ImageReference)
    assert pickle.loads(pickle.dumps(reference)).read() == reference.read()
    assert read_image(reference).size == (32, 32)


def test_splits_are_exact_and_do_not_change_when_scenes_are_added():
    few, many = load_annotations("scenes:40?test=0.25"), load_annotations("scenes:600?test=0.25")
    assert (len(few.split("test")), len(few.split("train"))) == (10, 30)
    assert len(many.split("test")) == 150
    assert (many.splits[:40] == few.splits).all()
    assert len(load_annotations("scenes:100?test=0.29").split("test")) == 29


@pytest.mark.parametrize(("test", "splits"), [(0, ["train"]), (1, ["test"])])
def test_all_in_one_split(test, splits):
    assert load_annotations(f"scenes:5?test={test}").split_names() == splits


@pytest.mark.parametrize(
    "spec",
    [
        *("scenes:0", "scenes:-1", "scenes:many", "scenes:1.5", "scenes:1000001", f"scenes:{'9' * 5000}"),
        *("scenes:5?size=0", "scenes:5?size=99999", "scenes:5?test=-0.1", "scenes:5?test=nan", "scenes:5?seed=x"),
    ],
)
def test_wrong_numbers(spec):
    with pytest.raises(OptionError, match="expected"):
        load_annotations(spec)
