"""The classes of failure, and what becomes of a run of each. A table, so that a reader can check it."""

from collections import Counter
from typing import Literal, NamedTuple

from ..store import State
from .engines.engine import Event

LOSSES = 3
MEMORY = 2

CRASHES = ("killed by signal 6", "killed by signal 7", "killed by signal 11")
"""SIGABRT, SIGBUS, SIGSEGV: what a library does that asked for memory and did not look whether it got it."""

Class = Literal["diverged", "out of memory", "killed", "error", "refused", "over time"]


class Policy(NamedTuple):
    """How often a run of this class is tried in one launch, and the state that it ends in."""

    tries: int
    final: State
    until: str
    """What makes a later launch try it again."""


POLICIES: dict[Class, Policy] = {
    "diverged": Policy(1, "diverged", "never: it is a result, and reported in tables"),
    "out of memory": Policy(
        MEMORY, "out_of_memory", "--retry-failed; the second try is alone on the machine"
    ),
    "killed": Policy(LOSSES, "failed", "--retry-failed; each try resumes from the checkpoint"),
    "error": Policy(1, "failed", "the code changes, or --retry-failed"),
    "refused": Policy(1, "failed", "the code changes, or --retry-failed"),
    "over time": Policy(1, "failed", "--retry-failed, which resumes from the checkpoint"),
}


class Failures:
    """Counts what happened to each run in this launch, and decides. `limited`: runs have a limit of memory."""

    def __init__(self, *, limited: bool = False) -> None:
        self.limited = limited
        self._seen: Counter[tuple[str, Class]] = Counter()

    def decide(self, event: Event, *, over_time: bool) -> tuple[Class, State]:
        """The class of a worker's failure, and its run's new state: `interrupted` is tried again."""
        kind = "over time" if over_time else class_of(event, limited=self.limited)
        self._seen[event.name, kind] += 1
        policy = POLICIES[kind]
        return kind, "interrupted" if self._seen[event.name, kind] < policy.tries else policy.final


def class_of(event: Event, *, limited: bool = False) -> Class:
    """What a worker's last word means. Under a limit of memory, libraries that get none crash."""
    if event.kind == "lost":
        return "out of memory" if limited and event.content in CRASHES else "killed"
    if event.kind == "refused":
        return "refused"
    return "out of memory" if event.content[0] else "error"


def why(event: Event) -> str:
    """The worker's own words."""
    return str(event.content[1]) if event.kind == "failed" else str(event.content)
