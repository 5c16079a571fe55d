"""How a launch is stopped: by Ctrl-C, by SIGTERM, or because its time is over."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .engines.engine import Engine

Notify = Callable[[str], None]
"""notify(line): show a line to the user."""


class StopControl:
    """Stops the workers of a launch: politely at the first request, at once at the second signal."""

    def __init__(self, engine: Engine, notify: Notify) -> None:
        self.engine, self.notify = engine, notify
        self.stopping = False
        self.signal: int | None = None
        """The number of the signal that stopped the launch."""

    def stop(self, reason: str) -> None:
        """Have all workers save and end, once; nothing more is to start."""
        self.stopping = True
        self.notify(reason)
        self.engine.ask_to_stop()

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """In the body, the first SIGINT or SIGTERM stops the workers, and the second one kills them."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._handle) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: object) -> None:
        if self.stopping:
            self.engine.kill()
            raise KeyboardInterrupt
        self.signal = number
        self.stop("stopping: workers save their runs first (again: at once)")
