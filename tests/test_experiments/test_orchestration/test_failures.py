"""The class of every last event, how often a run of each class is tried, and its message."""

from typing import Any

import pytest

from experiments.orchestration.engines.engine import Event
from experiments.orchestration.failures import POLICIES, Failures, classify, failure_message


@pytest.mark.parametrize(
    ("kind", "content", "limited", "expected"),
    [
        ("lost", "killed by signal 9", False, "killed"),
        ("lost", "killed by signal 9", True, "killed"),
        ("lost", "killed by signal 11", False, "killed"),
        ("lost", "killed by signal 11", True, "out of memory"),
        ("lost", "killed by signal 6", True, "out of memory"),
        ("lost", "exit code 1", True, "killed"),
        ("stopped", "stopped in epoch 1, after step 3", True, "killed"),
        ("failed", (True, "MemoryError: "), False, "out of memory"),
        ("failed", (False, "KeyError: 'x'"), True, "error"),
        ("refused", "no such folder", False, "refused"),
        ("disk", "OSError: [Errno 28] No space left on device", True, "disk"),
    ],
)
def test_a_last_event_has_one_class(kind: Any, content: Any, limited: bool, expected: str) -> None:
    assert classify(Event("a", kind, content), limited=limited) == expected


def test_a_run_that_crashes_under_a_memory_limit_is_tried_twice_and_then_out_of_memory() -> None:
    failures = Failures(limited=True)
    crash = Event("a", "lost", "killed by signal 11")
    assert [failures.decide(crash, over_time=False) for _ in range(2)] == [
        ("out of memory", "interrupted"),
        ("out of memory", "out_of_memory"),
    ]
    assert POLICIES["out of memory"].tries == 2


def test_tries_are_counted_for_each_run_and_class() -> None:
    failures = Failures()
    lost = Event("a", "lost", "killed by signal 9")
    assert [failures.decide(lost, over_time=False)[1] for _ in range(3)] == [
        "interrupted",
        "interrupted",
        "failed",
    ]
    assert failures.decide(Event("b", "lost", "killed by signal 9"), over_time=False)[1] == "interrupted"
    assert failures.decide(lost, over_time=True) == ("over time", "failed")


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("failed", (True, "MemoryError: "), "MemoryError: "),
        ("refused", "no such folder", "no such folder"),
        ("lost", "exit code 1", "exit code 1"),
    ],
)
def test_a_failure_has_the_message_of_its_worker(kind: Any, content: Any, expected: str) -> None:
    assert failure_message(Event("a", kind, content)) == expected
