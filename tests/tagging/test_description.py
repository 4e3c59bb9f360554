from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.data.preprocessing import Preprocessing
from corelate.data.vocabulary import Vocabulary
from corelate.decisions.fixed import Fixed
from corelate.decisions.threshold_decision import ThresholdDecision
from corelate.errors import BundleError
from corelate.tagging.description import (
    MAX_DESCRIPTION_BYTES,
    AnnotatorDescription,
    FileRecord,
    OnnxInterface,
    check_file_name,
)

THRESHOLDS = [0.1, 1 / 3]


def description(**changes: Any) -> AnnotatorDescription:
    fields: dict[str, Any] = {
        "vocabulary": Vocabulary(["sea", "höhle"]),
        "preprocessing": Preprocessing(32, 48, resize="crop", interpolation="bicubic"),
        "decision": "per_label_f",
        "decisions": {
            "fixed": Fixed().for_labels(2),
            "per_label_f": ThresholdDecision(thresholds=THRESHOLDS, rule="per_label_f"),
        },
        "onnx": OnnxInterface(opset=17, input="x", output="y", dynamic_size=True),
        "network": {"backbone": "tiny", "depth": [1, 2]},
        "metrics": {"map": 0.5},
        "provenance": {"data": "scenes:600"},
        "licences": ["Apache-2.0"],
        "files": {"model.onnx": FileRecord("0" * 64, 12)},
    }
    return AnnotatorDescription(**{**fields, **changes})


def plain() -> dict[str, Any]:
    return json.loads(description().to_bytes())


def set_at(fields: Any, path: tuple[str, ...], value: Any) -> Any:
    inner = fields
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return fields


def test_what_is_written_is_read_back() -> None:
    written = description()
    read = AnnotatorDescription.from_bytes(written.to_bytes())
    assert read.to_json() == written.to_json()
    assert read.vocabulary == written.vocabulary
    assert read.preprocessing == written.preprocessing
    assert read.onnx == written.onnx
    assert read.decisions["per_label_f"].thresholds.tolist() == THRESHOLDS


def test_the_example_in_the_docs_is_a_description() -> None:
    page = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0].replace("9f86d0…", "0" * 64)
    read = AnnotatorDescription.from_bytes(example.encode())
    assert read.vocabulary.labels == ("boat", "sea", "sky")
    assert set(json.loads(example)) == set(read.to_json())


def test_keys_of_later_versions_are_passed_over() -> None:
    fields = plain() | {"colour": "blue"}
    assert AnnotatorDescription.from_json(fields).vocabulary.labels == ("sea", "höhle")


@pytest.mark.parametrize("key", sorted(plain()))
def test_a_missing_field_is_named(key: str) -> None:
    fields = plain()
    del fields[key]
    with pytest.raises(BundleError, match=key):
        AnnotatorDescription.from_json(fields)


OF_OTHER_TYPES = [
    (key, wrong)
    for key in sorted(plain())
    for wrong in (None, True, 1.5, [1], {"a": [2]}, "x")
    # The content of these is not looked into.
    if key not in ("network", "metrics", "provenance", "licences", "corelate") or type(wrong) is not type(plain()[key])
]


