"""Merge map, hierarchy and minimum count on targets, against the same work on Python sets, picture by picture."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.annotation_set import AnnotationSet
from corelate.data.curation import Curation, CurationOptions, LabelHierarchy, apply_curation, curate, target_changes
from corelate.data.spec import load_annotations
from corelate.data.targets import TargetMatrix
from corelate.data.vocabulary import Vocabulary
from corelate.errors import DataError, OptionError

from .conftest import Listed, Nameless, labelled, listed

Write = Callable[[str, str], str]
NAMES = ["ant", "bee", "cat", "dog", "elk"]
OTHERS = ["fox", "gnu"]


def oracle(
    labels: list[str], pictures: list[Listed], becomes: dict[str, str], parents: dict[str, list[str]], minimum: int
) -> tuple[list[str], list[tuple[list[str], set[str]]]]:
    """Return the last vocabulary, and for each picture its labels in order and those that are unknown."""

    def end(name: str) -> str:
        return end(becomes[name]) if becomes.get(name, name) != name else name

    def above(name: str) -> set[str]:
        found = {end(parent) for parent in parents.get(name, ()) if end(parent)}
        return found.union(*(above(parent) for parent in found))

    merged: list[str] = []
    for label in labels:
        if end(label) and end(label) not in merged and (end(label) == label or end(label) not in labels):
            merged.append(end(label))
    file_order = [end(parent) for child in parents for parent in parents[child]]
    reached = set(merged).union(*(above(label) for label in merged))
    final = merged + [label for label in dict.fromkeys(file_order) if label in reached and label not in merged]
    result = []
    for present, unknown in pictures:
        own = list(dict.fromkeys(end(label) for label in present if end(label)))
        vague = {end(label) for label in unknown if end(label)} - set(own)
        brought = set().union(*(above(label) for label in own)) - set(own)
        own += [label for label in final if label in brought]
        vague |= {label for name in vague for label in above(name) if label not in merged}
        result.append((own, vague - set(own)))
    kept = [label for label in final if sum(label in own for own, _ in result) >= minimum]
    return kept, [([x for x in own if x in kept], {x for x in vague if x in kept}) for own, vague in result]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Listed], dict[str, str], dict[str, list[str]], int]:
    lists = st.lists(st.sampled_from(NAMES), unique=True)
    pictures = draw(st.lists(st.tuples(lists, lists), min_size=1, max_size=6))
    # What becomes something later in a random order, and implies something later in another, makes no circle.
    order = [*draw(st.permutations(NAMES + OTHERS)), ""]
    becomes = {
        name: draw(st.sampled_from(order[place + 1 :]))
        for place, name in enumerate(order[:-1])
        if draw(st.integers(0, 2)) == 0
    }
    stays = [name for name in draw(st.permutations(NAMES + OTHERS)) if name not in becomes]
    parents = {
        name: draw(st.lists(st.sampled_from(stays[place + 1 :]), unique=True, min_size=1, max_size=2))
        for place, name in enumerate(stays[:-1])
        if draw(st.booleans())
    }
    return pictures, becomes, parents, draw(st.integers(0, 2))


@settings(max_examples=300, deadline=None)
@given(cases(), st.sampled_from([1, 2, 1 << 20]))
def test_as_on_python_sets(case: tuple[list[Listed], dict[str, str], dict[str, list[str]], int], block: int):
    pictures, becomes, parents, minimum = case
    annotations = labelled(NAMES, pictures)
    expected_labels, expected = oracle(NAMES, pictures, becomes, parents, minimum)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(target_changes, "_CELLS", block)
        merge, hierarchy = Path(folder, "m.json"), Path(folder, "h.json")
        merge.write_text(json.dumps(becomes))
        hierarchy.write_text(json.dumps(parents))
        options = CurationOptions(str(merge) if becomes else "", minimum, str(hierarchy) if parents else "")
        if not expected_labels:
            with pytest.raises(DataError, match="drops"):
                curate(annotations, options)
            return
        curated = curate(annotations, options)
    assert list(curated.vocabulary) == expected_labels
    assert listed(curated) == expected
    assert curated.targets.columns.dtype == np.int32
    assert curated.targets.values.dtype == np.int8
    assert curated.curation is not None
    # What was done here can be done again, to the data as they were and to those that it was done to.
    for again in (apply_curation(annotations, curated.curation), apply_curation(curated, curated.curation)):
        assert only(again, expected_labels) == [(set(present), unknown) for present, unknown in expected]
    stored = json.loads(json.dumps(curated.curation.to_json()))
    assert Curation.from_json(stored, curated.vocabulary) == curated.curation


def only(annotations: AnnotationSet, labels: list[str]) -> list[tuple[set[str], set[str]]]:
    return [(set(present) & set(labels), unknown & set(labels)) for present, unknown in listed(annotations)]


PETS: list[Listed] = [
    (["sea", "kitten", "cats"], ["dog"]),
    (["dog"], []),
    ([], ["kitten"]),
    (["cats", "dog", "sea"], []),
]
PET_LABELS = ["cats", "dog", "kitten", "sea"]


def test_kittens_are_cats(written: Write):
    merge = written("merge.csv", "label,becomes\nkitten,cat\ncats,cat\nsea,\nhorses,horse\n")
    curated = curate(labelled(PET_LABELS, PETS), CurationOptions(merge))
    assert list(curated.vocabulary) == ["cat", "dog"]
    assert listed(curated) == [(["cat"], {"dog"}), (["dog"], set()), ([], {"cat"}), (["cat", "dog"], set())]
    assert curated.curation is not None
    assert dict(curated.curation.merged) == {"kitten": "cat", "cats": "cat", "sea": "", "horses": "horse"}
    assert curated.problems.report() == (
        f"1 × name to merge is not in the vocabulary: passed over: horses ({merge}, line 5)"
    )


def test_a_label_that_others_join_keeps_its_place_in_the_vocabulary(written: Write):
    curated = curate(labelled(PET_LABELS, PETS), CurationOptions(written("merge.csv", "cats,kitten\n")))
    assert list(curated.vocabulary) == ["dog", "kitten", "sea"]


def test_the_first_part_gives_the_place_in_the_list(written: Write):
    curated = curate(labelled(PET_LABELS, PETS), CurationOptions(written("merge.csv", "sea,cats\n")))
    assert listed(curated)[0][0] == ["cats", "kitten"]
    assert listed(curated)[3][0] == ["cats", "dog"]


def test_dogs_are_animals(written: Write):
    hierarchy = written("h.csv", "child,parent\nkitten,cats\ncats,animal\ndog,animal\nanimal,being\ncow,cattle\n")
    curated = curate(labelled(PET_LABELS, PETS), CurationOptions(hierarchy=hierarchy))
    assert list(curated.vocabulary) == [*PET_LABELS, "animal", "being"]
    assert listed(curated) == [
        (["sea", "kitten", "cats", "animal", "being"], {"dog"}),
        (["dog", "animal", "being"], set()),
        ([], {"kitten", "animal", "being"}),
        (["cats", "dog", "sea", "animal", "being"], set()),
    ]
    assert curated.problems.report() == f"1 × child is not in the vocabulary: passed over: cow ({hierarchy}, line 6)"


def test_what_the_source_says_of_a_parent_stands_where_no_child_is_present(written: Write):
    pictures: list[Listed] = [([], ["dog"]), ([], ["animal"]), (["dog"], ["animal"]), ([], ["dog", "animal"])]
    annotations = labelled(["animal", "dog"], pictures)
    curated = curate(annotations, CurationOptions(hierarchy=written("h.csv", "dog,animal\n")))
    assert curated.targets.dense()[:, 0].tolist() == [0, -1, 1, -1]


def test_names_of_the_hierarchy_go_through_the_merge_file(written: Write):
    merge = written("merge.csv", "cats,cat\nkitten,cat\nbeast,animal\nthing,\n")
    hierarchy = written("h.csv", "kitten,cats\ncats,beast\ndog,thing\nthing,matter\n")
    curated = curate(labelled(PET_LABELS, PETS), CurationOptions(merge, hierarchy=hierarchy))
    assert curated.hierarchy.names() == [("cat", "animal"), ("dog", "matter")]


def test_merging_can_close_a_circle(written: Write):
    merge, hierarchy = written("merge.csv", "kitten,dog\n"), written("h.csv", "dog,cats\ncats,kitten\n")
    with pytest.raises(DataError, match=r"after merging, labels imply each other in a circle: 'dog' → 'cats' → 'dog'"):
        curate(labelled(PET_LABELS, PETS), CurationOptions(merge, hierarchy=hierarchy))


def test_parents_of_labels_that_nothing_has_are_not_added(written: Write):
    hierarchy = written("h.csv", "poodle,dog\ncow,cattle\ncattle,animal\n")
    curated = curate(labelled(PET_LABELS, PETS), CurationOptions(hierarchy=hierarchy))
    assert list(curated.vocabulary) == PET_LABELS
    assert not curated.hierarchy
    assert len(curated.problems) == 3


def test_rare_labels_keep_their_meaning(written: Write):
    pictures: list[Listed] = [(["poodle"], []), (["dog"], []), (["dog", "cow"], []), (["cow"], [])]
    hierarchy = written("h.csv", "poodle,dog\ndog,animal\ncow,animal\n")
    curated = curate(
        labelled(["poodle", "dog", "cow"], pictures), CurationOptions(minimum_count=3, hierarchy=hierarchy)
    )
    assert list(curated.vocabulary) == ["dog", "animal"]
    assert listed(curated) == [
        (["dog", "animal"], set()),
        (["dog", "animal"], set()),
        (["dog", "animal"], set()),
        (["animal"], set()),
    ]
    assert curated.curation is not None
    assert dict(curated.curation.dropped) == {"cow": 2, "poodle": 1}
    assert dict(curated.curation.outside) == {"poodle": ("dog",), "cow": ("animal",)}
    other = labelled(["poodle", "cow", "sky"], [(["poodle", "sky"], []), (["cow"], []), ([], ["cow"])])
    assert only(apply_curation(other, curated.curation), ["dog", "animal"]) == [
        ({"dog", "animal"}, set()),
        ({"animal"}, set()),
        (set(), {"animal"}),
    ]


def test_what_implied_a_dropped_label_implies_what_that_implied(written: Write):
    pictures: list[Listed] = [(["toy poodle"], []), (["dog"], []), (["dog"], [])]
    hierarchy = written("h.csv", "toy poodle,poodle\npoodle,dog\n")
    curated = curate(labelled(["dog", "toy poodle"], pictures), CurationOptions(minimum_count=2, hierarchy=hierarchy))
    assert list(curated.vocabulary) == ["dog"]
    assert curated.curation is not None
    assert dict(curated.curation.outside) == {"toy poodle": ("dog",), "poodle": ("dog",)}


def test_only_training_pictures_are_counted():
    pictures: list[Listed] = [(["cat"], []), (["dog"], []), (["dog", "cat"], []), (["sea"], []), (["sea"], [])]
    splits = ["train", "test", "", "val", "test"]
    annotations = labelled(["cat", "dog", "sea"], pictures, splits)
    assert list(curate(annotations, CurationOptions(minimum_count=1)).vocabulary) == ["cat", "dog"]
    assert list(curate(annotations, CurationOptions(minimum_count=2)).vocabulary) == ["cat"]
    whole = labelled(["cat", "dog", "sea"], pictures)
    assert list(curate(whole, CurationOptions(minimum_count=2)).vocabulary) == ["cat", "dog", "sea"]


def test_dropping_every_label_is_an_error(written: Write):
    with pytest.raises(
        DataError, match="minimum_count=5 drops every label: the most frequent, 'cats', is in 2 of 4 tr"
    ):
        curate(labelled(PET_LABELS, PETS), CurationOptions(minimum_count=5))
    with pytest.raises(DataError, match=r"merge\.csv drops all 4 labels"):
        file = written("merge.csv", "".join(f"{label},\n" for label in PET_LABELS))
        curate(labelled(PET_LABELS, PETS), CurationOptions(file))


def test_a_negative_count_is_refused():
    with pytest.raises(OptionError, match="minimum_count = -1: must be at least 0"):
        CurationOptions(minimum_count=-1)
    with pytest.raises(OptionError, match="must be at least 0"):
        load_annotations("scenes:40?minimum_count=-1")


def test_what_was_given_is_left_alone(written: Write):
    annotations = labelled(PET_LABELS, PETS)
    before = annotations.targets.dense_places().copy()
    curate(
        annotations, CurationOptions(written("merge.csv", "kitten,cat\ncow,bull\n"), 2, written("h.csv", "dog,pet\n"))
    )
    assert np.array_equal(annotations.targets.dense_places(), before)
    assert annotations.curation is None
    assert not annotations.problems


def test_order_of_columns_stays_the_order_of_lists(written: Write):
    annotations = labelled(["a", "b", "c"], [(["a", "c"], []), (["b"], [])])
    assert annotations.targets.places is None
    assert curate(annotations, CurationOptions(hierarchy=written("h.csv", "c,d\n"))).targets.places is None


def test_one_after_the_other_is_as_both_at_once(written: Write):
    merge, hierarchy = written("merge.csv", "kitten,cat\ncats,cat\n"), written("h.csv", "cat,animal\ndog,animal\n")
    annotations = labelled(PET_LABELS, PETS)
    at_once = curate(annotations, CurationOptions(merge, 2, hierarchy))
    in_turn = curate(annotations, CurationOptions(merge))
    in_turn = curate(in_turn, CurationOptions(hierarchy=hierarchy))
    in_turn = curate(in_turn, CurationOptions(minimum_count=2))
    assert listed(in_turn) == listed(at_once)
    assert in_turn.curation == at_once.curation


def test_a_split_is_taken_from_what_all_pictures_became(written: Write):
    merge = written("merge.csv", "boat,vehicle\ncar,vehicle\n")
    whole = load_annotations(f"scenes:80?merge={merge}&minimum_count=10")
    test = load_annotations(f"scenes:80?merge={merge}&minimum_count=10&split=test")
    assert test.vocabulary == whole.vocabulary
    assert test.curation == whole.curation


def test_a_hierarchy_of_another_vocabulary_is_refused():
    annotations = labelled(PET_LABELS, PETS)
    with pytest.raises(DataError, match="another vocabulary"):
        AnnotationSet(
            annotations.pictures,
            annotations.vocabulary,
            annotations.targets,
            curation=Curation(LabelHierarchy(Vocabulary(["a"]))),
        )


def test_without_pictures_or_labels_of_them():
    vocabulary = Vocabulary(["a", "b"])
    nothing = TargetMatrix.from_rows([], 2)
    empty = AnnotationSet(Nameless(0), vocabulary, nothing)  # type: ignore[arg-type]
    assert len(curate(empty, CurationOptions()).targets) == 0
    unlabelled = labelled(["a", "b"], [([], []), ([], [])])
    curation = Curation(LabelHierarchy(vocabulary), {"b": "a"})
    assert listed(apply_curation(unlabelled, curation)) == [([], set()), ([], set())]


def test_a_set_of_the_size_of_coco_takes_no_time(written: Write):
    rng = np.random.default_rng(0)
    dense = (rng.random((118_000, 80)) < 0.03).astype(np.int8)
    targets = TargetMatrix.from_dense(dense)
    annotations = AnnotationSet(Nameless(118_000), Vocabulary(map(str, range(80))), targets)  # type: ignore[arg-type]
    merge = written("merge.csv", "".join(f"{label},{label + 1}\n" for label in range(0, 80, 8)))
    hierarchy = written("h.csv", "".join(f"{label},group {label % 12}\n" for label in range(80)))
    started = time.process_time()
    curated = curate(annotations, CurationOptions(merge, 10, hierarchy))
    assert time.process_time() - started < 2
    assert len(curated.vocabulary) == 82


def test_a_chosen_split_of_another_name_is_counted(tmp_path: Path):
    (tmp_path / "s.csv").write_text("path,labels,split\n1.jpg,a;b,trainval\n2.jpg,a,trainval\n3.jpg,b,test\n")
    spec = f"table:{tmp_path}/s.csv?labels_only=true&minimum_count=2"
    assert list(load_annotations(f"{spec}&split=trainval").vocabulary) == ["a"]
    with pytest.raises(DataError, match="no training pictures to count in; name a split train, or choose one"):
        load_annotations(spec)


def test_columns_that_are_the_wrong_way_round_are_refused(written: Write):
    for header, expected in (("parent,child", "child,parent"), ("Becomes,Label", "label,becomes")):
        option = "hierarchy" if "child" in expected else "merge"
        file = written("swapped.csv", f"{header}\nanimal,dog\n")
        with pytest.raises(DataError, match=f"line 1: the columns are {header.lower()}; expected {expected}"):
            curate(load_annotations("scenes:4?size=16"), CurationOptions(**{option: file}))
