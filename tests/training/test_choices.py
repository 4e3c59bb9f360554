"""What is chosen by name: a head decides which losses can be its own, wherever it stands."""

from __future__ import annotations

import pytest

from corelate.losses import LOSSES, SEQUENCE_LOSSES
from corelate.models.heads import HEADS
from corelate.training.choices import default_choices, default_name, predicts_tokens, read_choices, same_name


def chosen(**sections: object) -> tuple[str, str, list[str]]:
    problems: list[str] = []
    choices = read_choices(sections, problems)
    return choices["head"].name, choices["loss"].name, problems


def test_nothing_said_is_the_usual():
    names = {section: choice.name for section, choice in default_choices().items()}
    assert names == {"head": "linear", "loss": "asymmetric", "rule": "global_f"}


@pytest.mark.parametrize("name", HEADS.names)
def test_every_head_has_a_loss_of_its_kind_by_default(name: str):
    head, loss, problems = chosen(head={"name": name})
    assert not problems
    assert loss == HEADS.load(head).default_loss
    assert (loss in SEQUENCE_LOSSES) is predicts_tokens(read_choices({"head": {"name": name}}, [])["head"])


@pytest.mark.parametrize("name", SEQUENCE_LOSSES.names)
def test_a_head_that_writes_labels_takes_losses_of_sequences(name: str):
    assert chosen(loss={"name": name}, head={"name": "ria"}) == ("ria", name, [])


def test_the_head_counts_wherever_it_stands():
    sections = {"loss": {"name": "pla"}, "head": {"name": "ria"}}
    assert chosen(**sections) == chosen(**dict(reversed(sections.items()))) == ("ria", "pla", [])


def test_a_head_s_other_spelling_counts_too():
    assert chosen(head={"name": "recurrent_image_annotator"}) == ("ria", "cross_entropy", [])


def test_a_loss_of_the_other_kind_is_one_problem_that_says_why():
    _, loss, problems = chosen(head={"name": "linear"}, loss={"name": "mla"})
    assert loss == "asymmetric"
    assert problems == [
        "[loss] name: 'mla' is a loss for heads that write sequences of tags; "
        f"here choose one of {', '.join(LOSSES.names)}"
    ]
    _, loss, problems = chosen(head={"name": "ria"}, loss={"name": "asl"})
    assert loss == "cross_entropy"
    assert problems == [
        "[loss] name: 'asl' is a loss for heads that score each label by itself; "
        f"here choose one of {', '.join(SEQUENCE_LOSSES.names)}"
    ]


@pytest.mark.parametrize("loss", ["bce", "mla", "predicted_label_alignment"])
@pytest.mark.parametrize("head", ["linaer", 3, ["ria"]])
def test_a_wrong_head_makes_no_loss_wrong(head: object, loss: str):
    _, _, problems = chosen(head={"name": head}, loss={"name": loss})
    assert len(problems) == 1
    assert problems[0].startswith("[head] name: unknown head")


@pytest.mark.parametrize("content", [3, "ria", ["ria"], None])
def test_what_is_no_section_is_passed_over(content: object):
    assert chosen(head=content, loss=content) == ("linear", "asymmetric", [])


@pytest.mark.parametrize("name", [3, [], {}, "", "asymetric"])
def test_what_is_no_name_is_a_problem(name: object):
    _, loss, problems = chosen(loss={"name": name})
    assert loss == "asymmetric"
    assert problems[0].startswith("[loss] name: unknown loss")


def test_two_spellings_are_one_name():
    assert same_name("loss", "asl", "asymmetric")
    assert same_name("loss", "mla", "minimal_loss_alignment")
    assert not same_name("loss", "mla", "asymmetric")
    assert same_name("head", "wrong", "wrong")
    assert not same_name("rule", 3, "fixed")


def test_the_default_loss_is_that_of_the_head():
    assert default_name("loss", {"head": {"name": "orderless_rnn"}}) == HEADS.load("orderless_rnn").default_loss
    assert default_name("loss", {}) == "asymmetric"
