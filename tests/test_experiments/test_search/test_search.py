"""A search is a function of the store: replayed after any interruption, it proposes the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.config.run_spec import RunSpec
from experiments.config.study_spec import StudySpec
from experiments.planning.resolver import Resolver
from experiments.search.search import propose_cells, replay_searches
from experiments.search.trials import Search, TrialOutcome
from experiments.store import PlannedCell, StoreWriter, open_store
from tests.test_experiments.made import NOW, outcome, study, study_row

pytestmark = pytest.mark.usefixtures("deterministic")


@pytest.fixture(scope="module")
def resolver(cache: Path) -> Resolver:
    return Resolver(cache)


def trials(cells: list[PlannedCell]) -> list[tuple[str, int | None, str]]:
    return [(cell.arm, cell.trial, cell.key) for cell in cells if cell.role == "trial"]


def score(spec: RunSpec) -> float:
    """The score that a trial is given: best at a learning rate of 0.1 and a kernel of 3."""
    kernel = spec.arm.options.get("kernel_size", 3)
    return round(0.9 - abs(spec.recipe.learning_rate - 0.1) - 0.1 * (kernel != 3), 6)


def end(store: StoreWriter, cell: PlannedCell, *, state: str = "finished") -> None:
    spec = RunSpec.model_validate_json(RunSpec.model_validate(cell.spec, strict=False).model_dump_json())
    value = score(spec)
    store.start_attempt(cell.key, now=NOW)
    for epoch in range(1, 3 if state == "finished" else 2):
        store.record_epoch(cell.key, epoch, {"validation/accuracy": value * epoch / 2})
    result = None if state == "failed" else outcome(spec, validation={"accuracy": value})
    ended: Any = state
    store.end_attempt(cell.key, ended, now=NOW, result=result)


def propose(spec: StudySpec, resolver: Resolver, store: StoreWriter) -> list[PlannedCell]:
    """The cells that the search proposes so far, recorded as planned."""
    cells, _ = propose_cells(spec, resolver, store)
    store.add_cells(spec.name, cells)
    return cells


def run_to_completion(
    spec: StudySpec,
    resolver: Resolver,
    store: StoreWriter,
    *,
    backwards: bool = False,
    states: dict[int, str] | None = None,
) -> list[PlannedCell]:
    """End every open trial until the search proposes nothing new."""
    while True:
        cells = propose(spec, resolver, store)
        open_ = [cell for cell in cells if cell.role == "trial" and store.state(cell.key) == "planned"]
        if not open_:
            return cells
        for cell in reversed(open_) if backwards else open_:
            if store.state(cell.key) == "planned":  # two proposals may be one run
                end(store, cell, state=(states or {}).get(cell.trial or 0, "finished"))


@pytest.fixture
def searched(store: StoreWriter, resolver: Resolver) -> list[PlannedCell]:
    """All cells of the small study's search, run without an interruption."""
    store.save_study(study_row(), [])
    return run_to_completion(study(), resolver, store)


def test_the_first_generation_is_proposed_for_every_arm(store: StoreWriter, resolver: Resolver) -> None:
    store.save_study(study_row(), [])
    cells = propose(study(), resolver, store)
    assert [(arm, number) for arm, number, _ in trials(cells)] == [
        ("none", 0),
        ("none", 1),
        ("scse", 0),
        ("scse", 1),
    ]
    assert all(cell.seed == 1000 for cell in cells)


def test_a_generation_is_proposed_when_the_one_before_has_ended(
    store: StoreWriter, resolver: Resolver
) -> None:
    store.save_study(study_row(), [])
    first = propose(study(), resolver, store)
    end(store, first[0])
    assert trials(propose(study(), resolver, store)) == trials(first)
    end(store, first[1])
    assert [(arm, number) for arm, number, _ in trials(propose(study(), resolver, store))] == [
        ("none", 0),
        ("none", 1),
        ("none", 2),
        ("none", 3),
        ("scse", 0),
        ("scse", 1),
    ]


def test_every_arm_gets_the_same_number_of_trials_and_its_winner_the_studys_seeds(
    searched: list[PlannedCell],
) -> None:
    assert [(arm, number) for arm, number, _ in trials(searched)] == [
        (arm, number) for arm in ("none", "scse") for number in range(4)
    ]
    winners = [(cell.arm, cell.seed) for cell in searched if cell.role == "run"]
    assert winners == [(f"{arm} tuned", seed) for arm in ("none", "scse") for seed in (0, 1)]


def test_values_come_from_the_declared_ranges(searched: list[PlannedCell]) -> None:
    for cell in searched:
        assert 0.01 <= cell.spec["recipe"]["learning_rate"] <= 0.3
        if cell.arm.startswith("scse"):
            assert cell.spec["arm"]["options"]["kernel_size"] in (1, 3)
            assert cell.spec["arm"]["options"]["fusion"] in ("add", "max")


@pytest.mark.parametrize("backwards", [True, False])
def test_proposals_do_not_depend_on_the_order_in_which_trials_end(
    backwards: bool, searched: list[PlannedCell], resolver: Resolver, tmp_path: Path
) -> None:
    store = open_store(tmp_path / "other")
    store.save_study(study_row(), [])
    assert run_to_completion(study(), resolver, store, backwards=backwards) == searched
    store.close()


