"""The pictures of a run, found again by their names, as far as they are still there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from PIL import Image

from corelate.data.annotation_set import AnnotationSet
from corelate.data.images import read_image
from corelate.data.originals import without_generated
from corelate.data.references import ImageReference
from corelate.data.spec import DataSpec, load_annotations
from corelate.errors import CorelateError, ImageReadError


@dataclass(frozen=True)
class RunPictures:
    """Pictures of a data set by name; the set is read when the first is asked for.

    Attributes:
        spec: The data set.
        any_suffix: Whether a picture's suffix may be another format's.
    """

    spec: str
    any_suffix: bool = False

    @cached_property
    def annotations(self) -> AnnotationSet | None:
        """The data set, or None where it can't be read; `problem` then says why."""
        return None if isinstance(self._read, str) else self._read

    @property
    def problem(self) -> str:
        """Why the data set can't be read, or nothing."""
        return self._read if isinstance(self._read, str) else ""

    @cached_property
    def _read(self) -> AnnotationSet | str:
        try:
            # What a run shows is real, and is shown when generated pictures have gone.
            return without_generated(load_annotations(DataSpec.parse(self.spec).without_generated().to_text()))
        except CorelateError as error:
            return str(error)
        except OSError as error:
            return f"{error.filename or self.spec}: {error.strerror or error}"

    @cached_property
    def _references(self) -> dict[str, ImageReference]:
        if self.annotations is None:
            return {}
        pictures = self.annotations.pictures
        # A name that two pictures have says of neither which it is.
        return {name: pictures[row] for row, name in enumerate(self.annotations.names) if name not in self._repeated}

    @cached_property
    def _repeated(self) -> set[str]:
        names = () if self.annotations is None else self.annotations.names
        return {name for name, count in Counter(names).items() if count > 1}

    def open(self, name: str, at_least: int | None = None) -> Image.Image:
        """Return a picture in RGB.

        Args:
            name: The picture's name.
            at_least: As for `corelate.data.images.decode_image`: pixels of the longer side that are enough.

        Raises:
            ImageReadError: It is not there or can't be read.
        """
        if self.problem:
            raise ImageReadError(f"{name}: the data set can't be read: {self.problem}")
        if name in self._repeated:
            raise ImageReadError(f"{name}: several pictures of {self.spec} have this name")
        if name not in self._references:
            raise ImageReadError(f"{name}: not in {self.spec} any more")
        return read_image(self._references[name], any_suffix=self.any_suffix, at_least=at_least)


def shrunk(image: Image.Image, longest: int) -> Image.Image:
    """Return a picture whose longer side is at most so many pixels, in its own proportions."""
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
