"""What an annotator bundle says about itself: the contents of ``annotator.json``.

Bundles come from strangers. Everything is checked for type, range and fit before anything is built from it.
"""

from __future__ import annotations

import dataclasses
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from corelate import __version__
from corelate.data.curation import Curation, LabelHierarchy
from corelate.data.preprocessing import Preprocessing
from corelate.data.vocabulary import Vocabulary
from corelate.decisions.base import Decision
from corelate.decisions.stored import decision_from_json
from corelate.errors import BundleError, CorelateError
from corelate.tagging.checked_json import DESCRIPTION_FILE, parse_strictly, refuse, shown, take

FORMAT = "corelate-annotator"
VERSION = 1
# A vocabulary of 100,000 labels with several decision rules stays below this.
MAX_DESCRIPTION_BYTES = 16 << 20
# One float32 picture of this side takes 200 MB; more is a mistake or an attack.
MAX_SIDE = 4096


@dataclass(frozen=True)
class OnnxInterface:
    """How ``model.onnx`` is called.

    Attributes:
        opset: Version of the ONNX operators.
        input: Name of the float32 N×3×H×W input.
        output: Name of the float32 N×L output, scores in [0, 1].
        dynamic_size: Whether other heights and widths than those of the preprocessing are taken.
    """

    opset: int
    input: str = "pixels"
    output: str = "scores"
    dynamic_size: bool = False

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> OnnxInterface:
        """Return what the ``onnx`` part of the description says."""
        return cls(
            opset=take(fields, "opset", int, "onnx."),
            input=take(fields, "input", str, "onnx."),
            output=take(fields, "output", str, "onnx."),
            dynamic_size=take(fields, "dynamic_size", bool, "onnx."),
        )


@dataclass(frozen=True)
class FileRecord:
    """Size and SHA-256 (hexadecimal) of one file of the bundle."""

    sha256: str
    bytes: int

    @classmethod
    def from_json(cls, fields: Mapping[str, Any], where: str) -> FileRecord:
        """Return one entry of the ``files`` part of the description."""
        record = cls(take(fields, "sha256", str, where), take(fields, "bytes", int, where))
        if not re.fullmatch("[0-9a-f]{64}", record.sha256):
            refuse(f"'{where}sha256' is {shown(record.sha256)}, expected 64 lower-case hexadecimal digits")
        if record.bytes < 0:
            refuse(f"'{where}bytes' is {shown(record.bytes)}, less than 0")
        return record


