"""What an earlier launch found in its searches stays in the plan until a launch has searched again."""

import signal
from pathlib import Path
from typing import Any

import pytest

from experiments.cli.overview import summarize
from experiments.config.command_line.stop_signals import Stopped
from experiments.orchestration.recorded_search import keep_search
from experiments.store import StoreReader, StoreWriter
from tests.test_experiments.made import cell, run_spec, study_row

from .immediate_engine import ImmediateEngine, supervise

pytestmark = pytest.mark.usefixtures("deterministic")


class StoppedWhileItPlans(ImmediateEngine):
    """The user stops the launch as soon as its plan is recorded, twice: before anything is proposed."""

    def start(self, name: str, job: str, payload: dict[str, Any], **more: Any) -> None:
        if job == "propose":
            raise Stopped(signal.SIGTERM)
        super().start(name, job, payload, **more)


def current(store: StoreReader) -> set[tuple[Any, ...]]:
    return {
        (row.role, row.setting, row.arm, row.seed, row.trial, row.generation, row.key)
        for row in store.plan_rows("small")
        if row.current
    }


def test_a_launch_that_is_stopped_before_it_searches_leaves_the_searched_arms_in_the_plan(
    store: StoreWriter, cache: Path
) -> None:
    supervise(store, ImmediateEngine(store), cache, searching=True)
    before, arms = current(store), store.study("small").arms
    shown = summarize(store, "small", workers=1).arms
    assert {("trial", "scse"), ("run", "scse tuned")} <= {(row[0], row[2]) for row in before}
    with pytest.raises(Stopped):
        supervise(store, StoppedWhileItPlans(store), cache, searching=True)
    assert current(store) == before
    assert summarize(store, "small", workers=1).arms == shown
    assert store.study("small").arms == arms
    assert arms["scse tuned"].tuned


def test_a_launch_with_more_seeds_that_is_stopped_keeps_them_as_well(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache, searching=True)
    before = current(store)
    with pytest.raises(Stopped):
        supervise(store, StoppedWhileItPlans(store), cache, searching=True, seeds=[0, 1, 2])
    assert before < current(store)
    assert {row[0] for row in current(store) - before} == {"run"}


@pytest.mark.parametrize("key", ["search", "settings", "arms"])
def test_cells_of_another_search_are_not_kept(key: str, store: StoreWriter) -> None:
    spec: Any = {"search": {"arms": {"scse": {}}}, "settings": {"a": 1}, "arms": {"scse": {"site": "block"}}}
    row = study_row().model_copy(update={"spec": spec})
    trial = cell(run_spec(seed=9), "scse", role="trial", trial=0)
    store.save_study(row, [trial])
    assert [kept.key for kept in keep_search(row, store)[1]] == [trial.key]
    changed: Any = {
        "search": {"arms": {"scse": {}}, "trials": 9},
        "settings": {"a": 2},
        "arms": {"scse": {"site": "stage"}},
    }
    other = row.model_copy(update={"spec": {**spec, key: changed[key]}})
    assert keep_search(other, store) == (other, [])


def test_a_study_without_a_search_or_without_records_keeps_nothing(store: StoreWriter) -> None:
    assert keep_search(study_row(), store) == (study_row(), [])
    row = study_row().model_copy(update={"spec": study_row().spec | {"search": None}})
    store.save_study(row, [cell(run_spec(), "scse", role="trial", trial=0)])
    assert keep_search(row, store) == (row, [])
