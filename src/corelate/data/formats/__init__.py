"""Data formats: one module each, holding a dataclass `Options` and a function ``read(path, options)``."""

from corelate.registry import Entry, Registry

FORMATS = Registry(
    "data format",
    (
        Entry(
            "corel5k",
            "corelate.data.formats.corel5k:FORMAT",
            "train.json and test.json with an images folder, or a zip of them",
        ),
        Entry(
            "csv",
            "corelate.data.formats.csv:FORMAT",
            "a table with a path column and one labels column, or one column a label",
        ),
        Entry(
            "scenes",
            "corelate.data.formats.scenes:FORMAT",
            "pictures drawn from a seed; the path is how many, e.g. scenes:600",
        ),
    ),
)
