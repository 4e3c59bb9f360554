from corelate.doctor.case import Case
from corelate.doctor.rare import find


def found(annotations):
    return {(finding.kind.name, *finding.labels, finding.numbers["pictures"]) for finding in find(Case(annotations))}


def test_each_kind_of_too_few(make_set):
    rows = ["sky common", "sky common", "sky common", "sky common", "sky common", "sky lone", "sky few", "sky few"]
    rows += ["sky common", "sky tested few"]
    splits = ["train"] * 8 + ["test"] * 2
    annotations = make_set(rows, splits=splits, vocabulary=["sky", "common", "lone", "few", "tested", "never"])
    assert found(annotations) == {
        ("no picture", "never", 0),
        ("no training picture", "tested", 1),
        ("one training picture", "lone", 1),
        ("few training pictures", "few", 2),
        ("no test picture", "lone", 1),
        ("every picture", "sky", 10),
    }


def test_without_splits_all_pictures_are_for_training(make_set):
    rows = ["a b"] * 5 + ["a c"] * 4 + ["d"]
    assert found(make_set(rows)) == {("few training pictures", "c", 4), ("one training picture", "d", 1)}


def test_a_set_of_test_pictures_alone_is_not_all_rare(make_set):
    assert found(make_set(["a"] * 6 + ["b"] * 6, splits=["test"] * 12)) == set()


def test_a_label_that_no_picture_surely_lacks(make_set):
    assert ("every picture", "a", 5) in found(make_set(["a b"] * 5 + ["?a b"] * 5 + ["?a c"]))
