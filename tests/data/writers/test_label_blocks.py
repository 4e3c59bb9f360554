import numpy as np
import pytest

from corelate.data.targets import TargetMatrix
from corelate.data.writers import label_blocks as module
from corelate.data.writers.label_blocks import label_blocks


@pytest.mark.parametrize("most_cells", [1, 3, 1000])
@pytest.mark.parametrize("most_rows", [1, 2, 100])
def test_blocks_give_the_lists_of_all_pictures(monkeypatch, most_rows, most_cells):
    monkeypatch.setattr(module, "MOST_CELLS", most_cells)
    generator = np.random.default_rng(most_cells)
    present = [list(generator.permutation(9)[: generator.integers(0, 5)]) for _ in range(20)]
    unknown = [[column for column in range(9) if column not in row and column % 2] for row in present]
    blocks = list(label_blocks(TargetMatrix.from_rows(present, 9, unknown), most_rows))
    assert [(row, other) for block in blocks for row, other in block.rows()] == list(zip(present, unknown, strict=True))
    assert all(block.stop - block.start <= most_rows for block in blocks)
    assert [block.start for block in blocks[1:]] == [block.stop for block in blocks[:-1]]


def test_no_pictures():
    assert list(label_blocks(TargetMatrix.from_rows([], 3))) == []


def test_lists_in_the_order_of_the_columns_have_no_places():
    block = next(label_blocks(TargetMatrix.from_rows([[0, 2], [], [1]], 3)))
    assert list(block.rows()) == [([0, 2], []), ([], []), ([1], [])]
