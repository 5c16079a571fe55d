"""Whether this worker process was asked to save and end. Floor 0."""

import signal

_asked = False


def asked() -> bool:
    """True once the supervisor has sent the signal."""
    return _asked


def on(number: signal.Signals) -> None:
    """Take this signal as the question."""
    signal.signal(number, _ask)


def _ask(number: int, frame: object) -> None:
    global _asked
    _asked = True
