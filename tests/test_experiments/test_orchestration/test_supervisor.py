"""The supervisor with an engine that answers at once: which runs are trained, and what a search adds."""

from pathlib import Path

import pytest

from experiments.orchestration.supervisor import LaunchOptions
from experiments.reproducibility.code_hash import code_digest
from experiments.store import StoreWriter, run_folder
from user_error import UserError

from .immediate_engine import ImmediateEngine, states, supervise

pytestmark = pytest.mark.usefixtures("deterministic")


def test_every_run_is_trained_once_seed_by_seed(store: StoreWriter, cache: Path) -> None:
    engine = ImmediateEngine(store)
    assert supervise(store, engine, cache) == (True, [])
    assert states(store) == {"finished": 8}
    assert len(engine.trained) == len(set(engine.trained)) == 8
    assert [store.spec(key)["seed"] for key in engine.trained] == [0] * 4 + [1] * 4


def test_a_worker_gets_the_keys_that_the_study_itself_sets(store: StoreWriter, cache: Path) -> None:
    engine = ImmediateEngine(store)
    supervise(store, engine, cache)
    origins = [payload["origin"]["given"] for payload in engine.payloads]
    assert {"module": "cse"} in [each["arm"] for each in origins]
    assert all(
        "recipe" in each["setting"] and "weight_decay" not in each["setting"]["recipe"] for each in origins
    )


@pytest.mark.parametrize("keep", [None, "weights"])
def test_a_worker_keeps_the_weights_if_the_study_says_so(
    keep: str | None, store: StoreWriter, cache: Path
) -> None:
    engine = ImmediateEngine(store)
    supervise(store, engine, cache, keep=keep)
    assert {payload["keep_weights"] for payload in engine.payloads} == {keep == "weights"}


def test_the_plan_records_the_digest_of_the_code_that_it_is_made_with(
    store: StoreWriter, cache: Path
) -> None:
    supervise(store, ImmediateEngine(store), cache)
    codes = store.study("small").codes
    assert {"none", "cse", "scse"} <= set(codes)
    assert codes == {module: code_digest(module) for module in codes}


def test_a_retry_of_an_unknown_run_leaves_the_plan_as_it_is(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache, searching=True)
    before = list(store.plan_rows("small"))
    with pytest.raises(UserError, match="no failed run has a key that begins so"):
        supervise(
            store, ImmediateEngine(store), cache, searching=True, options=LaunchOptions(retry_failed="zzz")
        )
    assert list(store.plan_rows("small")) == before


def test_finished_runs_are_not_trained_again(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache)
    engine = ImmediateEngine(store)
    assert supervise(store, engine, cache)[0]
    assert engine.trained == []


def test_a_study_that_grows_trains_the_new_runs(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache, seeds=[0])
    engine = ImmediateEngine(store)
    supervise(store, engine, cache, seeds=[0, 1, 2])
    assert [store.spec(key)["seed"] for key in engine.trained] == [1] * 4 + [2] * 4


def test_a_search_goes_on_to_its_winners_runs(store: StoreWriter, cache: Path) -> None:
    assert supervise(store, ImmediateEngine(store), cache, searching=True)[0]
    roles = [(row.role, row.arm) for row in store.plan_rows("small") if row.arm.startswith("scse")]
    assert roles.count(("trial", "scse")) == 4
    assert roles.count(("run", "scse tuned")) == 2
    tuned = store.study("small").arms["scse tuned"].tuned or {}
    assert tuned["classification"].learning_rate > 0
    assert set(states(store)) == {"finished"}


def test_a_complete_search_is_replayed_and_trains_nothing(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache, searching=True)
    rows = list(store.plan_rows("small"))
    engine = ImmediateEngine(store)
    supervise(store, engine, cache, searching=True)
    assert engine.trained == []
    assert list(store.plan_rows("small")) == rows


def test_a_sealed_result_that_nobody_recorded_is_not_trained_again(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache, searching=True)
    rows = [row for row in store.plan_rows("small") if row.role == "trial" or row.arm.endswith(" tuned")]
    store.reset_runs(row.key for row in rows)
    engine = ImmediateEngine(store)
    supervise(store, engine, cache, searching=True)
    assert engine.trained == []
    assert set(states(store)) == {"finished"}


@pytest.mark.parametrize("role", ["run", "trial"])
def test_a_damaged_record_is_trained_again_whatever_it_is_part_of(
    role: str, store: StoreWriter, cache: Path
) -> None:
    supervise(store, ImmediateEngine(store), cache, searching=True)
    row = next(row for row in store.plan_rows("small") if row.role == role)
    (store.folder(row.key) / run_folder.PREDICTIONS).write_bytes(b"torn")
    engine = ImmediateEngine(store)
    supervise(store, engine, cache, searching=True)
    assert engine.trained == [row.key]
    assert run_folder.damage(store.folder(row.key)) is None
