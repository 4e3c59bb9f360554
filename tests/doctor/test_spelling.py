import csv
import time
from dataclasses import replace

import numpy as np
import pytest

from corelate.data.curation.merge_files import read_merge_file
from corelate.data.vocabulary import Vocabulary
from corelate.doctor.case import Case
from corelate.doctor.spelling import find, write_merge_file


@pytest.fixture
def groups(make_set):
    """Return what is found among labels with so many pictures each."""

    def found(counts):
        labels = list(counts)
        rows = [
            " ".join(f"l{i}" for i, label in enumerate(labels) if counts[label] > n)
            for n in range(max(counts.values()))
        ]
        annotations = make_set(rows, vocabulary=[f"l{i}" for i in range(len(labels))])
        return list(find(Case(replace(annotations, vocabulary=Vocabulary(labels)))))

    return found


def test_each_reason_and_the_most_frequent_first(groups):
    found = groups(
        {
            "sea gull": 2,
            "seagull": 5,
            "Sea-Gull": 1,
            "colour": 1,
            "color": 3,
            "tree": 4,
            "trees": 9,
            "sky": 3,
            "boat": 1,
        }
    )
    assert [(finding.kind.name, finding.labels) for finding in found] == [
        ("same word", ("seagull", "sea gull", "Sea-Gull")),
        ("dialect", ("color", "colour")),
        ("plural", ("trees", "tree")),
    ]
    assert found[0].sentence == "seagull (5), sea gull (2), Sea-Gull (1)"
    assert found[0].numbers == {"pictures": [5, 2, 1]}


def test_reasons_that_chain_are_one_group(groups):
    (finding,) = groups({"Grey-wolf": 1, "grey wolf": 2, "gray wolves": 3, "sky": 1})
    assert finding.kind.name == "plural"
    assert finding.labels == ("gray wolves", "grey wolf", "Grey-wolf")


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"purple irises": 2, "purple iris": 1}, [("plural", ("purple irises", "purple iris"))]),
        ({"film organisations": 2, "film organization": 1}, [("plural", ("film organisations", "film organization"))]),
        # An axis is no axe, though both have this plural.
        ({"axe": 3, "axes": 2, "axis": 1}, [("plural", ("axe", "axes"))]),
        ({"news": 3, "new": 2, "1.5": 1, "15": 1, "10-1": 1, "101": 1}, []),
    ],
)
def test_hard_cases(groups, counts, expected):
    assert [(finding.kind.name, finding.labels) for finding in groups(counts)] == expected


def test_labels_that_look_the_same_are_shown_as_codes(groups):
    (finding,) = groups({"sky": 2, "s\u200bky": 1, "tree": 1})
    assert finding.kind.name == "same word"
    assert finding.labels == ("sky", "s\u200bky")
    assert finding.sentence == "sky (2), s\\u200bky (1)"
    (family,) = groups({"👩\u200d🚀 rocket": 2, "👩\u200d🚀 rockets": 1})
    assert "\\u200d" not in family.sentence, "they differ in what can be seen"


@pytest.mark.parametrize(
    ("frequent", "rare", "counts", "is_typo"),
    [
        ("motorcycle", "motorcyle", (40, 4), True),
        ("motorcycle", "motorcylce", (40, 1), True),
        ("elephant", "elefant", (40, 1), False),  # two edits
        ("elephant", "elephent", (40, 0), True),
        ("elephant", "elephent", (39, 4), False),  # not rare enough
        ("carrot", "parrot", (40, 1), False),  # first letters differ
        ("boat", "boot", (40, 1), False),  # short
        ("boeing 737", "boeing 747", (40, 1), False),  # numbers are meant
    ],
)
def test_typing_errors(groups, frequent, rare, counts, is_typo):
    found = groups({rare: counts[1], frequent: counts[0], "sky": 5})
    expected = [("typing error", (frequent, rare))] if is_typo else []
    assert [(finding.kind.name, finding.labels) for finding in found] == expected
    assert all(str(finding.severity) == "hint" for finding in found)


def test_merge_file_is_what_the_option_merge_reads(groups, tmp_path):
    found = groups({"sea gull": 2, "seagull": 30, "se-agulls": 1, 'so, "called"': 2, 'So, "called"': 1, "seagulll": 1})
    path = tmp_path / "merge.csv"
    assert write_merge_file(path, found) == 4
    rows = list(csv.reader(path.open(encoding="utf-8")))
    assert rows[0] == ["label", "becomes"]
    becomes = {name: pair.second for name, pair in read_merge_file(path).items()}
    assert becomes == {
        "sea gull": "seagull",
        "se-agulls": "seagull",
        'So, "called"': 'so, "called"',
        "seagulll": "seagull",
    }


def test_nothing_found_is_a_merge_file_that_merges_nothing(tmp_path):
    assert write_merge_file(tmp_path / "merge.csv", []) == 0
    assert read_merge_file(tmp_path / "merge.csv") == {}


def test_ten_thousand_labels_take_a_moment(groups):
    generator = np.random.default_rng(0)
    words = {"".join(generator.choice(list("abcdefgh"), 8)): int(generator.integers(1, 20)) for _ in range(9_990)}
    began = time.process_time()
    found = groups(words | {"harvester": 19, "harvestre": 1, "sky blue": 12, "Sky-Blue": 1})
    assert {("sky blue", "Sky-Blue"), ("harvester", "harvestre")} <= {finding.labels for finding in found}
    assert time.process_time() - began < 8
