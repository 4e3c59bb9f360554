"""ESP Game: 20,770 pictures with 268 words that players agreed on, as research code has it or as TagProp published it.

Source: von Ahn, Dabbish, Labeling Images with a Computer Game, CHI 2004; words and division of Makadia, Pavlovic,
Kumar, A New Baseline for Image Annotation, ECCV 2008.
"""

from __future__ import annotations

from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.tagprop import Collection, Options, read_collection

ESPGAME = Collection(
    name="espgame",
    archives=("espgame*.tar", "espgame*.zip", "ESP-ImageSet*.tar", "ESP-ImageSet*.zip", "images.zip", "images.tar"),
    # The official archive holds ESP-ImageSet/images/59033.jpg and so on.
    pictures=("ESP-ImageSet/images", "images", "ESP-ImageSet"),
)


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a folder, an archive, or a single JSON file.

    Raises:
        DataError: See `read_collection`.
    """
    return read_collection(path, options, ESPGAME)


FORMAT = DataFormat(Options, read)
