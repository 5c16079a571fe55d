"""The order of runs: interrupted ones, trials, the longest, seed by seed; runs that must run alone come last."""

from typing import Any

from experiments.orchestration.run_queue import RunQueue
from experiments.store import Cell


def planned(arm: str = "none", seed: int = 0, **changes: Any) -> Cell:
    key = f"{changes.get('setting', 's')} {arm} {seed} {changes.get('role', 'run')}"
    whole = Cell("run", "s", arm, seed, None, True, key, "planned", None, None, None, None, None)
    return whole._replace(**changes)


def take(queue: RunQueue, running: int = 0) -> Cell | None:
    """The next run, taken out of the queue."""
    cell = queue.next_cell(running=running)
    if cell is not None:
        queue.remove(cell)
    return cell


def order(cells: list[Cell]) -> list[str]:
    queue = RunQueue()
    queue.refill(cells, running=[])
    return [cell.key for _ in range(len(queue)) if (cell := take(queue)) is not None]


def test_early_results_are_balanced_over_arms() -> None:
    cells = [planned(arm, seed) for arm in ("b", "a") for seed in (1, 0)]
    assert order(cells) == ["s a 0 run", "s b 0 run", "s a 1 run", "s b 1 run"]


def test_resumed_runs_come_first_and_then_trials() -> None:
    cells = [planned(), planned(role="trial", seed=9), planned("x", 5, state="interrupted")]
    assert order(cells) == ["s x 5 run", "s none 9 trial", "s none 0 run"]


def test_the_setting_that_takes_longest_goes_first() -> None:
    done = [
        planned("d", 1, setting=name, state="finished", seconds=seconds)
        for name, seconds in (("quick", 2.0), ("slow", 20.0))
    ]
    cells = [planned(setting=name, seed=seed) for name in ("quick", "slow") for seed in (0, 1)]
    assert order([*done, *cells]) == [
        "slow none 0 run",
        "slow none 1 run",
        "quick none 0 run",
        "quick none 1 run",
    ]


def test_a_first_result_gives_the_expected_time_of_its_setting() -> None:
    queue = RunQueue()
    queue.refill([planned(setting=name) for name in ("a", "z")], running=[])
    queue.record_seconds(planned(setting="z", seed=7), 60.0)
    first = queue.next_cell(running=0)
    assert first is not None
    assert first.setting == "z"


def test_ended_removed_and_running_runs_are_not_queued_and_shared_runs_are_queued_once() -> None:
    cells = [
        planned(state="failed"),
        planned("a", current=False),
        planned("b"),
        planned("c"),
        planned("twin")._replace(key=planned("c").key),
    ]
    queue = RunQueue()
    queue.refill(cells, running=[planned("b").key])
    assert len(queue) == 1


def test_a_run_that_must_run_alone_waits_for_the_others() -> None:
    queue = RunQueue()
    large, small = planned("a"), planned("b")
    queue.alone.add(large.key)
    queue.refill([large, small], running=[])
    assert take(queue, 1) == small
    assert take(queue, 1) is None
    assert take(queue) == large