@pytest.mark.parametrize(("key", "wrong"), OF_OTHER_TYPES, ids=repr)
def test_a_field_of_a_wrong_type_is_refused(key: str, wrong: Any) -> None:
    with pytest.raises(BundleError):
        AnnotatorDescription.from_json(plain() | {key: wrong})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "other", "describes something else"),
        (("version",), 2, "upgrade corelate"),
        (("version",), 0, "less than 1"),
        (("version",), True, "whole number"),
        (("version",), 1.0, "whole number"),
        (("vocabulary",), [], "empty"),
        (("vocabulary",), ["sea", "sea"], "twice"),
        (("vocabulary",), ["sea", 7], "label number 2"),
        (("vocabulary",), ["sea", "\x1b[2Jboat"], "label number 2"),
        (("vocabulary",), ["sea", "\ud800"], "label number 2"),
        (("vocabulary",), ["sea", "boat", "sky"], "thresholds"),
        (("preprocessing", "height"), 0, "height"),
        (("preprocessing", "height"), 10**9, "4096"),
        (("preprocessing", "width"), 32.0, "whole number"),
        (("preprocessing", "width"), True, "whole number"),
        (("preprocessing", "resize"), "squash", "squash"),
        (("preprocessing", "interpolation"), [], "interpolation"),
        (("preprocessing", "mean"), "abc", "a list"),
        (("preprocessing", "mean"), [0.5, 0.5], "three numbers"),
        (("preprocessing", "std"), [0.5, 0.5, 0], "above 0"),
        (("preprocessing", "std"), [0.5, 0.5, "x"], "three numbers"),
        (("preprocessing", "std"), [0.5, 0.5, 1e300], "three numbers"),
        (("preprocessing", "blur"), 3, "blur"),
        (("decision",), "beam", "beam"),
        (("decisions", "per_label_f", "thresholds"), [0.1], "2 numbers"),
        (("decisions", "per_label_f", "thresholds"), [0.1, 1.5], "1.5"),
        (("decisions", "per_label_f"), [0.1, 0.2], "an object"),
        (("onnx", "opset"), "17", "whole number"),
        (("onnx", "dynamic_size"), 1, "true or false"),
        (("files", "model.onnx", "sha256"), "0" * 63, "hexadecimal"),
        (("files", "model.onnx", "sha256"), "G" * 64, "hexadecimal"),
        (("files", "model.onnx", "bytes"), -1, "less than 0"),
        (("files", "../evil"), {"sha256": "0" * 64, "bytes": 1}, "not allowed"),
        (("files", "annotator.json"), {"sha256": "0" * 64, "bytes": 1}, "lists itself"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_wrong_values_are_refused_with_a_reason(path: tuple[str, ...], value: Any, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        AnnotatorDescription.from_json(set_at(plain(), path, value))


def test_a_giant_value_makes_no_giant_message() -> None:
    for path, value in ((("vocabulary",), ["x" * 10**6] * 2), (("decision",), "x" * 10**6), (("onnx",), [1] * 10**6)):
        with pytest.raises(BundleError) as caught:
            AnnotatorDescription.from_json(set_at(plain(), path, value))
        assert len(str(caught.value)) < 600


def test_the_future_version_names_the_program_that_wrote_it() -> None:
    fields = plain() | {"version": 9, "corelate": "7.3"}
    with pytest.raises(BundleError, match=r"version 9.*7\.3.*up to version 1"):
        AnnotatorDescription.from_json(fields)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"format": NaN}',
        b'{"format": Infinity}',
        b'{"metrics": {"map": 1e999}}',
        b'{"format": "corelate-annotator", "format": "corelate-annotator"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_not_strict_json_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"annotator\.json"):
        AnnotatorDescription.from_bytes(data)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"map": 0.5', b'"map": NaN', "NaN is not allowed"),
        (b'"map": 0.5', b'"map": -Infinity', "Infinity is not allowed"),
        (b'"map": 0.5', b'"map": 1e999', "too large"),
        (b'"map": 0.5', b'"map": 0.5, "map": 0.6', "same key twice"),
    ],
)
def test_json_that_is_good_but_for_one_thing_is_refused(old: bytes, new: bytes, message: str) -> None:
    data = description().to_bytes()
    assert old in data
    with pytest.raises(BundleError, match=message):
        AnnotatorDescription.from_bytes(data.replace(old, new))


def test_a_giant_description_is_refused() -> None:
    with pytest.raises(BundleError, match="larger than 16 MiB"):
        AnnotatorDescription.from_bytes(b" " * (MAX_DESCRIPTION_BYTES + 1))


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, object(), {1, 2}, "\ud800"], ids=["nan", "infinity", "object", "set", "surrogate"]
)
def test_what_json_cannot_hold_is_refused_when_writing(value: Any) -> None:
    with pytest.raises(BundleError, match="can't be written as JSON"):
        description(metrics={"map": value}).to_bytes()


def test_the_default_rule_must_be_among_the_rules() -> None:
    with pytest.raises(BundleError, match="'beam' is not among the bundle's rules: 'fixed', 'per_label_f'"):
        description(decision="beam")


@pytest.mark.parametrize("name", ["model.onnx", "graph/adjacency.npy", "wörter.txt", ".hidden", "a b"])
def test_plain_names_are_allowed(name: str) -> None:
    check_file_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "./a",
        "a/",
        "..\\x",
        "C:evil",
        "a\nb",
        "a\x00",
        "\udcff",
        "a" * 201,
    ],
)
def test_tricky_names_are_refused(name: str) -> None:
    with pytest.raises(BundleError, match="not allowed"):
        check_file_name(name)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def all_paths(fields: Any, start: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths = [start] if start else []
    if isinstance(fields, dict):
        for key in fields:
            paths += all_paths(fields[key], (*start, key))
    return paths


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(all_paths(plain())), value=json_values)
def test_any_replaced_value_is_taken_or_refused_but_never_crashes(path: tuple[str, ...], value: Any) -> None:
    fields = set_at(copy.deepcopy(plain()), path, value)
    try:
        read = AnnotatorDescription.from_bytes(json.dumps(fields).encode())
    except BundleError:
        return
    assert AnnotatorDescription.from_json(read.to_json()).to_json() == read.to_json()


def test_tagging_is_imported_without_torch() -> None:
    import subprocess
    import sys

    code = (
        "import corelate.tagging.tagger, corelate.tagging.pipeline, corelate.tagging.output, corelate.cli.tag, sys;"
        "bad = {'torch', 'scipy', 'sklearn', 'onnx', 'onnxruntime'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path("/"), check=False)
    assert result.returncode == 0, result.stderr
