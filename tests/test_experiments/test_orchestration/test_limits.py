"""Time and memory that runs and a study may use."""

import pytest

from experiments.config.study_spec import Limits
from experiments.orchestration.limits import GRACE, Budgets


class Clock:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_limits_nothing_ends() -> None:
    clock = Clock()
    budgets = Budgets(Limits(), clock=clock)
    budgets.begin()
    budgets.started("a", spent=0)
    clock.now += 1e9
    assert (budgets.memory, budgets.to_stop(), budgets.to_kill(), budgets.study_is_over()) == (
        None,
        [],
        [],
        False,
    )


def test_a_run_over_its_time_is_asked_once_and_killed_after_a_grace() -> None:
    clock = Clock()
    budgets = Budgets(Limits(run_minutes=1), clock=clock)
    budgets.started("a", spent=0)
    budgets.started("b", spent=50)  # in attempts that were interrupted
    clock.now += 11
    assert budgets.to_stop() == ["b"]
    assert budgets.to_stop() == []
    clock.now += GRACE - 1
    assert (budgets.to_stop(), budgets.to_kill()) == (["a"], [])
    clock.now += 2
    assert budgets.to_kill() == ["b"]
    assert budgets.ended("b")
    assert budgets.to_kill() == []


def test_a_run_that_ends_in_time_is_not_asked() -> None:
    clock = Clock()
    budgets = Budgets(Limits(run_minutes=1), clock=clock)
    budgets.started("a", spent=0)
    assert not budgets.ended("a")
    clock.now += 100
    assert budgets.to_stop() == []


def test_a_studys_time_is_that_of_one_launch() -> None:
    clock = Clock()
    budgets = Budgets(Limits(study_minutes=2), clock=clock)
    budgets.begin()
    clock.now += 119
    assert not budgets.study_is_over()
    clock.now += 2
    assert budgets.study_is_over()


def test_memory_is_given_in_megabytes_of_two_to_the_twenty() -> None:
    assert Budgets(Limits(run_memory_mb=1.5)).memory == 1.5 * 2**20


@pytest.mark.parametrize("field", ["run_memory_mb", "run_minutes", "study_minutes"])
def test_a_limit_is_a_positive_number(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Limits.model_validate({field: 0})
