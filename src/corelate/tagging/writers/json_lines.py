"""tags.jsonl: one JSON object a line, one line a picture."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from corelate.tagging.pictures import TaggedPicture
from corelate.tagging.tagger import shortest_float
from corelate.tagging.writers.line_writer import LineWriter


class JsonLinesWriter(LineWriter):
    """Writes ``{"path": "a.jpg", "tags": [{"label": "sea", "score": 0.93}]}``; with all scores also ``"scores"``."""

    file_name: ClassVar[str] = "tags.jsonl"
    takes_all_scores: ClassVar[bool] = True

    def record(self, picture: TaggedPicture) -> str:
        """Return the picture's line."""
        fields: dict[str, Any] = {"path": picture.name, "tags": [tag._asdict() for tag in picture.tags]}
        if picture.scores is not None:
            fields["scores"] = dict(zip(self.vocabulary, map(shortest_float, picture.scores), strict=True))
        return json.dumps(fields, ensure_ascii=False) + "\n"

    def name_of(self, record: str) -> str:
        """Return the path in a line."""
        fields = json.loads(record)
        if not isinstance(fields, dict) or not isinstance(fields.get("path"), str):
            raise ValueError("the line holds no path")
        return str(fields["path"])
