"""States and rows of the store's table."""

from datetime import UTC, datetime
from typing import get_args

from experiments.store import ENDED, HAS_RESULT, Cell, State, expected_seconds
from experiments.store.rows import now


def test_now_is_utc_to_the_second() -> None:
    read = datetime.fromisoformat(now())
    assert read.tzinfo == UTC
    assert read.microsecond == 0
    assert abs((datetime.now(UTC) - read).total_seconds()) < 5


def test_states_with_a_result_have_ended_and_ended_states_are_states() -> None:
    assert set(HAS_RESULT) < set(ENDED) < set(get_args(State))
    assert set(get_args(State)) - set(ENDED) == {"planned", "running", "interrupted"}
    assert set(ENDED) - set(HAS_RESULT) == {"failed", "out_of_memory"}


def made_cell(setting: str, state: State, seconds: float | None) -> Cell:
    return Cell(
        setting=setting,
        state=state,
        seconds=seconds,
        role="run",
        arm="none",
        seed=0,
        trial=None,
        current=True,
        key="k",
        primary=None,
        test=None,
        validation=None,
        peak_bytes=None,
    )


def test_expected_seconds_are_the_mean_of_finished_runs_of_the_setting() -> None:
    cells = [
        made_cell("a", "finished", 2.0),
        made_cell("a", "finished", 5.0),
        made_cell("a", "diverged", 100.0),
        made_cell("a", "finished", None),
        made_cell("b", "finished", 1.0),
        made_cell("c", "planned", None),
    ]
    assert expected_seconds(cells) == {"a": 3.5, "b": 1.0}
