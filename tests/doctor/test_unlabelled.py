from corelate.doctor.case import Case
from corelate.doctor.unlabelled import find


def found(annotations):
    return [(finding.kind.name, finding.sentence) for finding in find(Case(annotations))]


def test_pictures_without_labels(make_set):
    assert found(make_set(["a", "", "?a", "a b"])) == [("no label", "1.jpg"), ("no label", "2.jpg (1 label unknown)")]


def test_pictures_with_far_more_labels_than_others(make_set):
    # Quartiles 2 and 3: the fence is at 3 + 6 · 1.
    nine, ten = (" ".join(f"l{number}" for number in range(count)) for count in (9, 10))
    ((kind, sentence),) = found(make_set([*["l0 l1", "l0 l1 l2"] * 20, nine, ten]))
    assert kind == "many labels"
    assert sentence == "41.jpg: 10 labels; three quarters of the pictures have at most 3"


def test_labels_that_are_mostly_unknown(make_set):
    assert found(make_set(["a ?b", "a ?b", "a b ?c", "a ?c"])) == []
    assert found(make_set(["a ?b", "a ?b", "a ?b", "a b"])) == [("mostly unknown", "b: unknown of 75% of the pictures")]
