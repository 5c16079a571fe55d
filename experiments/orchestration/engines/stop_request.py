"""The request to this worker process to save and end."""

import signal
from multiprocessing.connection import Connection

_signaled = False
_requests: Connection | None = None


def is_requested() -> bool:
    """Return True once the supervisor has sent its request or has ended, or the signal of `listen` has arrived."""
    return _signaled or (_requests is not None and _requests.poll())


def listen(requests: Connection, number: signal.Signals) -> None:
    """Take a message on the connection, or the arrival of this signal, as the request to stop.

    The connection is what counts: a message waits there, while a signal may arrive before this call and be ignored.
    """
    global _requests
    _requests = requests
    signal.signal(number, _note_signal)


def _note_signal(number: int, frame: object) -> None:
    global _signaled
    _signaled = True
