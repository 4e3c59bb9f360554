"""Which columns of a Hugging Face data set hold pictures and labels, by their types and the features beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from corelate.data.embedded_references import is_binary
from corelate.data.formats.collecting import shown
from corelate.data.formats.text import json_type, parse_json
from corelate.errors import DataError, OptionError

IMAGE, TEXT, TEXTS, NUMBER, NUMBERS, MARK, MARKS, CLASS, CLASSES, OTHER = (
    "pictures",
    "text",
    "lists of text",
    "numbers",
    "lists of numbers",
    "true or false",
    "lists of true or false",
    "a class",
    "lists of classes",
    "something else",
)

LABELS_COLUMNS = ("labels", "label", "tags", "tag", "keywords", "image_labels", "categories", "classes")
EVERY_COLUMN = "*"

_LISTED = {TEXT: TEXTS, NUMBER: NUMBERS, MARK: MARKS}
_SHOWN_COLUMNS = 20


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: Its name.
        kind: What it holds: one of the constants of this module.
        names: The names of its classes, if it holds classes.
    """

    name: str
    kind: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{shown(self.name)} ({self.kind})"


@dataclass(frozen=True)
class LabelColumns:
    """The columns that the labels are read from: one, or one for each label where `each_label` is set."""

    columns: tuple[Column, ...]
    each_label: bool = False


def parse_features(info: Any, where: str) -> dict[str, Any]:
    """Return the features of a ``dataset_info.json``, or of the entry ``info`` of a schema's metadata.

    Raises:
        DataError: They are no object.
    """
    features = info.get("features") if isinstance(info, dict) else None
    if features is None:
        return {}
    if not isinstance(features, dict):
        raise DataError(f"{where}: 'features' must be an object, found {json_type(features)}")
    return features


def schema_features(schema: pa.Schema, where: str) -> dict[str, Any]:
    """Return the features that the library writes into the metadata of a schema, if they are there.

    Raises:
        DataError: They can't be parsed.
    """
    metadata = (schema.metadata or {}).get(b"huggingface")
    if metadata is None:
        return {}
    content = parse_json(metadata, f"{where}, schema metadata 'huggingface'")
    return parse_features(content.get("info"), f"{where}, schema metadata 'huggingface'")


def schema_columns(schema: pa.Schema, features: Mapping[str, Any], where: str) -> list[Column]:
    """Return the columns of a schema.

    Args:
        schema: Names and types.
        features: What the library says of them, by name; may be empty.
        where: The file, for messages.

    Raises:
        DataError: Two columns have one name, or the names of classes are not a list of text.
    """
    repeated = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if repeated:
        raise DataError(f"{where}: more than one column is named {shown(repeated[0])}")
    return [_column(field, features.get(field.name), where) for field in schema]


def find_image_column(columns: Sequence[Column], asked: str, where: str) -> Column:
    """Return the column of the pictures.

    Raises:
        OptionError: There is no column of the name asked for.
        DataError: No column holds pictures, or several do and none was asked for.
    """
    if asked:
        column = _named(columns, asked, "image_column")
        if column.kind not in (IMAGE, TEXT):
            raise DataError(f"{where}: column {column} holds neither pictures nor their paths")
        return column
    found = [column for column in columns if column.kind == IMAGE]
    if not found:
        raise DataError(f"{where}: no column of pictures among {listed(columns)}; name it with image_column=COLUMN")
    if len(found) > 1:
        raise DataError(f"{where}: several columns of pictures: {listed(found)}; choose one with image_column=COLUMN")
    return found[0]