@pytest.mark.parametrize("ended", range(1, 8))
def test_interrupted_after_any_number_of_results_the_proposals_are_the_same(
    ended: int, searched: list[PlannedCell], cache: Path, tmp_path: Path
) -> None:
    path, left = tmp_path / "cut", ended
    store = open_store(path)
    store.save_study(study_row(), [])
    fresh = Resolver(cache)
    while left:
        for cell in propose(study(), fresh, store):
            if left and cell.role == "trial" and store.state(cell.key) == "planned":
                end(store, cell)
                left -= 1
    store.close()
    reopened = open_store(path)
    assert run_to_completion(study(), Resolver(cache), reopened) == searched
    reopened.close()


def test_another_seed_proposes_other_runs(
    searched: list[PlannedCell], resolver: Resolver, store: StoreWriter
) -> None:
    other = study(search=study().model_dump(mode="json")["search"] | {"seed": 1001})
    assert {cell.key for cell in propose_cells(other, resolver, store)[0]}.isdisjoint(
        cell.key for cell in searched
    )


def replay(store: StoreWriter, resolver: Resolver, arm: str, spec: StudySpec | None = None) -> Search:
    return next(search for search in replay_searches(spec or study(), resolver, store) if search.arm == arm)


def test_the_winner_is_the_best_finished_trial_on_validation(
    searched: list[PlannedCell], resolver: Resolver, store: StoreWriter
) -> None:
    search = replay(store, resolver, "scse")
    best = max(
        search.trials, key=lambda trial: trial.outcome.value if trial.outcome and trial.outcome.value else -1
    )
    assert search.winner is not None
    assert search.winner_rate == best.params["learning_rate"]
    assert search.winner.options["kernel_size"] == best.params["kernel_size"]
    winners = [cell for cell in searched if cell.arm == "scse tuned"]
    assert {cell.spec["recipe"]["learning_rate"] for cell in winners} == {search.winner_rate}
    _, tuned = propose_cells(study(), resolver, store)
    assert tuned["scse tuned"]["classification"].learning_rate == search.winner_rate


@pytest.mark.parametrize("state", ["pruned", "failed", "diverged"])
def test_a_trial_that_did_not_finish_wins_nothing_and_stops_nothing(
    state: str, store: StoreWriter, resolver: Resolver
) -> None:
    store.save_study(study_row(), [])
    cells = run_to_completion(study(), resolver, store, states={0: state, 3: state})
    assert len(trials(cells)) == 8
    search = replay(store, resolver, "scse")
    assert [trial.number for trial in search.trials if trial.outcome and trial.outcome.value is None] == [
        0,
        3,
    ]
    assert search.winner_rate in [trial.params["learning_rate"] for trial in search.trials[1:3]]


def test_where_every_trial_fails_there_is_no_winner(store: StoreWriter, resolver: Resolver) -> None:
    store.save_study(study_row(), [])
    cells = run_to_completion(study(), resolver, store, states=dict.fromkeys(range(4), "failed"))
    assert [cell for cell in cells if cell.role == "run"] == []


def test_later_generations_stop_below_the_median_of_the_earlier_ones(
    store: StoreWriter, resolver: Resolver
) -> None:
    spec = study(search=study().model_dump(mode="json")["search"] | {"prune_after": [1]})
    store.save_study(study_row(), [])
    run_to_completion(spec, resolver, store)
    for arm in ("none", "scse"):
        replayed = replay(store, resolver, arm, spec).trials
        assert [trial.planned.spec["stop"] for trial in replayed[:2]] == [[], []]
        reached = [trial.outcome.curve[1] for trial in replayed[:2] if trial.outcome]
        for trial in replayed[2:]:
            assert trial.planned.spec["stop"] == [{"epoch": 1, "below": sum(reached) / 2}]


def test_trials_whose_score_is_undefined_win_nothing_and_stop_nothing(
    store: StoreWriter, resolver: Resolver
) -> None:
    spec = study(search=study().model_dump(mode="json")["search"] | {"prune_after": [1]})
    store.save_study(study_row(), [])
    undefined = {"accuracy": None, "loss": 0.5}
    while cells := [cell for cell in propose(spec, resolver, store) if store.state(cell.key) == "planned"]:
        for cell in cells:
            planned = RunSpec.model_validate_json(json.dumps(cell.spec))
            store.start_attempt(cell.key, now=NOW)
            store.record_epoch(cell.key, 1, {"validation/accuracy": None})
            result = outcome(planned, validation=undefined, metrics=undefined)
            store.end_attempt(cell.key, "finished", now=NOW, result=result)
    for search in replay_searches(spec, resolver, store):
        assert len(search.trials) == 4
        assert (search.winner, search.winner_rate) == (None, None)
        assert [trial.planned.spec["stop"] for trial in search.trials] == [[]] * 4
        assert [trial.outcome for trial in search.trials] == [TrialOutcome("finished", None, {})] * 4
