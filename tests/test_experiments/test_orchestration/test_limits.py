"""The time and memory limits of runs and of a launch."""

import pytest

from experiments.config.study_spec import Limits
from experiments.orchestration.limits import GRACE_SECONDS, RunLimits


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_limits_nothing_is_stopped() -> None:
    clock = Clock()
    limits = RunLimits(Limits(), clock=clock)
    limits.start_study()
    limits.start_run("a", spent=0)
    clock.now += 1e9
    assert (limits.memory, limits.runs_to_stop(), limits.runs_to_kill(), limits.study_is_over()) == (
        None,
        [],
        [],
        False,
    )


def test_a_run_over_its_time_is_stopped_once_and_killed_after_the_grace_period() -> None:
    clock = Clock()
    limits = RunLimits(Limits(run_minutes=1), clock=clock)
    limits.start_run("a", spent=0)
    limits.start_run("b", spent=50)  # in attempts that were interrupted
    clock.now += 11
    assert limits.runs_to_stop() == ["b"]
    assert limits.runs_to_stop() == []
    clock.now += GRACE_SECONDS - 1
    assert (limits.runs_to_stop(), limits.runs_to_kill()) == (["a"], [])
    clock.now += 2
    assert limits.runs_to_kill() == ["b"]
    assert limits.end_run("b")
    assert limits.runs_to_kill() == []


def test_a_run_that_ends_in_time_is_not_stopped() -> None:
    clock = Clock()
    limits = RunLimits(Limits(run_minutes=1), clock=clock)
    limits.start_run("a", spent=0)
    assert not limits.end_run("a")
    clock.now += 100
    assert limits.runs_to_stop() == []


def test_the_time_of_a_study_is_that_of_one_launch() -> None:
    clock = Clock()
    limits = RunLimits(Limits(study_minutes=2), clock=clock)
    limits.start_study()
    clock.now += 119
    assert not limits.study_is_over()
    clock.now += 2
    assert limits.study_is_over()


def test_a_megabyte_of_memory_is_two_to_the_twenty_bytes() -> None:
    assert RunLimits(Limits(run_memory_mb=1.5)).memory == 1.5 * 2**20


@pytest.mark.parametrize("field", ["run_memory_mb", "run_minutes", "study_minutes"])
def test_a_limit_is_a_positive_number(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Limits.model_validate({field: 0})
