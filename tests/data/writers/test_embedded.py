"""Pictures that lie in Parquet files are copied out of them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corelate.data.spec import load_annotations
from corelate.data.writers.conversion import convert
from corelate.errors import DataError


def test_pictures_in_parquet_can_be_copied_and_not_left(tmp_path, bytes_of):
    pictures = [{"bytes": data, "path": name.replace("/", "-")} for name, data in bytes_of.items()]
    table = pa.table({"image": pictures, "labels": [["sea", "sky"], ["sky"], []]})
    (tmp_path / "hub").mkdir()
    pq.write_table(table, tmp_path / "hub/train-00000-of-00001.parquet")
    spec = f"huggingface:{tmp_path}/hub"
    with pytest.raises(DataError, match="--pictures copy"):
        convert(spec, f"{tmp_path}/o.csv")
    result = convert(spec, f"coco:{tmp_path}/out", pictures="copy")
    before, after = load_annotations(spec), load_annotations(result.spec, strict=True)
    assert [picture.read() for picture in after.pictures] == list(bytes_of.values())
    assert (after.names, after.vocabulary, after.splits.tolist()) == (before.names, before.vocabulary, ["train"] * 3)
    assert after.targets.dense_places().tolist() == before.targets.dense_places().tolist()
