import os
import pickle
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corelate.data import embedded_references
from corelate.data.embedded_references import ArrowReference, ParquetReference
from corelate.data.references import ImageReference
from corelate.errors import ImageReadError

PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
ROWS = 10


def table(kind=PICTURE):
    cells = [f"picture {row}".encode() for row in range(ROWS)]
    cells[7] = None
    values = cells if pa.types.is_binary(kind) else [{"bytes": cell, "path": None} for cell in cells]
    return pa.table({"image": pa.array(values, kind), "id": list(range(ROWS))})


def arrow(folder, data, batch=4):
    path = folder / "data.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, data.schema) as writer:
        writer.write_table(data, max_chunksize=batch)
    source = pa.memory_map(str(path))
    pa.ipc.open_stream(source)  # goes on to the first batch
    places = []
    for start in range(0, len(data), batch):
        offset = source.tell()
        pa.ipc.read_message(source)
        places += [(offset, row) for row in range(min(batch, len(data) - start))]
    return [ArrowReference(path, offset, row, "image", f"{n}.jpg") for n, (offset, row) in enumerate(places)]


def parquet(folder, data, group=4):
    path = folder / "data.parquet"
    pq.write_table(data, path, row_group_size=group)
    column = "image.bytes" if pa.types.is_struct(data.schema.field("image").type) else "image"
    return [ParquetReference(path, n // group, n % group, column, f"{n}.jpg") for n in range(len(data))]


@pytest.fixture(params=[arrow, parquet], ids=["arrow", "parquet"])
def write(request, tmp_path):
    return lambda *args: request.param(tmp_path, *args)


ORDERS = {"forwards": range(7), "backwards": range(6, -1, -1), "to and fro": [3, 3, 0, 5, 1, 6, 2, 4]}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", [PICTURE, pa.binary()])
def test_pictures_are_read_in_any_order(write, order, kind):
    references = write(table(kind))
    assert all(isinstance(reference, ImageReference) for reference in references)
    assert [references[row].read() for row in ORDERS[order]] == [f"picture {row}".encode() for row in ORDERS[order]]


def test_empty_cell_is_an_error_with_the_name(write):
    references = write(table())
    with pytest.raises(ImageReadError, match=r"7\.jpg: there is no picture in its cell"):
        references[7].read()
    assert references[8].read() == b"picture 8"


def test_references_can_be_sent_to_another_process(write):
    reference = write(table())[5]
    assert pickle.loads(pickle.dumps(reference)) == reference
    assert pickle.loads(pickle.dumps(reference)).read() == b"picture 5"
    assert len(pickle.dumps(reference)) < 400


def test_nothing_is_opened_before_it_is_read_and_a_missing_file_is_an_error(write):
    reference = write(table())[0]
    reference.file.unlink()
    with pytest.raises(ImageReadError, match=r"0\.jpg: can't be read from .*data"):
        reference.read()


@pytest.mark.parametrize("cut", [0, 10, 300, -40])
def test_damaged_file_is_an_error(write, cut):
    references = write(table())
    data = references[0].file.read_bytes()
    references[0].file.write_bytes(data[:cut])
    with pytest.raises(ImageReadError):
        for reference in references:
            reference.read()


def test_rows_and_places_that_are_not_there_are_errors(write):
    import dataclasses

    reference = write(table())[0]
    place = "offset" if isinstance(reference, ArrowReference) else "row_group"
    for change in ({"row": 99}, {"column": "gone"}, {"column": "id"}, {place: 7}, {place: 1 << 40}):
        with pytest.raises(ImageReadError):
            dataclasses.replace(reference, **change).read()
    assert reference.read() == b"picture 0"


def test_large_pictures_are_refused(write, monkeypatch):
    reference = write(table())[0]
    monkeypatch.setattr(embedded_references, "MAX_FILE_BYTES", 5)
    with pytest.raises(ImageReadError, match="larger than"):
        reference.read()


def test_threads_do_not_disturb_each_other(write):
    references = [reference for row, reference in enumerate(write(table())) if row != 7]
    expected = [reference.read() for reference in references]
    wrong = []

    def read_all():
        for _ in range(20):
            if [reference.read() for reference in references] != expected:
                wrong.append(1)

    threads = [threading.Thread(target=read_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_processes_do_not_share_what_is_open(write):
    references = write(table())
    assert references[0].read() == b"picture 0"
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, b" ".join(references[row].read() for row in (1, 2, 5)))
        finally:
            os._exit(0)
    assert references[2].read() == b"picture 2"
    os.waitpid(child, 0)
    assert os.read(reader, 1000) == b"picture 1 picture 2 picture 5"


def test_arrow_file_whose_offsets_lead_out_is_refused(tmp_path):
    references = arrow(tmp_path, table(), ROWS)
    data = bytearray(references[0].file.read_bytes())
    start = data.index(b"".join(n.to_bytes(4, "little") for n in (0, 9, 18, 27)))
    data[start + 4 : start + 8] = (1 << 30).to_bytes(4, "little")
    references[0].file.write_bytes(data)
    with pytest.raises(ImageReadError, match="offset"):
        references[0].read()


def test_only_the_last_place_is_kept_open(write):
    references = write(table())
    for reference in references[:6]:
        reference.read()
    assert embedded_references._last.key[1] == (
        references[5].offset if isinstance(references[5], ArrowReference) else references[5].row_group
    )


def test_pictures_in_a_row_open_their_place_once(write, monkeypatch):
    references = write(table())
    opened = []
    for name in ("_arrow_pictures", "_ParquetPictures"):
        make = getattr(embedded_references, name)
        monkeypatch.setattr(embedded_references, name, lambda *key, make=make: opened.append(key) or make(*key))
    for row in (0, 1, 2, 3, 4, 5):
        references[row].read()
    assert len(opened) == 2, "four pictures lie in one place, and two in the next"
