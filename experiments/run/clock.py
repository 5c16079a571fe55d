"""How long a run has taken, over all of its attempts."""

import resource
import time
from typing import NamedTuple

from ..store.rows import now


class ClockReading(NamedTuple):
    """Times (ISO 8601), seconds over all attempts, and the peak memory of this attempt in bytes."""

    started: str
    ended: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Clock:
    """Wall and CPU seconds over all attempts, and the peak memory of this one."""

    def __init__(self) -> None:
        self.started = now()
        self._before = 0.0, 0.0
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def state(self) -> dict[str, object]:
        """What a checkpoint keeps of it."""
        return {"started": self.started, "spent": list(self._spent())}

    def restore(self, started: str, spent: tuple[float, float]) -> None:
        """Go on from another attempt's start and seconds."""
        self.started, self._before = started, spent

    def _spent(self) -> tuple[float, float]:
        return (
            self._before[0] + time.monotonic() - self._wall,
            self._before[1] + time.process_time() - self._cpu,
        )

    def reading(self) -> ClockReading:
        """What the record says when the run is over."""
        wall, cpu = self._spent()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return ClockReading(self.started, now(), round(wall, 3), round(cpu, 3), peak)
