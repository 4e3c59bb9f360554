from __future__ import annotations

import re
from pathlib import Path

from corelate.data.vocabulary import Vocabulary
from corelate.tagging.pictures import Tag, TaggedPicture
from corelate.tagging.writers import WRITERS

DOCS = Path(__file__).parents[3] / "docs"


def test_the_example_on_adding_a_writer_works(tmp_path: Path) -> None:
    example = re.search(r"```python\n(.*?)```", (DOCS / "extend" / "writer.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, type] = {}
    exec(example.group(1), names)
    for name in ("a.jpg", "b.jpg"):
        writer = names["TextWriter"](tmp_path, Vocabulary(["sea", "sky"]))
        writer.open(resume=True)
        assert ("a.jpg" in writer) == (name == "b.jpg")
        writer.write(TaggedPicture(Path(name), name, [Tag("sky", 0.9), Tag("sea", 0.8)]))
        writer.finish()
    assert (tmp_path / "tags.txt").read_text() == "a.jpg\tsky,sea\nb.jpg\tsky,sea\n"


def test_every_writer_has_its_entry() -> None:
    page = (DOCS / "tagging.md").read_text(encoding="utf-8")
    for entry in WRITERS:
        assert f"| `{entry.name}` |" in page
