"""The supervisor's request to this worker process to save and end."""

import signal

_requested = False


def is_requested() -> bool:
    """Return True once the supervisor has sent the signal that `listen` listens for."""
    return _requested


def listen(number: signal.Signals) -> None:
    """Take the arrival of this signal as the request to stop."""
    signal.signal(number, _set_requested)


def _set_requested(number: int, frame: object) -> None:
    global _requested
    _requested = True
