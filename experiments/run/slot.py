"""Where a run is placed: the CPU, or a graphics card and the memory that the run may hold there."""

from typing import NamedTuple

FIRST_RUN_MARGIN = 1.5
"""The same for an arm that was not seen yet, over the highest peak in its setting, and for a first run after its first
epoch: its test split may come in larger batches than its validation split."""


class Slot(NamedTuple):
    """A run's place: torch's name of the device, and the bytes that it may hold there (None: all)."""

    device: str
    memory: int | None
    shared: bool = True
    """Whether others may come once it is known what the run holds."""


CPU = Slot("cpu", None)
