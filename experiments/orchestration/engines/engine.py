"""The interface of an engine: it runs jobs in worker processes and passes on the events that they send."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

EventKind = Literal["epoch", "memory", "done", "refused", "stopped", "disk", "failed", "lost"]


class Event(NamedTuple):
    """One message of a worker: the job's name, the kind of message, and its content.

    `lost`: the process ended without a last message; the content says how. `disk`: a disk of the machine is full,
    read-only or failing.
    """

    name: str
    kind: EventKind
    content: Any

    @property
    def is_last(self) -> bool:
        """Whether the worker sends nothing after this event."""
        return self.kind not in ("epoch", "memory")


class Engine(Protocol):
    """Runs jobs in worker processes, each in one of a number of slots.

    All methods are called from one thread. A job ends with exactly one last event, even if its process dies. Workers
    write to their run's folder only, never to the store's table.
    """

    @property
    def free(self) -> int:
        """The number of jobs that may start now."""

    @property
    def names(self) -> list[str]:
        """The names of the running jobs."""

    def start(
        self,
        name: str,
        job: str,
        payload: Mapping[str, object],
        *,
        log: Path | None = None,
        memory: int | None = None,
    ) -> None:
        """Start a job under a name; its output goes to the file `log`, and it may allocate `memory` bytes."""

    def wait(self, seconds: float) -> list[Event]:
        """Return the events that have arrived; wait at most `seconds` for the first one."""

    def ask_to_stop(self, names: Collection[str] | None = None) -> None:
        """Ask jobs (all, or these) to save and end; `wait` still returns their last events."""

    def kill(self, names: Collection[str] | None = None) -> None:
        """Kill jobs at once; with names, `wait` returns a `lost` event for each; without, all end without an event."""
