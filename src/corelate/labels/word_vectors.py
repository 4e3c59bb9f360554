"""Text files of word vectors, read as a stream: GloVe, word2vec's text form and fastText's .vec, also under gzip.

Each line holds a word and its numbers. Such files have up to millions of lines of which a vocabulary needs hundreds,
so a first pass only cuts the first word off each line and looks it up; numbers are read of the lines that are needed in
the end, and of no others. Everything is done in bytes: files hold words that are not valid UTF-8, and characters inside
words that Python's text functions take for spaces or line ends.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import itertools
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import numpy as np

from corelate.errors import EmbeddingError

BLOCK_BYTES = 1 << 20
LONGEST_LINE = 1 << 21
"""Bytes of a line at most: 100,000 numbers of 20 digits."""
LINES_LOOKED_AT = 100
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

BINARY_ADVICE = (
    "it is binary, not text; convert word2vec's .bin with gensim "
    "(KeyedVectors.load_word2vec_format(file, binary=True).save_word2vec_format('words.txt')), "
    "and take the .vec file beside fastText's .bin"
)


class Place(NamedTuple):
    """Where a word stands: the number of its line, from 1, and the line's first byte."""

    line: int
    offset: int


@dataclass(frozen=True)
class Layout:
    """How a file is laid out.

    Attributes:
        start: Place of the first line that is no header.
        width: Numbers on a line: what the header says, else what most of the first lines have.
        separator: What ends a word: a tab if all of the first lines have one, else a space.
        first_words: The first words, for messages.
        all_numbers: Whether the first lines hold numbers only, and no header.
    """

    start: Place
    width: int
    separator: bytes
    first_words: tuple[str, ...]
    all_numbers: bool


