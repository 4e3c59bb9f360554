"""Data formats: one module each, holding a dataclass `Options` and a function ``read(path, options)``."""

from corelate.registry import Entry, Registry

FORMATS = Registry(
    "data format",
    (
        Entry(
            "coco",
            "corelate.data.formats.coco:FORMAT",
            "MS-COCO: an instances file, or the folder of annotations and pictures",
        ),
        Entry(
            "corel5k",
            "corelate.data.formats.corel5k:FORMAT",
            "train.json and test.json with an images folder, or a zip of them",
        ),
        Entry(
            "espgame",
            "corelate.data.formats.espgame:FORMAT",
            "ESP Game: train.json and test.json, or the lists of TagProp's data page",
        ),
        Entry(
            "huggingface",
            "corelate.data.formats.huggingface:FORMAT",
            "a folder of Hugging Face datasets: pictures with metadata, saved to disk, or Parquet files",
            aliases=("imagefolder", "hf"),
        ),
        Entry(
            "iaprtc12",
            "corelate.data.formats.iaprtc12:FORMAT",
            "IAPR TC-12: train.json and test.json, or the lists of TagProp's data page",
        ),
        Entry(
            "nus_wide",
            "corelate.data.formats.nus_wide:FORMAT",
            "NUS-WIDE: ground truth of 81 concepts, or train.json and test.json",
        ),
        Entry(
            "photos",
            "corelate.data.formats.photos:FORMAT",
            "a folder of photos that carry their keywords: embedded XMP and IPTC, or XMP files beside them",
        ),
        Entry(
            "scenes",
            "corelate.data.formats.scenes:FORMAT",
            "pictures drawn from a seed; the path is how many, e.g. scenes:600",
        ),
        Entry(
            "table",
            "corelate.data.formats.table:FORMAT",
            "a CSV, TSV, JSON Lines or Parquet table, one row a picture",
            aliases=("csv",),
        ),
        Entry(
            "voc",
            "corelate.data.formats.voc:FORMAT",
            "PASCAL VOC: the folder VOC2007 or VOCdevkit, or the official tar archives",
        ),
    ),
)
