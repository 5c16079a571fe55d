"""The time and memory limits of a study and of its runs."""

import time
from collections.abc import Callable

from ..config.study_spec import Limits

GRACE_SECONDS = 60.0
"""How long a run may take to save, once its time is over or the launch is stopping, before it is killed."""


class RunLimits:
    """Measures the time of one launch and of its runs against the study's limits."""

    def __init__(self, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self.clock = limits, clock
        self._deadlines: dict[str, float] = {}
        self._stop_requests: dict[str, float] = {}
        self._study_deadline: float | None = None

    @property
    def memory(self) -> int | None:
        """The bytes that a run may allocate; None without a limit."""
        return None if self.limits.run_memory_mb is None else int(self.limits.run_memory_mb * 2**20)

    @property
    def run_message(self) -> str:
        """The message for a run over its time."""
        return f"more than limits.run_minutes ({self.limits.run_minutes})"

    @property
    def study_message(self) -> str:
        """The message for a launch over its time."""
        return f"limits.study_minutes ({self.limits.study_minutes}) are over"

    def start_study(self) -> None:
        """Start the clock of this launch."""
        if self.limits.study_minutes is not None:
            self._study_deadline = self.clock() + 60 * self.limits.study_minutes

    def start_run(self, key: str, *, spent: float) -> None:
        """Start the clock of a run that has already used `spent` seconds in interrupted attempts."""
        if self.limits.run_minutes is not None:
            self._deadlines[key] = self.clock() + 60 * self.limits.run_minutes - spent

    def end_run(self, key: str) -> bool:
        """Stop the clock of a run; return whether the run was asked to stop because of its time."""
        self._deadlines.pop(key, None)
        return self._stop_requests.pop(key, None) is not None

    def runs_to_stop(self) -> list[str]:
        """Return the runs whose time has ended since the last call."""
        now = self.clock()
        over = [key for key, end in self._deadlines.items() if now > end and key not in self._stop_requests]
        self._stop_requests |= dict.fromkeys(over, now)
        return over

    def runs_to_kill(self) -> list[str]:
        """Return the runs that have not ended within `GRACE_SECONDS` of the request to stop."""
        return [key for key, asked in self._stop_requests.items() if self.clock() > asked + GRACE_SECONDS]

    def study_is_over(self) -> bool:
        """Return whether the time of this launch has ended."""
        return self._study_deadline is not None and self.clock() > self._study_deadline
