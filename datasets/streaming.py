"""Examples decoded when they are asked for, by threads: for data larger than the cache may be. Same bits as from it."""

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
AHEAD = 4
"""Batches that are decoded before they are asked for."""


class Rows(Protocol):
    """What a split's images and targets can do: a tensor, or rows that are made when they are wanted."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, chosen: Tensor | slice, /) -> Tensor: ...


class Streamed:
    """uint8 rows of `shape` (N, ...), row i made by `decode(i)`."""

    def __init__(self, decode: Decode, shape: Sequence[int]) -> None:
        self.decode = decode
        self.shape = torch.Size(shape)
        self._pool: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen: Tensor | slice) -> Tensor:
        return self.gather(self.ask(chosen))

    def ask(self, chosen: Tensor | slice) -> list[Future[NDArray[np.uint8]]]:
        """Begin to decode these rows."""
        if self._pool is None:  # made by the process that reads: threads do not survive a fork
            self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        rows = range(len(self))[chosen] if isinstance(chosen, slice) else chosen.tolist()
        return [self._pool.submit(self.decode, row) for row in rows]

    def gather(self, asked: Sequence[Future[NDArray[np.uint8]]]) -> Tensor:
        """The rows, once they are decoded."""
        made = [row.result() for row in asked]
        return (
            torch.from_numpy(np.stack(made)) if made else torch.empty((0, *self.shape[1:]), dtype=torch.uint8)
        )


def batches(images: Rows, targets: Rows, chosen: Sequence[Tensor]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """(positions, images, targets) of each batch; of streamed rows the next few are decoded meanwhile."""
    waiting: deque[tuple[Tensor, Callable[[], Tensor], Callable[[], Tensor]]] = deque()
    for one in chosen:
        waiting.append((one, _asked(images, one), _asked(targets, one)))
        if len(waiting) > AHEAD:
            yield _given(waiting.popleft())
    while waiting:
        yield _given(waiting.popleft())


def _asked(rows: Rows, chosen: Tensor) -> Callable[[], Tensor]:
    if not isinstance(rows, Streamed):
        return lambda: rows[chosen]
    asked = rows.ask(chosen)
    return lambda: rows.gather(asked)


def _given(batch: tuple[Tensor, Callable[[], Tensor], Callable[[], Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    one, images, targets = batch
    return one, images(), targets()
