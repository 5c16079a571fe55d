"""When the next proposals of a search are due, and what they add to the plan."""

from typing import Any

import pytest

from experiments.config.study_plan import PlannedArm, TunedOptions
from experiments.orchestration.messages import ProposalAnswer
from experiments.orchestration.search_driver import SearchDriver
from experiments.store import PlannedCell, StoreWriter
from tests.test_experiments.made import cell, finish, run_spec, study_row

TRIALS = {
    (arm, number): run_spec(seed=1000 + 10 * at + number)
    for at, arm in enumerate(("none", "scse"))
    for number in range(2)
}
PLANNED = run_spec()
ROW = study_row().model_copy(
    update={"arms": study_row().arms | {"scse tuned": PlannedArm(module="scse", role="tuned")}}
)


def trial(arm: str, number: int) -> PlannedCell:
    return cell(TRIALS[arm, number], arm, role="trial", trial=number)


class Planner:
    """Answers every request for proposals with one trial and one winner."""

    def __init__(self) -> None:
        self.dtypes: list[dict[str, str]] = []

    def propose(self, dtypes: dict[str, str]) -> ProposalAnswer:
        self.dtypes.append(dtypes)
        tuned = {"scse tuned": {"classification": TunedOptions(learning_rate=0.1)}}
        return ProposalAnswer(cells=[trial("scse", 1)], tuned=tuned)


@pytest.fixture
def driver(store: StoreWriter) -> SearchDriver:
    planner: Any = Planner()
    store.save_study(ROW, [])
    return SearchDriver(ROW, [cell(PLANNED)], store, planner)


def test_the_first_proposals_are_due_at_once_and_only_once(driver: SearchDriver) -> None:
    assert driver.is_due()
    assert not driver.is_due()


def test_proposals_are_due_when_the_last_open_trial_of_a_search_has_ended(driver: SearchDriver) -> None:
    driver.store.add_cells("small", [trial(arm, number) for arm, number in TRIALS])
    assert driver.is_due()  # those of an earlier launch may not be the ones that are proposed now
    assert not driver.is_due()
    finish(driver.store, TRIALS["none", 0])
    assert not driver.is_due()
    finish(driver.store, TRIALS["scse", 0])
    assert not driver.is_due()
    finish(driver.store, TRIALS["none", 1])
    assert driver.is_due()
    assert not driver.is_due()


def test_the_plan_is_recorded_with_the_proposals_of_now_and_the_winners(driver: SearchDriver) -> None:
    driver.store.add_cells("small", [trial("none", 0)])  # of an earlier launch, not proposed any more
    driver.propose()
    current = {(row.role, row.key) for row in driver.store.cells("small") if row.current}
    assert current == {("run", PLANNED.key), ("trial", TRIALS["scse", 1].key)}
    tuned = driver.store.study("small").arms["scse tuned"].tuned or {}
    assert tuned["classification"].learning_rate == 0.1
    assert driver.row.arms["scse"].tuned is None
    planner: Any = driver.planner
    assert planner.dtypes == [{}]
