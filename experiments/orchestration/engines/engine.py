"""What every engine offers: processes that run jobs, and the messages that come from them."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

Kind = Literal["epoch", "memory", "done", "refused", "stopped", "failed", "lost"]


class Event(NamedTuple):
    """A message of a worker. `lost`: its process ended without a last message; the content says how."""

    name: str
    kind: Kind
    content: Any

    @property
    def last(self) -> bool:
        """Whether the worker has nothing more to say."""
        return self.kind not in ("epoch", "memory")


class Engine(Protocol):
    """Runs jobs in worker processes, each in one of a number of slots.

    All methods are called from one thread. A job is started once; it ends with exactly one last event, also when its
    process dies. Workers write to their run's folder only, never to the store's table.
    """

    @property
    def free(self) -> int:
        """Number of jobs that may start now."""

    @property
    def names(self) -> list[str]:
        """The jobs at work."""

    def start(
        self,
        name: str,
        job: str,
        payload: Mapping[str, object],
        *,
        log: Path | None = None,
        memory: int | None = None,
    ) -> None:
        """Start a job under a name; what it prints goes to `log`, and `memory` is the bytes that it may allocate."""

    def wait(self, seconds: float) -> list[Event]:
        """The messages that are there, after at most so many seconds."""

    def ask_to_stop(self, names: Collection[str] | None = None) -> None:
        """Let jobs (all, or these) save and end; their last events still come through `wait`."""

    def kill(self, names: Collection[str] | None = None) -> None:
        """End jobs (all, or these) at once; named ones are lost, as `wait` will say."""