def find_label_columns(
    columns: Sequence[Column], asked: str, ignored: str, where: str, *, numbers_are_named: bool
) -> LabelColumns:
    """Return the columns of the labels.

    Args:
        columns: The columns that may hold labels.
        asked: A name, several divided by commas, ``*``, or nothing to find the one column that can only hold labels.
        ignored: With ``*``: columns that are not labels, divided by commas.
        where: The file, for messages.
        numbers_are_named: Names of labels were given, so that numbers may stand for labels.

    Raises:
        OptionError: There is no column of a name.
        DataError: No column holds labels, or several may and none was asked for.
    """
    if asked == EVERY_COLUMN:
        left_out = {_named(columns, name.strip(), "ignore").name for name in ignored.split(",") if name.strip()}
        marks = [column for column in columns if column.kind in (MARK, NUMBER, TEXT) and column.name not in left_out]
        # Text is a column of marks only where there are no types, as in CSV files.
        typed = [column for column in marks if column.kind != TEXT]
        if not marks:
            raise DataError(f"{where}: no column of 1 and 0 among {listed(columns)}")
        return LabelColumns(tuple(typed or marks), each_label=True)
    if asked and "," in asked and asked not in {column.name for column in columns}:
        chosen = [_named(columns, name.strip(), "labels") for name in asked.split(",") if name.strip()]
        return LabelColumns(tuple(dict.fromkeys(chosen)), each_label=True)
    if asked:
        column = _named(columns, asked, "labels")
        is_mark = column.kind == MARK or (column.kind == NUMBER and not numbers_are_named)
        return LabelColumns((column,), each_label=is_mark)
    return LabelColumns((_only_candidate(columns, where, numbers_are_named),))


def _only_candidate(columns: Sequence[Column], where: str, numbers_are_named: bool) -> Column:
    kinds = {TEXTS, CLASS, CLASSES, MARKS}
    named_kinds = {TEXT, NUMBER, NUMBERS} if numbers_are_named else {TEXT, NUMBERS}
    found = [
        column
        for column in columns
        if column.kind in kinds or (column.kind in named_kinds and column.name.lower() in LABELS_COLUMNS)
    ]
    if len(found) > 1:
        raise DataError(f"{where}: several columns may hold the labels: {listed(found)}; choose one with labels=COLUMN")
    if not found:
        raise DataError(
            f"{where}: no column that must be that of the labels among {listed(columns)}; name it with labels=COLUMN, "
            "or pass labels=* when each other column is a label with 1 or 0"
        )
    return found[0]


def listed(columns: Sequence[Column]) -> str:
    """Return columns and what they hold, in a form for messages."""
    more = f" and {len(columns) - _SHOWN_COLUMNS} more" if len(columns) > _SHOWN_COLUMNS else ""
    return (", ".join(map(str, columns[:_SHOWN_COLUMNS])) + more) or "none"


def _named(columns: Sequence[Column], name: str, purpose: str) -> Column:
    found = next((column for column in columns if column.name == name), None)
    if found is None:
        raise OptionError(f"{purpose}={name!r}: no such column; columns are: {listed(columns)}")
    return found


def _column(field: pa.Field, feature: Any, where: str) -> Column:
    kind = _kind(field.type)
    of_items = _feature_of_items(feature)
    if _holds_pictures(field.type) or (kind == TEXT and _is(feature, "Image")):
        return Column(field.name, IMAGE)
    if kind == NUMBER and _is(feature, "ClassLabel"):
        return _class_column(field.name, CLASS, feature, where)
    if kind == NUMBERS and _is(of_items, "ClassLabel"):
        return _class_column(field.name, CLASSES, of_items, where)
    return Column(field.name, kind)


def _class_column(name: str, kind: str, feature: dict[str, Any], where: str) -> Column:
    names = feature.get("names")
    if not isinstance(names, list) or not all(isinstance(label, str) for label in names):
        raise DataError(f"{where}: the names of the classes of column {shown(name)} must be a list of text")
    return Column(name, kind, tuple(names))


def _is(feature: Any, name: str) -> bool:
    return isinstance(feature, dict) and feature.get("_type") == name


def _feature_of_items(feature: Any) -> Any:
    """Return the feature of what a list holds; versions of the library write lists in four ways."""
    if isinstance(feature, list) and len(feature) == 1:
        return feature[0]
    is_list = any(_is(feature, name) for name in ("List", "Sequence", "LargeList"))
    return feature.get("feature") if is_list else None


def _holds_pictures(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and is_binary(kind.field("bytes").type)
    return is_binary(kind)


def _is_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _kind(kind: pa.DataType) -> str:
    if is_list(kind):
        return _LISTED.get(_kind(kind.value_type), OTHER)
    if _is_text(kind):
        return TEXT
    if pa.types.is_boolean(kind):
        return MARK
    return NUMBER if pa.types.is_integer(kind) or pa.types.is_floating(kind) else OTHER


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a type is one of lists, of any size or all of one size."""
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list))
