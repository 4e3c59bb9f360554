import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corelate.data.formats.table_cells import UnusableRowError, split_labels, whole_number

LABELS = st.lists(st.text(max_size=6).map(str.strip).filter(bool))


@given(LABELS)
def test_lists_that_json_and_python_print_are_read(labels):
    assert split_labels(json.dumps(labels), ";") == labels
    assert split_labels(json.dumps(labels, ensure_ascii=False), ";") == labels
    assert split_labels(f" {labels!r} ", ";") == labels


@pytest.mark.parametrize("cell", ["[]", "[ ]", "['']", '["", " "]'])
def test_empty_lists(cell):
    assert split_labels(cell, ";") == []


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("['sea', \"it's\"]", ["sea", "it's"]),
        ("[u'sea', u'\\xe9t']", ["sea", "\u00e9t"]),
        ('["\\ud83d\\ude00"]', ["\U0001f600"]),
        ("[' sea ', '']", ["sea"]),
        ("[x] y; [z", ["[x] y", "[z"]),
        (";[x]", ["[x]"]),
        ("[b]sky[/b]", ["[b]sky[/b]"]),
        ("[a]; sky; [b]", ["[a]", "sky", "[b]"]),
    ],
)
def test_cells_with_brackets(cell, labels):
    assert split_labels(cell, ";") == labels


@pytest.mark.parametrize(
    "cell",
    [
        "['sea' 'boat']",  # an array, as it is printed
        "[sea, boat]",
        "[untagged]",
        "[1, 2]",
        '["sea", null]',
        "['sea', None]",
        "[['sea']]",
        '{"a": 1}'.join("[]"),
        "['sea'] + ['boat']",
        "[__import__('os').getcwd()]",
        "[f'{1}']",
        "[b'sea']",
        "['a'*9]",
        "['\\N{BULLET}']",
        "['sea',]]",
        "[" * 100_000 + "]",
        "['sea', ...]",
        "[[sea], [boat]]",
        '[ "]',
    ],
)
def test_other_cells_in_brackets_leave_the_row_out(cell):
    with pytest.raises(UnusableRowError, match="list written as text"):
        split_labels(cell, ";")


@pytest.mark.parametrize(
    "inner", [" " * 200_000 + "x", "'" + "\\\\" * 100_000, "''," * 60_000 + "x", "'a'" + " " * 200_000]
)
def test_long_cells_take_no_square_of_time(inner):
    start = time.process_time()
    with contextlib.suppress(UnusableRowError):
        split_labels(f"[{inner}]", ";")
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [("1.0", "1"), ("-12.000", "-12"), ("1.5", "1.5"), ("10", "10"), ("a1.0", "a1.0"), (".0", ".0")],
)
def test_whole_numbers(name, expected):
    assert whole_number(name) == expected
