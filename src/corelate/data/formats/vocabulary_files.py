"""Vocabularies in text files, one label a line, whose errors name the file."""

from __future__ import annotations

from pathlib import Path

from corelate.data.formats.text import decode_text, read_label_file
from corelate.data.vocabulary import Vocabulary
from corelate.errors import VocabularyError


def read_vocabulary(path: Path, encoding: str = "utf-8") -> Vocabulary:
    """Return the vocabulary that a text file holds.

    Args:
        path: The file.
        encoding: Any text encoding that Python knows.

    Raises:
        OptionError: There is no such encoding.
        DataError: The file can't be read, or is not in that encoding.
        VocabularyError: A line can't be a label, a label is there twice, or there is none.
    """
    return parse_vocabulary(read_label_file(path), str(path), encoding)


def parse_vocabulary(data: bytes, where: str, encoding: str = "utf-8") -> Vocabulary:
    """Return the vocabulary of the bytes of a text file.

    Args:
        data: The bytes.
        where: The file, for messages.
        encoding: Any text encoding that Python knows.

    Raises:
        OptionError: There is no such encoding.
        DataError: The bytes are not in that encoding.
        VocabularyError: A line can't be a label, a label is there twice, or there is none.
    """
    try:
        return Vocabulary.from_text(decode_text(data, where, encoding))
    except VocabularyError as error:
        raise VocabularyError(f"{where}: {error}") from error
