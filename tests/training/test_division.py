"""How training divides pictures: stratified by default, at random as before, or by the folds of a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corelate.data.annotation_set import AnnotationSet
from corelate.data.spec import load_annotations
from corelate.data.splits import folds, holdout
from corelate.data.stratification import stratified_folds, stratified_holdout
from corelate.errors import OptionError, RecipeError, RunError
from corelate.training.preparation import cut_groups_note, divide, fingerprint, unused_folds_note
from corelate.training.recipe import DataOptions
from corelate.training.run_folder import RunFolder


@pytest.fixture(scope="module")
def annotations() -> AnnotationSet:
    return load_annotations("scenes:48?size=32&test=0.25")


def given_folds(annotations: AnnotationSet, count: int) -> AnnotationSet:
    numbers = np.arange(len(annotations)) % count + 1
    return replace(annotations, folds=np.where(annotations.splits == "test", 0, numbers))


def test_stratified_is_the_default(tiny_recipe, annotations):
    recipe = tiny_recipe()
    assert recipe.data.division == DataOptions().division == "stratified"
    learnable = np.flatnonzero(annotations.splits == "train")
    expected = stratified_holdout(annotations.select(learnable), 0.25, recipe.run.seed)
    parts = divide(annotations, recipe)
    assert parts.validation.tolist() == learnable[expected.held_out].tolist()
    assert parts.train.tolist() == learnable[expected.training].tolist()
    divided = divide(annotations, tiny_recipe(data={"folds": 3})).folds
    expected = stratified_folds(annotations.select(learnable), 3, recipe.run.seed)
    assert [held.tolist() for _, held in divided] == [learnable[fold.held_out].tolist() for fold in expected]


def test_random_is_as_before(tiny_recipe, annotations):
    learnable = np.flatnonzero(annotations.splits == "train")
    recipe = tiny_recipe(data={"division": "random"})
    expected = holdout(len(learnable), 0.25, recipe.run.seed)
    assert divide(annotations, recipe).validation.tolist() == learnable[expected.held_out].tolist()
    divided = divide(annotations, tiny_recipe(data={"division": "random", "folds": 3})).folds
    assert [held.tolist() for _, held in divided] == [
        learnable[fold.held_out].tolist() for fold in folds(len(learnable), 3, recipe.run.seed)
    ]


def test_unknown_division(tiny_recipe):
    with pytest.raises(RecipeError, match="division = 'even': choose one of stratified, random"):
        tiny_recipe(data={"division": "even"})


def test_given_folds_are_used(tiny_recipe, annotations):
    folded = given_folds(annotations, 3)
    parts = divide(folded, tiny_recipe(data={"folds": 3}))
    assert len(parts.folds) == 3
    for number, (learning, held_out) in enumerate(parts.folds, start=1):
        assert held_out.tolist() == np.flatnonzero(folded.folds == number).tolist()
        assert sorted([*learning, *held_out]) == parts.train.tolist()
    assert not set(parts.test) & set(parts.train)


def test_pictures_of_no_fold_are_always_learned_from(tiny_recipe, annotations):
    folded = given_folds(annotations, 2)
    loose = int(np.flatnonzero(folded.folds)[0])
    folded.folds[loose] = 0
    parts = divide(folded, tiny_recipe(data={"folds": 2}))
    assert all(loose in learning and loose not in held_out for learning, held_out in parts.folds)


def test_another_number_of_folds_than_given(tiny_recipe, annotations):
    with pytest.raises(OptionError, match="folds = 5, but the training pictures of the data set come in 3 folds"):
        divide(given_folds(annotations, 3), tiny_recipe(data={"folds": 5}))


def test_given_folds_that_are_not_asked_for_are_said(tiny_recipe, annotations):
    folded = given_folds(annotations, 3)
    assert unused_folds_note(divide(annotations, tiny_recipe()), tiny_recipe().data) == ""
    assert unused_folds_note(divide(folded, tiny_recipe()), tiny_recipe(data={"folds": 3}).data) == ""
    assert "comes with 3 folds, which are not used" in unused_folds_note(
        divide(folded, tiny_recipe()), tiny_recipe().data
    )
    assert divide(folded, tiny_recipe()).folds == []


def test_other_folds_are_another_data_set(annotations):
    seen = {
        fingerprint(one)["digest"] for one in (annotations, given_folds(annotations, 2), given_folds(annotations, 3))
    }
    assert len(seen) == 3


def test_a_run_from_before_goes_on_with_its_random_division(tiny_recipe, tmp_path):
    folder = RunFolder(tmp_path)
    text = tiny_recipe().to_toml()
    assert 'division = "stratified"\n' in text
    folder.recipe.write_text(text)
    assert folder.read_recipe().data.division == "stratified"
    folder.recipe.write_text(text.replace('division = "stratified"\n', ""))
    assert folder.read_recipe().data.division == "random"


def test_given_folds_that_cut_a_group_are_refused(tiny_recipe, annotations):
    folded = given_folds(annotations, 3)
    groups = np.where(np.arange(len(annotations)) < 2, "burst", "")
    with pytest.raises(OptionError, match=r"cut 1 groups, the first 'burst'.*divide anew"):
        divide(replace(folded, groups=groups), tiny_recipe(data={"folds": 3}))
    # What no fold holds out is learned from in all of them.
    learnt = replace(folded, groups=groups, folds=np.where(np.arange(len(annotations)) == 0, 0, folded.folds))
    with pytest.raises(OptionError, match="cut 1 groups"):
        divide(learnt, tiny_recipe(data={"folds": 3}))


def test_given_splits_that_cut_a_group_are_told(tiny_recipe, annotations):
    first_test = int(np.flatnonzero(annotations.splits == "test")[0])
    groups = np.full(len(annotations), "", dtype="<U5")
    assert cut_groups_note(divide(replace(annotations, groups=groups), tiny_recipe())) == ""
    groups[[0, first_test]] = "burst"
    assert "1 groups, the first 'burst', have pictures in more than one of train" in cut_groups_note(
        divide(replace(annotations, groups=groups), tiny_recipe())
    )


def test_a_run_does_not_go_on_with_other_groups(tmp_path, annotations):
    folder = RunFolder(tmp_path)
    folder.check_data(fingerprint(annotations))
    folder.check_data(fingerprint(annotations))
    with pytest.raises(RunError, match="splits or groups"):
        folder.check_data(fingerprint(replace(annotations, groups=np.full(len(annotations), "x"))))


def test_a_run_that_began_without_a_note_of_groups_goes_on(tmp_path, annotations):
    folder = RunFolder(tmp_path)
    began = fingerprint(annotations)
    del began["groups"]
    folder.check_data(began)
    folder.check_data(fingerprint(annotations))