@dataclass(frozen=True)
class AnnotatorDescription:
    """Everything about an annotator except its weights.

    Attributes:
        vocabulary: The L labels, in the order of the network's outputs.
        preprocessing: From a picture to the network's input.
        decision: Name of the rule that is used unless another is asked for.
        decisions: The fitted decision rules by name.
        onnx: How ``model.onnx`` is called.
        network: What is needed to build the torch model again; opaque here.
        metrics: Figures measured when the annotator was made.
        provenance: Where the data and the starting weights came from.
        licences: Licences of the weights and of what they were made from.
        curation: What was done to the labels of the data, and which labels imply which; or None.
        made_with: Version of corelate that wrote the bundle.
        files: Size and checksum of each other file; `write_bundle` fills it in.

    Raises:
        BundleError: The default rule is not among the rules, or the curation belongs to another vocabulary.
    """

    vocabulary: Vocabulary
    preprocessing: Preprocessing
    decision: str
    decisions: Mapping[str, Decision]
    onnx: OnnxInterface
    network: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    licences: list[Any] = field(default_factory=list)
    curation: Curation | None = None
    made_with: str = __version__
    files: Mapping[str, FileRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.decision not in self.decisions:
            known = ", ".join(map(repr, self.decisions)) or "none"
            raise BundleError(
                f"the default decision rule {shown(self.decision)} is not among the bundle's rules: {known}"
            )
        if self.curation is not None and self.curation.hierarchy.vocabulary != self.vocabulary:
            raise BundleError("the hierarchy of the labels belongs to another vocabulary than the description")

    @property
    def hierarchy(self) -> LabelHierarchy:
        """Which labels imply which; without edges where none do."""
        return LabelHierarchy(self.vocabulary) if self.curation is None else self.curation.hierarchy

    def to_json(self) -> dict[str, Any]:
        """Return the description as plain JSON values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "corelate": self.made_with,
            "vocabulary": list(self.vocabulary),
            **({} if self.curation is None else {"curation": self.curation.to_json()}),
            "preprocessing": self.preprocessing.to_json(),
            "decision": self.decision,
            "decisions": {name: rule.to_json() for name, rule in self.decisions.items()},
            "metrics": dict(self.metrics),
            "provenance": dict(self.provenance),
            "licences": list(self.licences),
            "network": dict(self.network),
            "onnx": dataclasses.asdict(self.onnx),
            "files": {name: dataclasses.asdict(record) for name, record in self.files.items()},
        }

    def to_bytes(self) -> bytes:
        """Return the description as a JSON file.

        Raises:
            BundleError: A field holds what JSON can't: NaN, infinity, or an object that is not plain; or the file would
                be too large to be read again.
        """
        try:
            text = json.dumps(self.to_json(), ensure_ascii=False, allow_nan=False, indent=1)
            content = text.encode("utf-8") + b"\n"
        except (TypeError, ValueError) as error:
            raise BundleError(
                f"the description can't be written as JSON: {error}; give plain numbers, texts, lists and dicts, no NaN"
            ) from error
        if len(content) > MAX_DESCRIPTION_BYTES:
            raise BundleError(
                f"the description takes {len(content) >> 20} MiB, and no bundle with more than "
                f"{MAX_DESCRIPTION_BYTES >> 20} is read; name fewer labels in the merge and hierarchy files"
            )
        return content

    @classmethod
    def from_bytes(cls, data: bytes) -> AnnotatorDescription:
        """Read the description from a JSON file.

        Raises:
            BundleError: It is too large, is not strict JSON, or `from_json` refuses it.
        """
        if len(data) > MAX_DESCRIPTION_BYTES:
            refuse(f"it is larger than {MAX_DESCRIPTION_BYTES >> 20} MiB")
        return cls.from_json(parse_strictly(data))

    @classmethod
    def from_json(cls, fields: Any) -> AnnotatorDescription:
        """Return what `to_json` described; keys that are not known are passed over.

        Raises:
            BundleError: A field is missing, of a wrong type or out of range, parts do not fit each other, or the
                description has a version that this corelate does not know.
        """
        _check_version(fields)
        vocabulary = _vocabulary(take(fields, "vocabulary", list))
        return cls(
            vocabulary=vocabulary,
            preprocessing=_preprocessing(take(fields, "preprocessing", dict)),
            decision=take(fields, "decision", str),
            decisions=_decisions(take(fields, "decisions", dict), len(vocabulary)),
            onnx=OnnxInterface.from_json(take(fields, "onnx", dict)),
            network=take(fields, "network", dict),
            metrics=take(fields, "metrics", dict),
            provenance=take(fields, "provenance", dict),
            licences=take(fields, "licences", list),
            curation=_curation(take(fields, "curation", dict), vocabulary) if "curation" in fields else None,
            made_with=take(fields, "corelate", str),
            files=_files(take(fields, "files", dict)),
        )


def check_file_name(name: str) -> None:
    """Refuse a name that could lead out of the bundle, or that some system can't store.

    Raises:
        BundleError: The name is absolute, leads upwards, or holds a backslash, colon, wildcard or control character.
    """
    if (
        not 0 < len(name) <= 200
        or any(part in ("", ".", "..") for part in name.split("/"))
        or any(character in '\\:*?"<>|' or _is_control(character) for character in name)
    ):
        raise BundleError(f"{shown(name)} is not allowed as the name of a file in a bundle; use plain relative names")


def _check_version(fields: Any) -> None:
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        refuse(f"it does not say 'format': '{FORMAT}', so it describes something else")
    version = take(fields, "version", int)
    if version > VERSION:
        raise BundleError(
            f"the bundle has format version {version} and was made with corelate {shown(fields.get('corelate'))}; "
            f"this corelate {__version__} reads up to version {VERSION}: upgrade corelate"
        )
    if version < 1:
        refuse(f"'version' is {shown(version)}, less than 1")


def _is_control(character: str) -> bool:
    """Tell whether a character could steer a terminal, or can't be encoded."""
    return unicodedata.category(character) in ("Cc", "Cs")


def _cut(message: str) -> str:
    """Shorten another part's message, which may repeat megabytes of a hostile value."""
    return message if len(message) <= 300 else f"{message[:300]}…"


def _vocabulary(labels: list[Any]) -> Vocabulary:
    try:
        return Vocabulary(labels)
    except CorelateError as error:
        refuse(_cut(str(error)))


def _curation(fields: dict[str, Any], vocabulary: Vocabulary) -> Curation:
    try:
        return Curation.from_json(fields, vocabulary)
    except CorelateError as error:
        refuse(_cut(str(error)))


def _preprocessing(fields: dict[str, Any]) -> Preprocessing:
    where = "preprocessing."
    for side in ("height", "width"):
        if not 1 <= take(fields, side, int, where) <= MAX_SIDE:
            refuse(f"'{where}{side}' is {shown(fields[side])}, expected 1 to {MAX_SIDE} pixels")
    for key in ("resize", "interpolation"):
        take(fields, key, str, where)
    for key in ("mean", "std"):
        numbers = take(fields, key, list, where)
        if len(numbers) != 3 or not all(type(number) in (int, float) and abs(number) < 1e6 for number in numbers):
            refuse(f"'{where}{key}' is {shown(numbers)}, expected three numbers")
    try:
        return Preprocessing.from_json(fields)
    except CorelateError as error:
        refuse(_cut(str(error)))


def _decisions(fields: dict[str, Any], label_count: int) -> dict[str, Decision]:
    decisions = {}
    for name in fields:
        try:
            decisions[name] = decision_from_json(take(fields, name, dict, "decisions."), label_count)
        except (CorelateError, TypeError, ValueError, KeyError, OverflowError) as error:
            refuse(f"decision rule {shown(name)}: {_cut(str(error))}")
    return decisions


def _files(fields: dict[str, Any]) -> dict[str, FileRecord]:
    files = {}
    for name in fields:
        check_file_name(name)
        if name == DESCRIPTION_FILE:
            refuse("it lists itself under 'files'")
        files[name] = FileRecord.from_json(take(fields, name, dict, "files."), f"files.{name}.")
    return files
