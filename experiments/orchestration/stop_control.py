"""How a launch is stopped: by Ctrl-C, SIGTERM or a closed terminal, or because its time or its disk is at an end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..config.stop_signals import Stopped, handle_stop_signals
from .engines.engine import Engine

Notify = Callable[[str], None]
"""notify(line): show a line to the user."""


class StopControl:
    """Stops the workers of a launch: politely at the first request, at once at the second signal.

    A signal only leaves a note; `apply` acts on it between two writes of the supervisor.
    """

    def __init__(self, engine: Engine, notify: Notify) -> None:
        self.engine, self.notify = engine, notify
        self.stopping = False
        self.signal: int | None = None
        """The number of the signal that stopped the launch."""
        self.disk: str | None = None
        """What a worker said of the disk that stopped the launch."""
        self._at_once = self._applied = False

    def stop(self, reason: str) -> None:
        """Have all workers save and end, once; nothing more is to start."""
        self.stopping = self._applied = True
        self.notify(reason)
        self.engine.ask_to_stop()

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
        if self.stopping and not self._applied:
            self.stop("stopping: workers save their runs first (again: at once)")

    def _note(self, number: int) -> None:
        self._at_once, self.stopping = self.signal is not None, True
        self.signal = number if self.signal is None else self.signal
