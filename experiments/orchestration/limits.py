"""Time and memory that runs and a study may use."""

import time
from collections.abc import Callable

from ..config.study_spec import Limits

GRACE = 60.0
"""Seconds that a run over its time has to save before it is killed."""


class Budgets:
    """Keeps the time of a launch and of its runs at work."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.clock = limits, clock
        self._until: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._end: float | None = None

    @property
    def memory(self) -> int | None:
        """Bytes that a run may allocate."""
        return None if self.limits.run_memory_mb is None else int(self.limits.run_memory_mb * 2**20)

    @property
    def text(self) -> str:
        return f"more than limits.run_minutes ({self.limits.run_minutes})"

    @property
    def study_text(self) -> str:
        return f"limits.study_minutes ({self.limits.study_minutes}) are over"

    def begin(self) -> None:
        """The launch begins."""
        if self.limits.study_minutes is not None:
            self._end = self.clock() + 60 * self.limits.study_minutes

    def started(self, key: str, *, spent: float) -> None:
        """A run goes to work, after so many seconds in attempts that were interrupted."""
        if self.limits.run_minutes is not None:
            self._until[key] = self.clock() + 60 * self.limits.run_minutes - spent

    def ended(self, key: str) -> bool:
        """A run's worker is gone; whether it had been asked to stop because of its time."""
        self._until.pop(key, None)
        return self._asked.pop(key, None) is not None

    def to_stop(self) -> list[str]:
        """Runs whose time is over since this was last asked."""
        over = [key for key, until in self._until.items() if self.clock() > until and key not in self._asked]
        self._asked |= dict.fromkeys(over, self.clock())
        return over

    def to_kill(self) -> list[str]:
        """Runs that were asked to stop long ago."""
        return [key for key, asked in self._asked.items() if self.clock() > asked + GRACE]

    def study_is_over(self) -> bool:
        return self._end is not None and self.clock() > self._end
