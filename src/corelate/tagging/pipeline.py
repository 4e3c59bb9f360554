"""From found pictures to tagged pictures: read by a few threads, scored in batches, given back in order.

What is in memory is a few batches of prepared pictures, however many there are to tag.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np

from corelate.data.images import read_image
from corelate.data.references import FileReference
from corelate.decisions.base import Decision
from corelate.errors import OptionError
from corelate.tagging.pictures import FoundPicture, SkippedPicture, TaggedPicture
from corelate.tagging.tagger import BATCH_SIZE, Tagger

MOST_READERS = 8
BATCHES_AHEAD = 2

# N pictures with the network's float32 N×3×H×W input; the rows of skipped ones mean nothing.
Batch = tuple[list[FoundPicture | SkippedPicture], np.ndarray]


@dataclass(frozen=True)
class PipelineOptions:
    """How pictures are tagged.

    Attributes:
        batch_size: Pictures that the network sees at once.
        readers: Threads that read and prepare pictures; None takes one for each core, at most 8.
        max_tags: Keep only that many of the best tags.
        any_suffix: Read pictures of another format than their suffix says.
        keep_scores: Give back the scores of all labels.

    Raises:
        OptionError: A number is less than 1.
    """

    batch_size: int = BATCH_SIZE
    readers: int | None = None
    max_tags: int | None = None
    any_suffix: bool = False
    keep_scores: bool = False

    def __post_init__(self) -> None:
        for name in ("batch_size", "readers", "max_tags"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"{name} is {value}, expected at least 1")


def tag_pictures(
    tagger: Tagger,
    pictures: Iterable[FoundPicture | SkippedPicture],
    decision: Decision,
    options: PipelineOptions | None = None,
) -> Generator[TaggedPicture | SkippedPicture, None, None]:
    """Tag pictures as they come.

    Args:
        tagger: The annotator.
        pictures: What to tag; what was already skipped is passed on in its place.
        decision: From scores to tags.
        options: How; the defaults suit most machines.

    Yields:
        For each picture, in order, its tags or why it was skipped. One picture that can't be read never stops the rest.

    Raises:
        BundleError: The network itself fails.
        OptionError: There is not enough memory for batches of that size.
    """
    options = options or PipelineOptions()
    with closing(_read_ahead(tagger, pictures, options)) as batches:
        for batch, pixels in batches:
            yield from _tag_batch(tagger, batch, pixels, decision, options)


def _tag_batch(
    tagger: Tagger,
    batch: Sequence[FoundPicture | SkippedPicture],
    pixels: np.ndarray,
    decision: Decision,
    options: PipelineOptions,
) -> Iterator[TaggedPicture | SkippedPicture]:
    readable = [row for row, picture in enumerate(batch) if isinstance(picture, FoundPicture)]
    if len(readable) < len(batch):
        pixels = pixels[readable]
    scores = tagger.score_prepared(pixels) if readable else np.zeros((0, len(tagger.labels)), np.float32)
    results = zip(scores, tagger.tags_of(scores, decision), strict=True) if readable else iter(())
    for picture in batch:
        if isinstance(picture, SkippedPicture):
            yield picture
            continue
        row, tags = next(results)
        kept = row.copy() if options.keep_scores else None
        yield TaggedPicture(picture.path, picture.name, tags[: options.max_tags], kept)


def _read_ahead(
    tagger: Tagger, pictures: Iterable[FoundPicture | SkippedPicture], options: PipelineOptions
) -> Generator[Batch, None, None]:
    """Yield batches in order, while threads read those that come next; a batch is good until the next one is taken."""
    readers = options.readers or min(MOST_READERS, os.cpu_count() or 1)
    remaining = iter(pictures)
    waiting: deque[tuple[list[Future[FoundPicture | SkippedPicture]], np.ndarray]] = deque()
    executor = ThreadPoolExecutor(readers, thread_name_prefix="read-picture")

    def finish_first() -> Batch:
        futures, pixels = waiting.popleft()
        return [future.result() for future in futures], pixels

    buffers = cycle(_buffers((options.batch_size, *tagger.input_shape)))
    try:
        while batch := list(islice(remaining, options.batch_size)):
            pixels = next(buffers)[: len(batch)]
            futures = [
                executor.submit(_read, tagger, picture, options.any_suffix, row)
                for picture, row in zip(batch, pixels, strict=True)
            ]
            waiting.append((futures, pixels))
            if len(waiting) > BATCHES_AHEAD:
                yield finish_first()
        while waiting:
            yield finish_first()
    finally:
        executor.shutdown(cancel_futures=True)


def _buffers(shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return the arrays that are filled again and again, so that memory has its full size after the first batches."""
    try:
        return [np.empty(shape, np.float32) for _ in range(BATCHES_AHEAD + 1)]
    except (MemoryError, ValueError) as error:
        raise OptionError(f"there is not enough memory for batches of {shape[0]} pictures; choose fewer") from error


def _read(
    tagger: Tagger, picture: FoundPicture | SkippedPicture, any_suffix: bool, pixels: np.ndarray
) -> FoundPicture | SkippedPicture:
    """Read a picture into its row of the batch; return it, or why it is skipped."""
    if isinstance(picture, SkippedPicture):
        return picture
    reference = FileReference(picture.path, picture.name)
    try:
        pixels[:] = tagger.prepare(read_image(reference, any_suffix=any_suffix))
    except Exception as error:  # whatever is wrong with one picture must not stop the others
        return SkippedPicture(picture.path, picture.name, _reason(error, picture))
    return picture


def _reason(error: Exception, picture: FoundPicture) -> str:
    """Return what was wrong, without the picture's name: that is shown beside it."""
    if isinstance(error, MemoryError):
        return "not enough memory to read it"
    text = str(error) or type(error).__name__
    for name in (picture.name, str(picture.path)):
        text = text.removeprefix(f"{name}: ")
    return text
