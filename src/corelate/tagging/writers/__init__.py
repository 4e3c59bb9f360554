"""Writers: where tags go. One module each; see `corelate.tagging.writers.base`."""

from corelate.registry import Entry, Registry

WRITERS = Registry(
    "writer",
    (
        Entry("jsonl", "corelate.tagging.writers.json_lines:JsonLinesWriter", "tags.jsonl: one JSON object a picture"),
        Entry("csv", "corelate.tagging.writers.csv:CsvWriter", "tags.csv: a table with path, labels and scores"),
    ),
)
