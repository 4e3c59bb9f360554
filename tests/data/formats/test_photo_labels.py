import pytest

from corelate.data.formats.photo_labels import LabelRules, most_frequent_spellings
from corelate.data.metadata.found_keywords import FoundKeywords


def labels(words=(), paths=(), levels="all", ignore="", folders=()):
    found = FoundKeywords()
    for word in words:
        found.add(word)
    for path in paths:
        found.add_path(path.split("|"))
    return LabelRules.of(levels, ignore).labels_of(found, folders)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ("all", ["sea", "Places", "Italy", "Rome"]),
        ("leaf", ["sea", "Rome"]),
        ("path", ["sea", "Places|Italy|Rome"]),
    ],
)
@pytest.mark.parametrize("words", [["sea"], ["sea", "Rome"], ["sea", "Places", "Italy", "Rome"]])
def test_levels_whatever_the_flat_list_holds_of_them(words, levels, expected):
    assert sorted(labels(words, ["Places|Italy|Rome"], levels)) == sorted(expected)


@pytest.mark.parametrize(("levels", "expected"), [("leaf", ["Eagle", "Lake"]), ("path", ["Animals|Eagle", "Lake"])])
def test_paths_above_others_that_are_listed_too(levels, expected):
    assert labels([], ["Animals", "Animals|Eagle", "Lake"], levels) == expected


def test_word_that_is_no_level_of_a_path_of_the_picture_stays():
    assert labels(["Italy", "sea"], ["Places|France"], "leaf") == ["Italy", "sea", "France"]


def test_ignored_label_is_left_out_wherever_it_stands():
    assert labels(["places", "sea"], ["Places|Italy"], ignore="Places") == ["sea", "Italy"]


@pytest.mark.parametrize("end", ["/", "|"])
@pytest.mark.parametrize("levels", ["all", "leaf", "path"])
def test_ignored_branch_is_left_out_with_all_below_and_its_words(end, levels):
    found = labels(["Anna", "sea", "people"], ["People|Family|Anna", "PEOPLE"], levels, ignore=f"People{end}")
    assert found == ["sea"]


def test_word_of_an_ignored_branch_stays_when_it_stands_elsewhere_too():
    assert labels(["Rome"], ["People|Rome", "Places|Rome"], "leaf", ignore="People/") == ["Rome"]


def test_ignored_branch_of_several_levels():
    assert labels([], ["Places|Home|Kitchen", "Places|Work"], ignore="Places/Home/") == ["Places", "Work"]


def test_folders_are_words():
    assert labels(["sea"], folders=["2024", " Holiday  in Rome"]) == ["sea", "2024", "Holiday in Rome"]
    assert labels(folders=["Unsorted", "Trip"], ignore="unsorted") == ["Trip"]


def test_most_frequent_spelling_is_kept_and_the_first_of_equals():
    spellings = most_frequent_spellings([["sea", "Boat"], ["Sea", "boat"], ["sea", "STRASSE"], ["straße"], ["straße"]])
    assert spellings == {
        "sea": "sea",
        "Sea": "sea",
        "Boat": "Boat",
        "boat": "Boat",
        "STRASSE": "straße",
        "straße": "straße",
    }
