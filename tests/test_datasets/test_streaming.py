"""Rows that are decoded when they are indexed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from datasets.streaming import PREFETCHED_BATCHES, Rows, StreamedRows, iterate_batches

COUNT = 40


class Recorder:
    """Decodes row i to (i, 2i, 3i) and records which rows were decoded."""

    def __init__(self) -> None:
        self.decoded: list[int] = []

    def decode(self, row: int) -> NDArray[np.uint8]:
        self.decoded.append(row)
        return np.array([row, 2 * row, 3 * row], np.uint8)


def stream(recorder: Recorder | None = None) -> StreamedRows:
    return StreamedRows((recorder or Recorder()).decode, (COUNT, 3))


TABLE = torch.arange(COUNT, dtype=torch.uint8)[:, None] * torch.tensor([1, 2, 3], dtype=torch.uint8)


@pytest.mark.parametrize(
    "chosen",
    [torch.tensor([3, 0, 3, 39]), torch.tensor([], dtype=torch.int64), slice(5, 20, 3), slice(None)],
    ids=["positions", "none", "slice", "all"],
)
def test_streamed_rows_are_indexed_like_a_tensor(chosen: torch.Tensor | slice) -> None:
    rows = stream()
    assert (len(rows), tuple(rows.shape)) == (COUNT, (COUNT, 3))
    assert torch.equal(rows[chosen], TABLE[chosen])
    assert rows[chosen].dtype == torch.uint8


def test_nothing_is_decoded_before_it_is_indexed() -> None:
    recorder = Recorder()
    rows = stream(recorder)
    assert recorder.decoded == []
    rows[torch.tensor([7, 9])]
    assert sorted(recorder.decoded) == [7, 9]


@pytest.mark.parametrize("targets", [TABLE[:, 0], stream()], ids=["tensor", "streamed"])
def test_batches_are_the_rows_at_their_positions(targets: Rows) -> None:
    chosen = torch.split(torch.randperm(COUNT, generator=torch.Generator().manual_seed(0)), 7)
    batches = list(iterate_batches(stream(), targets, chosen))
    assert len(batches) == 6
    for positions, (index, images, labels) in zip(chosen, batches, strict=True):
        assert torch.equal(index, positions)
        assert torch.equal(images, TABLE[positions])
        assert torch.equal(labels, targets[positions])


def test_only_a_few_batches_are_decoded_ahead() -> None:
    recorder = Recorder()
    chosen = torch.split(torch.arange(COUNT), 4)
    batches = iterate_batches(stream(recorder), TABLE, chosen)
    next(batches)
    assert set(range(4)) <= set(recorder.decoded) <= set(range(4 * (PREFETCHED_BATCHES + 1)))


def test_an_error_while_decoding_reaches_the_reader() -> None:
    def fail(row: int) -> NDArray[np.uint8]:
        raise OSError(f"row {row} is gone")

    with pytest.raises(OSError, match="row 2 is gone"):
        StreamedRows(fail, (COUNT, 3))[torch.tensor([2])]
