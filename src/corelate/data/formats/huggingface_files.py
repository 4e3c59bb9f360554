"""Which files a Hugging Face data set consists of, and of which split each is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from corelate.data.formats.collecting import picture_location, shown
from corelate.data.formats.containers import Folder
from corelate.data.formats.huggingface_columns import parse_features
from corelate.data.formats.huggingface_shards import ArrowShard, ParquetShard, Shard
from corelate.data.formats.text import json_type, parse_json, read_label_file
from corelate.errors import DataError

DICT_FILE, STATE_FILE, INFO_FILE = "dataset_dict.json", "state.json", "dataset_info.json"
METADATA_FILES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
MAX_JSON_BYTES = 1 << 26

# Words by which the library tells splits, delimited in a name by these characters.
_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_DELIMITER = "[-._ 0-9]"
_SPLITS = {
    split: re.compile(rf"(?:.*{_DELIMITER})?(?:{'|'.join(words)})(?:{_DELIMITER}.*)?", re.DOTALL)
    for split, words in _WORDS.items()
}
# train-00000-of-00002.parquet, also with a hash behind; and the parts of converted sets: default/train/0000.parquet.
_SHARDED = re.compile(r"(?P<split>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})")
_PART = re.compile(r"\d+\.parquet")
# The library's cache: imagefolder-train.arrow, imagefolder-train-00000-of-00002.arrow.
_CACHED = re.compile(r".+?-(?P<split>[A-Za-z]\w*)(?:-\d{5}-of-\d{5})?\.arrow")
_SAVED = re.compile(r".*-(?P<number>\d{5})-of-(?P<count>\d{5})\.arrow")


def split_of_name(name: str) -> str | None:
    """Return the split that the name of a file or folder says, or None."""
    return next((split for split, pattern in _SPLITS.items() if pattern.fullmatch(name)), None)


def splits_of_locations(locations: Sequence[str]) -> list[str | None]:
    """Return the splits of files by the folders that they are in, and where none says one, by their names.

    Names of files count only where all say a split: among pictures one may be called ``test.jpg``.
    """
    by_folder = [_split_of_folders(location) for location in locations]
    if any(by_folder):
        return by_folder
    by_name = [split_of_name(PurePosixPath(location).name) for location in locations]
    return by_name if all(by_name) else by_folder


def find_shards(root: Path) -> list[Shard] | None:
    """Return the Arrow or Parquet files of a folder in their order, or None when it is another kind of data set.

    Raises:
        DataError: A file that says which they are can't be read or names files outside, or the folder holds several
            configurations.
    """
    if (root / DICT_FILE).exists():
        return _of_dictionary(root)
    if (root / STATE_FILE).exists():
        return _of_state(root, "", None)
    arrow = sorted(file for file in root.glob("*.arrow") if not file.name.startswith("cache-"))
    if arrow:
        _check_whole(root, [(_cached_split(file.name), _SAVED.fullmatch(file.name)) for file in arrow])
        features = _features(root / INFO_FILE) if (root / INFO_FILE).exists() else {}
        return [ArrowShard(file, file.name, _cached_split(file.name), features) for file in arrow]
    parquet = list(files_of(root, lambda name: name.endswith(".parquet") and name not in METADATA_FILES))
    return _of_parquet(root, parquet) or None


def shard_of_file(path: Path) -> Shard:
    """Return one Arrow or Parquet file as a data set of its own.

    Raises:
        DataError: It is neither.
    """
    if path.suffix == ".parquet":
        return ParquetShard(path, path.name, _parquet_split(path.name)[1], partial(_is_file, Folder(path.parent)))
    if path.suffix == ".arrow":
        return ArrowShard(path, path.name, _cached_split(path.name))
    raise DataError(f"{path}: expected a folder of Hugging Face datasets, or a file .arrow or .parquet")


def files_of(root: Path, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Yield the files of a folder and all below by their location, without those that are hidden."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        below = Path(folder).relative_to(root).as_posix()
        for name in sorted(names):
            if wanted(name) and not name.startswith("."):
                yield name if below == "." else f"{below}/{name}"


def _is_file(folder: Folder, path: object) -> bool:
    try:
        return isinstance(path, str) and folder.has(picture_location(path))
    except ValueError:
        return False


def _split_of_folders(location: str) -> str | None:
    return next(filter(None, map(split_of_name, location.split("/")[:-1])), None)


def _cached_split(name: str) -> str | None:
    found = _CACHED.fullmatch(name)
    return found["split"] if found else None


def _of_dictionary(root: Path) -> list[Shard]:
    file = root / DICT_FILE
    splits = _read_json(file).get("splits")
    if not isinstance(splits, list):
        raise DataError(f"{file}: expected a list 'splits', found {json_type(splits)}")
    for split in splits:
        if not isinstance(split, str) or "/" in _inside(split, file):
            raise DataError(f"{file}: {shown(split)} can't be the name of a split, which is a folder beside the file")
    return [shard for split in splits for shard in _of_state(root, f"{split}/", split)]


def _of_state(root: Path, folder: str, split: str | None) -> list[Shard]:
    """Return the files of one saved data set."""
    file = root / folder / STATE_FILE
    state = _read_json(file)
    if state.get("_indices_data_files"):
        raise DataError(f"{file}: the rows are chosen by a further file; save the data set again with a newer library")
    entries = state.get("_data_files")
    if not isinstance(entries, list):
        raise DataError(f"{file}: expected a list '_data_files', found {json_type(entries)}")
    names = [entry.get("filename") if isinstance(entry, dict) else None for entry in entries]
    locations = [folder + _inside(name, file) for name in names]
    features = _features(root / folder / INFO_FILE)
    return [ArrowShard(root / location, location, split, features) for location in locations]


def _inside(name: Any, where: Path) -> str:
    """Return a name that a file gives as a location below the file's folder.

    Raises:
        DataError: It is none, or leads elsewhere.
    """
    if not isinstance(name, str):
        raise DataError(f"{where}: expected the name of a file, found {json_type(name)}")
    try:
        return picture_location(name)
    except ValueError as error:
        raise DataError(f"{where}: names {shown(name)}, which {error}") from None


def _features(file: Path) -> dict[str, Any]:
    return parse_features(_read_json(file), str(file))


def _read_json(file: Path) -> dict[str, Any]:
    return parse_json(read_label_file(file, MAX_JSON_BYTES), str(file))


def _of_parquet(root: Path, locations: list[str]) -> list[Shard]:
    found = [(location, *_parquet_split(location)) for location in locations]
    configurations = sorted({configuration for _, configuration, _ in found})
    if len(configurations) > 1:
        names = ", ".join(shown(name or ".") for name in configurations[:10])
        raise DataError(f"{root}: holds several data sets or configurations ({names}); give the folder of one")
    _check_whole(root, [(split, _SHARDED.match(location.rpartition("/")[2])) for location, _, split in found])
    is_file = partial(_is_file, Folder(root))
    shards = [ParquetShard(root / location, location, split, is_file) for location, _, split in found]
    order = [*_WORDS, None]
    return sorted(shards, key=lambda shard: order.index(shard.split) if shard.split in order else len(order))


def _check_whole(root: Path, files: Iterable[tuple[str | None, re.Match[str] | None]]) -> None:
    """Refuse splits of which files are missing, as after a download that was broken off.

    Args:
        root: The folder.
        files: For each file its split, and what its name says of its number and their count, or None.

    Raises:
        DataError: A number is missing or there twice, or the files say different counts.
    """
    numbers: dict[str | None, dict[int, list[int]]] = {}
    for split, said in files:
        if said is not None:
            numbers.setdefault(split, {}).setdefault(int(said["count"]), []).append(int(said["number"]))
    for split, by_count in numbers.items():
        name = shown(split or "the data set")
        if len(by_count) > 1:
            counts = " and ".join(map(str, sorted(by_count)))
            raise DataError(f"{root}: {name} is in {counts} files, by their names; take away those of one version")
        ((count, found),) = by_count.items()
        missing = sorted(set(range(count)) - set(found))
        if missing:
            raise DataError(
                f"{root}: of {name} {len(missing)} of {count} files are missing, the first is number {missing[0]:05d}; "
                "fetch them again, or give the files that are there one by one"
            )
        if len(found) > count:
            raise DataError(f"{root}: {name} has a file of the same number twice; take away those of one version")


def _parquet_split(location: str) -> tuple[str, str | None]:
    """Return of which configuration and of which split a Parquet file is."""
    folder, _, name = location.rpartition("/")
    outer, _, inner = folder.rpartition("/")
    sharded = _SHARDED.match(name)
    if sharded:
        return (outer if split_of_name(inner) == sharded["split"] else folder), sharded["split"]
    if split_of_name(inner):
        return outer, split_of_name(inner)
    if outer and _PART.fullmatch(name):
        return outer, inner
    return folder, split_of_name(name)
