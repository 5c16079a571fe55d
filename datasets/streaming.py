"""Rows that are decoded when they are indexed, by threads: for data that do not fit in the cache. Bits are the same."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Decode = Callable[[int], NDArray[np.uint8]]
PREFETCHED_BATCHES = 4
"""Batches that are decoded ahead of the one in use."""


class Rows(Protocol):
    """The interface of a split's images and targets: a tensor, or rows that are decoded when indexed."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, chosen: Tensor | slice, /) -> Tensor: ...


class StreamedRows:
    """uint8 rows of `shape` (N, ...); `decode(i)` makes row i."""

    def __init__(self, decode: Decode, shape: Sequence[int]) -> None:
        self.decode = decode
        self.shape = torch.Size(shape)
        self._pool: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: Tensor | slice) -> Tensor:
        return self.gather(self.submit(chosen))

    def submit(self, chosen: Tensor | slice) -> list[Future[NDArray[np.uint8]]]:
        """Start to decode the chosen rows."""
        if self._pool is None:  # created by the process that reads: threads do not survive a fork
            self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        rows = range(len(self))[chosen] if isinstance(chosen, slice) else chosen.tolist()
        return [self._pool.submit(self.decode, row) for row in rows]

    def gather(self, futures: Sequence[Future[NDArray[np.uint8]]]) -> Tensor:
        """Wait for rows that `submit` started and stack them, (n, ...)."""
        rows = [future.result() for future in futures]
        if not rows:
            return torch.empty((0, *self.shape[1:]), dtype=torch.uint8)
        return torch.from_numpy(np.stack(rows))


def iterate_batches(
    images: Rows, targets: Rows, chosen: Sequence[Tensor]
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield (positions, images, targets) of each batch; the next batches of streamed rows are decoded meanwhile."""
    pending: deque[tuple[Tensor, Callable[[], Tensor], Callable[[], Tensor]]] = deque()
    for positions in chosen:
        pending.append((positions, _request(images, positions), _request(targets, positions)))
        if len(pending) > PREFETCHED_BATCHES:
            yield _collect(pending.popleft())
    while pending:
        yield _collect(pending.popleft())


def _request(rows: Rows, positions: Tensor) -> Callable[[], Tensor]:
    """Start to decode streamed rows; return a function that waits for them."""
    if not isinstance(rows, StreamedRows):
        return lambda: rows[positions]
    futures = rows.submit(positions)
    return lambda: rows.gather(futures)


def _collect(
    batch: tuple[Tensor, Callable[[], Tensor], Callable[[], Tensor]],
) -> tuple[Tensor, Tensor, Tensor]:
    positions, images, targets = batch
    return positions, images(), targets()
