"""Data writers: one module each, holding a `DataWriter`; what one writes, the data format of the same name reads."""

from corelate.registry import Entry, Registry

DATA_WRITERS = Registry(
    "data writer",
    (
        Entry(
            "table",
            "corelate.data.writers.table:WRITER",
            "a CSV, TSV, JSON Lines or Parquet table, by the suffix of the path",
            aliases=("csv",),
        ),
        Entry(
            "coco",
            "corelate.data.writers.coco:WRITER",
            "MS-COCO: a folder with an instances file for each split, or one file that ends in .json",
        ),
        Entry(
            "corel5k",
            "corelate.data.writers.corel5k:WRITER",
            "a folder with train.json and test.json, or one file that ends in .json",
        ),
    ),
)
