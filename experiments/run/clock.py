"""A run's times over all of its attempts, and its peak memory."""

import resource
import time
from typing import NamedTuple

from ..store.rows import now


class ClockReading(NamedTuple):
    """Start and end (ISO 8601), seconds over all attempts, and this attempt's peak memory in bytes."""

    started: str
    ended: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Clock:
    """Measures wall and CPU seconds over all attempts, and the peak memory of this one."""

    def __init__(self) -> None:
        self.started = now()
        self._before = 0.0, 0.0
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def state(self) -> dict[str, object]:
        """Return what a checkpoint stores of the clock."""
        return {"started": self.started, "spent": list(self._spent())}

    def restore(self, started: str, spent: tuple[float, float]) -> None:
        """Continue from the start and the (wall, CPU) seconds of an earlier attempt."""
        self.started, self._before = started, spent

    def _spent(self) -> tuple[float, float]:
        """Return (wall, CPU) seconds over all attempts."""
        return (
            self._before[0] + time.monotonic() - self._wall,
            self._before[1] + time.process_time() - self._cpu,
        )

    def reading(self) -> ClockReading:
        """Read the clock at the end of a run."""
        wall, cpu = self._spent()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return ClockReading(self.started, now(), round(wall, 3), round(cpu, 3), peak)
