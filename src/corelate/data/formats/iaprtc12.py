"""IAPR TC-12: 19,627 photographs with 291 words, in the JSON form of research code or as TagProp published them.

Source: Grubinger, Clough, Müller, Deselaers, The IAPR TC-12 Benchmark: A New Evaluation Resource for Visual Information
Systems, OntoImage 2006; words and division of Makadia, Pavlovic, Kumar, A New Baseline for Image Annotation, ECCV 2008.
"""

from __future__ import annotations

from pathlib import Path

from corelate.data.annotation_set import AnnotationSet
from corelate.data.formats.base import DataFormat
from corelate.data.formats.tagprop import Collection, Options, read_collection

IAPRTC12 = Collection(
    name="iaprtc12",
    archives=("iaprtc12*.tar", "iaprtc12*.zip", "images.zip", "images.tar"),
    # The official archive holds images/00/25.jpg and so on in a folder iaprtc12.
    pictures=("images", "iaprtc12/images", "saiapr_tc-12", "iaprtc12"),
)


def read(path: Path, options: Options) -> AnnotationSet:
    """Read a folder, an archive, or a single JSON file.

    Raises:
        DataError: See `read_collection`.
    """
    return read_collection(path, options, IAPRTC12)


FORMAT = DataFormat(Options, read)