class WordVectorFile:
    """A text file with a word and its vector on each line.

    Args:
        path: The file; gzip is recognised by its first bytes.

    Raises:
        EmbeddingError: The file can't be read or does not hold words and numbers.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._opened() as file:
            self.layout = _read_layout(file, path)

    def find(self, words: Collection[str]) -> tuple[dict[str, Place], set[str]]:
        """Return the places of those words that the file has, and which of them it has more than once.

        Of a word that stands there twice the first line counts.
        """
        wanted = {word.encode(): word for word in words}
        separator = self.layout.separator
        heads = {word.split(separator, 1)[0] for word in wanted}
        places: dict[str, Place] = {}
        repeated: set[str] = set()
        with self._opened() as file:
            file.seek(self.layout.start.offset)
            for place, line in _lines_that_begin_with(heads, file, self.layout, self.path):
                word = wanted.get(_word_of(line, self.layout))
                if word is None:
                    continue
                if places.setdefault(word, place) is not place:
                    repeated.add(word)
        return places, repeated

    def vectors(self, places: Mapping[str, Place]) -> dict[str, np.ndarray]:
        """Return the vectors of words whose places are known, float32 of the file's width.

        Raises:
            EmbeddingError: A line has another number of numbers than the file, or something that is none.
        """
        vectors = {}
        with self._opened() as file:
            # In the order of the file: under gzip every step back would unpack from the beginning.
            for word, place in sorted(places.items(), key=lambda item: item[1].offset):
                file.seek(place.offset)
                line = file.readline(LONGEST_LINE)
                where = f"{self.path}, line {place.line} ({word!r})"
                if not line.startswith(word.encode()):
                    raise EmbeddingError(f"{where}: the file was changed while it was read")
                vectors[word] = self._numbers(line[len(word.encode()) :].split(), self.layout.width, where)
        return vectors

    def rows_without_words(self, most: int) -> tuple[np.ndarray, int] | None:
        """Return the rows of a file that holds numbers only, and how many there are; None if there are words.

        Args:
            most: As many rows are kept; those after them are only counted.

        Raises:
            EmbeddingError: Rows have different lengths.
        """
        rows: list[np.ndarray] = []
        count = 0
        with self._opened() as file:
            file.seek(self.layout.start.offset)
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=self.layout.start.line):
                fields = line.split()
                if not fields:
                    continue
                if not _is_number(fields[0]):
                    return None
                count += 1
                if count <= most:
                    width = len(rows[0]) if rows else len(fields)
                    rows.append(self._numbers(fields, width, f"{self.path}, line {number}"))
        return np.stack(rows), count

    def _numbers(self, fields: list[bytes], width: int, where: str) -> np.ndarray:
        if len(fields) != width:
            raise EmbeddingError(f"{where}: {len(fields)} numbers, where the file has {width} on a line; mend the line")
        try:
            with np.errstate(over="ignore"):
                numbers = np.array([float(field) for field in fields], dtype=np.float64).astype(np.float32)
        except ValueError:
            wrong = next(field for field in fields if not _is_number(field))
            raise EmbeddingError(f"{where}: {_text(wrong)!r} is not a number; mend the line") from None
        if not np.isfinite(numbers).all():
            wrong = fields[int(np.flatnonzero(~np.isfinite(numbers))[0])]
            raise EmbeddingError(f"{where}: {_text(wrong)} is not a finite number in float32; mend the line")
        return numbers

    @contextlib.contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            with self.path.open("rb") as raw:
                packed = raw.read(2) == b"\x1f\x8b"
                raw.seek(0)
                yield cast(BinaryIO, io.BufferedReader(gzip.GzipFile(fileobj=raw), BLOCK_BYTES) if packed else raw)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise EmbeddingError(f"{self.path}: damaged gzip file ({error}); get it again") from None
        except OSError as error:
            raise EmbeddingError(f"{self.path} can't be read: {error.strerror or error}") from None


def _read_layout(file: BinaryIO, path: Path) -> Layout:
    offset = len(BYTE_ORDER_MARK) if file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
    file.seek(offset)
    lines = list(itertools.islice(iter(lambda: file.readline(LONGEST_LINE), b""), LINES_LOOKED_AT))
    if any(b"\0" in line for line in lines):
        raise EmbeddingError(f"{path}: {BINARY_ADVICE}")
    _check_length(max(map(len, lines), default=0), path)
    header = _is_header(lines)
    texts = [line for line in lines[header:] if line.strip()]
    separator = b"\t" if all(b"\t" in line for line in texts) else b" "
    rows = [_word_and_numbers(line, separator) for line in texts]
    if not any(len(row) > 1 and _is_number(row[-1]) for row in rows):
        shown = _text(lines[0].strip())[:60] if lines else "nothing"
        raise EmbeddingError(
            f"{path} is not a text file of word vectors: expected a word and its numbers, separated by spaces, on each "
            f"line; its first line holds {shown!r}"
        )
    return Layout(
        start=Place(1 + header, offset + (len(lines[0]) if header else 0)),
        width=int(lines[0].split()[1]) if header else _usual_width(rows),
        separator=separator,
        first_words=tuple(_text(row[0]) for row in rows[:5]),
        all_numbers=not header and all(map(_is_number, itertools.chain.from_iterable(rows))),
    )


def _word_and_numbers(line: bytes, separator: bytes) -> list[bytes]:
    word, _, numbers = line.strip().partition(separator)
    return [word, *numbers.split()]


def _usual_width(rows: list[list[bytes]]) -> int:
    """Return how many numbers most lines end in; words may hold spaces."""
    widths = (sum(1 for _ in itertools.takewhile(_is_number, reversed(row[1:]))) for row in rows)
    return Counter(width for width in widths if width).most_common(1)[0][0]


def _is_header(lines: list[bytes]) -> bool:
    """Tell whether the first line says how many words of what width follow, as word2vec and fastText write it."""
    first, second = (line.split() for line in [*lines, b"", b""][:2])
    if len(first) != 2 or not all(field.isdigit() and len(field) < 10 for field in first) or int(first[1]) == 0:
        return False
    # Rows of two whole numbers are no header with rows, but vectors of width 2 without words.
    return not (len(second) == 2 and all(map(_is_number, second)))


def _lines_that_begin_with(
    heads: Collection[bytes], file: BinaryIO, layout: Layout, path: Path
) -> Iterator[tuple[Place, bytes]]:
    """Yield the lines whose first word is one of `heads`."""
    number, offset = layout.start
    separator = layout.separator
    rest = b""
    for block in _blocks_with_final_newline(file):
        block = rest + block  # noqa: PLW2901
        start = 0
        # Nothing is copied of the other lines: this loop runs once for each line of the file.
        while (end := block.find(b"\n", start)) >= 0:
            cut = block.find(separator, start, end)
            if cut >= 0 and block[start:cut] in heads:
                yield Place(number, offset + start), block[start:end]
            number += 1
            start = end + 1
        offset += start
        rest = block[start:]
        _check_length(len(rest), path)


def _blocks_with_final_newline(file: BinaryIO) -> Iterable[bytes]:
    return itertools.chain(iter(lambda: file.read(BLOCK_BYTES), b""), [b"\n"])


def _check_length(length: int, path: Path) -> None:
    if length >= LONGEST_LINE:
        raise EmbeddingError(
            f"{path}: a line of over {LONGEST_LINE >> 20} MiB; this is not a text file of word vectors"
        )


def _word_of(line: bytes, layout: Layout) -> bytes:
    """Return the word of a line; GloVe's larger files have words that hold spaces, such as ``. . .``."""
    head, _, numbers = line.partition(layout.separator)
    fields = numbers.split()
    surplus = len(fields) - layout.width
    # Numbers too many are a broken line of the first word, not the rest of a longer word.
    if surplus <= 0 or all(map(_is_number, fields[:surplus])):
        return head
    return line.rstrip().rsplit(None, layout.width)[0]


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _text(field: bytes) -> str:
    return field.decode(errors="replace")
