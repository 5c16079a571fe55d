"""Where a run computes: the CPU, or a GPU and the memory that the run may hold there."""

from typing import NamedTuple

FIRST_RUN_MARGIN = 1.5
"""Factor from a measured peak to the memory that is reserved while the run's own peak is not known: for an arm without
a finished run, over the highest peak in its setting; for a first run after its first epoch, since its test split may
come in larger batches than its validation split."""


class Slot(NamedTuple):
    """torch's name of the device, and the bytes that the run may hold there (None: all)."""

    device: str
    memory: int | None
    shared: bool = True
    """Whether other runs may use the device as well once this run's memory is known."""


CPU = Slot("cpu", None)
