"""The signals that ask a process to end: Ctrl-C, a termination, and a closed terminal."""

import inspect
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .program import end_at_once, is_importing

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ECHO_SECONDS = 2.0
"""A signal so soon after another is taken as a part of it: `timeout`, shells and terminals send several for one."""
Handler = Callable[[int], None]
"""handler(number): called in the main thread for the signal with this number."""


class Stopped(KeyboardInterrupt):
    """Raised in the main thread when a stop signal arrives while nothing has to be saved."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class EchoFilter:
    """Tells a new stop signal from an echo of the one before."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._taken: float | None = None
        """When the last signal was taken that was no echo."""

    def takes(self) -> bool:
        """Return whether the signal that arrives now is a new one."""
        now = self.clock()
        if self._taken is not None and now < self._taken + ECHO_SECONDS:
            return False
        self._taken = now
        return True


@contextmanager
def handle_stop_signals(handler: Handler) -> Iterator[None]:
    """Call the handler for stop signals in the body, echoes left out; only the main thread can.

    SIGHUP stays ignored where it is (`nohup`). SIGINT does not: shells ignore it for every background job.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    echoes = EchoFilter()

    def take(number: int, frame: object) -> None:
        if echoes.takes():
            handler(number)

    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    handled = [number for number in STOP_SIGNALS if not (number == signal.SIGHUP and ignored)]
    before = {number: signal.signal(number, take) for number in handled}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, signal.SIG_DFL if former is None else former)  # None: not set by Python


def raise_stopped(number: int) -> None:
    """Raise Stopped: the handler while nothing has to be saved.

    Inside an import, which may swallow the exception or turn it into another error, the process ends at once.
    """
    if is_importing(inspect.currentframe()):
        end_at_once(number)
    raise Stopped(number)


@contextmanager
def stop_signals_blocked() -> Iterator[None]:
    """Block stop signals in the body: a process that is started there inherits that, and cannot die by them.

    Signals that arrive meanwhile are handled after the body.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_stop_signals() -> None:
    """Ignore stop signals from now on, also those that arrived while they were blocked; children inherit it."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
