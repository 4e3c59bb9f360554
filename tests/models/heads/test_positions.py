"""The sine embedding of places against its definition."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from corelate.models.heads.positions import sine_positions


def by_definition(height: int, columns: int, width: int) -> torch.Tensor:
    """Return the embedding by loops: row in the first half, column in the second, sine and cosine in turn."""
    half = width // 2
    result = torch.zeros(1, height * columns, width, dtype=torch.float64)
    for row in range(height):
        for column in range(columns):
            angles = (2 * math.pi * (row + 1) / height, 2 * math.pi * (column + 1) / columns)
            for axis, angle in enumerate(angles):
                for channel in range(half):
                    slowed = angle / 10000 ** (2 * (channel // 2) / half)
                    wave = math.cos(slowed) if channel % 2 else math.sin(slowed)
                    result[0, row * columns + column, axis * half + channel] = wave
    return result


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (5, 1), (3, 5), (12, 12)])
@pytest.mark.parametrize("width", [4, 12, 32])
def test_positions_follow_the_definition(size: tuple[int, int], width: int):
    found = sine_positions(torch.zeros(2, 3, *size), width)
    assert found.shape == (1, size[0] * size[1], width)
    assert torch.allclose(found.double(), by_definition(*size, width), atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_positions_have_the_type_of_the_map_and_the_precision_of_float32(dtype: torch.dtype):
    found = sine_positions(torch.zeros(1, 3, 7, 9, dtype=dtype), 16)
    assert found.dtype == dtype
    assert torch.equal(found, sine_positions(torch.zeros(1, 3, 7, 9), 16).to(dtype))


@settings(max_examples=30, deadline=None)
@given(height=st.integers(1, 20), columns=st.integers(1, 20))
def test_no_two_places_have_the_same_embedding(height: int, columns: int):
    embedding = sine_positions(torch.zeros(1, 1, height, columns), 32)[0]
    distances = torch.cdist(embedding, embedding) + torch.eye(height * columns)
    assert distances.min() > 1e-3
    assert embedding.abs().max() <= 1
