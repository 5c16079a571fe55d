"""Where a run computes: on the CPU, or on a GPU with the memory that it may hold there."""

from typing import NamedTuple

FIRST_RUN_MARGIN = 1.5
"""Factor on a measured peak: on the highest peak of a setting for an arm without runs of its own, and on a first run's
peak after its first epoch, since the test split may come in larger batches than the validation split."""


class Slot(NamedTuple):
    """The device of a run by torch's name, and the bytes that it may hold there (None: no limit)."""

    device: str
    memory: int | None
    shared: bool = True
    """Whether other runs may use the device once the run's peak memory is known."""


CPU = Slot("cpu", None)
