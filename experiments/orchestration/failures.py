"""The classes of failure, and what happens to a run after a failure of each class: a table that a reader can check."""

from collections import Counter
from typing import Literal, NamedTuple

from ..store import State
from .engines.engine import Event

MAX_LOST = 3
MAX_OUT_OF_MEMORY = 2

CRASHES = ("killed by signal 6", "killed by signal 7", "killed by signal 11")
"""SIGABRT, SIGBUS, SIGSEGV: how a library ends that did not check whether its allocation succeeded."""

DISK_HINT = "the same command goes on once the disk has room and can be written"

FailureClass = Literal["diverged", "out of memory", "killed", "disk", "error", "refused", "over time"]


class RetryPolicy(NamedTuple):
    """The number of tries in one launch, the state after the last one, and how a later launch tries again."""

    tries: int
    final_state: State
    to_retry: str


POLICIES: dict[FailureClass, RetryPolicy] = {
    "diverged": RetryPolicy(1, "diverged", "impossible: divergence is a result, and tables report it"),
    "out of memory": RetryPolicy(
        MAX_OUT_OF_MEMORY, "out_of_memory", "--retry-failed (the second try runs alone on the machine)"
    ),
    "killed": RetryPolicy(MAX_LOST, "failed", "--retry-failed (each try resumes from the checkpoint)"),
    "disk": RetryPolicy(1, "interrupted", DISK_HINT),
    "error": RetryPolicy(1, "failed", "change the code, or --retry-failed"),
    "refused": RetryPolicy(1, "failed", "change the code, or --retry-failed"),
    "over time": RetryPolicy(1, "failed", "--retry-failed (it resumes from the checkpoint)"),
}


class Failures:
    """Counts the failures of each run in this launch, and decides what state the run is in after each.

    `limited`: whether runs have a memory limit.
    """

    def __init__(self, *, limited: bool = False) -> None:
        self.limited = limited
        self._counts: Counter[tuple[str, FailureClass]] = Counter()

    def decide(self, event: Event, *, over_time: bool) -> tuple[FailureClass, State]:
        """Return the failure's class and the run's new state; `interrupted` means that it is tried again."""
        failure = "over time" if over_time else classify(event, limited=self.limited)
        self._counts[event.name, failure] += 1
        policy = POLICIES[failure]
        tries_left = self._counts[event.name, failure] < policy.tries
        return failure, "interrupted" if tries_left else policy.final_state


def classify(event: Event, *, limited: bool = False) -> FailureClass:
    """Return the class of a worker's last event. Under a memory limit a crash counts as out of memory."""
    if event.kind == "stopped":  # nobody here asked it to: a signal to its process alone
        return "killed"
    if event.kind == "lost":
        return "out of memory" if limited and event.content in CRASHES else "killed"
    if event.kind == "refused":
        return "refused"
    if event.kind == "disk":
        return "disk"
    return "out of memory" if event.content[0] else "error"


def failure_message(event: Event) -> str:
    """Return the message that came with a worker's last event."""
    return str(event.content[1]) if event.kind == "failed" else str(event.content)
