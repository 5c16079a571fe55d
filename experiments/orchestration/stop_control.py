"""How a launch is stopped: by Ctrl-C, SIGTERM or a closed terminal, or because its time or its disk is at an end."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..config.command_line.stop_signals import Stopped, handle_stop_signals
from .engines.engine import Engine
from .limits import GRACE_SECONDS

Notify = Callable[[str], None]
"""notify(line): show a line to the user."""


class StopControl:
    """Stops the workers of a launch: politely at the first request, at once at the second signal.

    A signal only leaves a note; `apply` acts on it between two writes of the supervisor.
    """

    def __init__(
        self, engine: Engine, notify: Notify, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.engine, self.notify, self.clock = engine, notify, clock
        self.stopping = False
        self.signal: int | None = None
        """The number of the signal that stopped the launch."""
        self.disk: str | None = None
        """What a worker said of the disk that stopped the launch."""
        self._at_once = False
        self._asked: float | None = None
        """When the workers were asked to stop."""

    def stop(self, reason: str) -> None:
        """Have all workers save and end, once; nothing more is to start."""
        self.stopping, self._asked = True, self.clock()
        self.notify(reason)
        self.engine.ask_to_stop()

    def kill_the_late(self) -> None:
        """Kill workers that have not ended in time, such as one in a long evaluation; `wait` returns their events."""
        if self._asked is not None and self.clock() > self._asked + GRACE_SECONDS:
            self.engine.kill(self.engine.names)

    def stop_for_disk(self, message: str) -> None:
        """Stop the launch because of a disk; the other workers may still save."""
        if self.disk is None:
            self.disk = message
            self.stop(
                "stopping: a disk is full, read-only or failing; workers save their runs where they can"
            )

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """In the body, `apply` stops the workers after the first stop signal, and kills them after the second one."""
        with handle_stop_signals(self._note):
            yield

    def apply(self) -> None:
        """Do what signals have asked for since the last call. Raises Stopped once the workers have been killed."""
        if self._at_once:
            self.engine.kill()
            raise Stopped(self.signal or 0)
        if self.stopping and self._asked is None:
            self.stop("stopping: workers save their runs first (again: at once)")

    def _note(self, number: int) -> None:
        self._at_once, self.stopping = self.signal is not None, True
        self.signal = number if self.signal is None else self.signal
