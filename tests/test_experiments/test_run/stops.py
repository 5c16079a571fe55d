"""Interruptions of a run after a number of steps."""

from collections.abc import Callable


def stop_after(steps: int) -> Callable[[], bool]:
    """Return a function that returns true from the given call on."""
    left = iter(range(steps))
    return lambda: next(left, None) is None
