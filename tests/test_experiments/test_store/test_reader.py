"""Readers see every committed record, while a supervisor writes."""

import sqlite3

import pytest

from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.store import TABLE, StoreWriter, open_store
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row


@pytest.fixture
def spec(store: StoreWriter) -> RunSpec:
    """The one run of a study that is planned in the store."""
    spec = run_spec()
    store.save_study(study_row(), [cell(spec)])
    return spec


def test_an_unknown_study_is_answered_with_the_recorded_ones(store: StoreWriter, spec: RunSpec) -> None:
    with pytest.raises(ValueError, match=r"no study 'smal' is recorded here \(recorded: small\)"):
        store.study("smal")


def test_keys_are_found_by_their_beginning(store: StoreWriter, spec: RunSpec) -> None:
    assert store.keys_with_prefix(spec.key[:8]) == [spec.key]
    assert store.keys_with_prefix("*") == [spec.key]
    assert store.keys_with_prefix("x") == []


def test_readers_see_what_is_committed_while_a_writer_writes(store: StoreWriter, spec: RunSpec) -> None:
    reader = open_store(store.path, readonly=True)
    store._db.execute("BEGIN IMMEDIATE")
    store._db.execute("UPDATE runs SET state = 'running'")
    assert reader.state(spec.key) == "planned"
    store._db.execute("COMMIT")
    assert reader.state(spec.key) == "running"
    reader.close()


def test_a_reader_in_the_middle_of_its_rows_does_not_stop_the_writer(
    store: StoreWriter, spec: RunSpec
) -> None:
    store.add_cells("small", [cell(run_spec(seed=seed)) for seed in range(1, 9)])
    reader = open_store(store.path, readonly=True)
    rows = reader.plan_rows("small")
    next(rows)
    finish(store, spec)
    assert sum(1 for _ in rows) == 8
    assert reader.state(spec.key) == "finished"
    reader.close()


def test_a_key_that_is_not_recorded_has_no_state_and_no_result(store: StoreWriter) -> None:
    assert (store.state("x"), store.result("x"), store.curve("x"), store.attempts("x")) == (
        None,
        None,
        [],
        [],
    )
    with pytest.raises(ValueError, match="no run has the key 'x'"):
        store.spec("x")


def test_the_spec_of_a_run_is_read_back(store: StoreWriter, spec: RunSpec) -> None:
    assert store.spec(spec.key) == spec.model_dump(mode="json")


def test_cells_have_the_numbers_of_their_results(store: StoreWriter, spec: RunSpec) -> None:
    other = run_spec(seed=1)
    store.add_cells("small", [cell(other)])
    finish(store, spec, peak_bytes=7)
    first, second = store.cells("small")
    assert (first.state, first.primary, first.test, first.validation) == ("finished", "accuracy", 0.75, 0.8)
    assert (first.seconds, first.peak_bytes) == (2.0, 7)
    assert (second.seed, second.key, second.state, second.trial) == (1, other.key, "planned", None)
    assert second[-5:] == (None,) * 5


def test_rows_can_be_those_of_one_run(store: StoreWriter, spec: RunSpec) -> None:
    store.add_cells("small", [cell(spec, "the same under another name"), cell(run_spec(seed=1))])
    assert [row.arm for row in store.plan_rows("small", key=spec.key)] == [
        "none",
        "the same under another name",
    ]


def test_runs_are_counted_by_state(store: StoreWriter, spec: RunSpec) -> None:
    store.add_cells("small", [cell(run_spec(seed=seed)) for seed in (1, 2)])
    finish(store, spec)
    store.start_attempt(run_spec(seed=1).key, now=NOW)
    assert store.counts("small") == {"finished": 1, "running": 1, "planned": 1}
    assert store.states() == {
        spec.key: "finished",
        run_spec(seed=1).key: "running",
        run_spec(seed=2).key: "planned",
    }


def test_result_codes_name_module_and_code_of_current_results(store: StoreWriter, spec: RunSpec) -> None:
    gated = run_spec(arm=ArmSpec(module="se"))
    store.add_cells("small", [cell(gated, "se"), cell(run_spec(seed=1))])
    finish(store, spec)
    finish(store, gated, code="c2")
    assert store.result_codes("small") == {spec.key: ("none", "today"), gated.key: ("se", "c2")}
    store.save_study(study_row(), [cell(gated, "se")])
    assert store.result_codes("small") == {gated.key: ("se", "c2")}


def test_failure_codes_are_those_of_runs_that_are_failed_now(store: StoreWriter, spec: RunSpec) -> None:
    store.start_attempt(spec.key, now=NOW)
    store.end_attempt(spec.key, "failed", now=NOW, message="KeyError", code="c1")
    assert store.failure_codes() == {spec.key: "c1"}
    store.reset_runs([spec.key])
    assert store.failure_codes() == {}


def test_seconds_spent_are_those_of_the_interrupted_attempts_since_the_last_other_end(
    store: StoreWriter, spec: RunSpec
) -> None:
    attempts = [("failed", 0, 50), ("interrupted", 100, 107), ("interrupted", 200, 203.0)]
    for state, start, end in attempts:
        store.start_attempt(spec.key, now=at(start))
        store.end_attempt(spec.key, "failed" if state == "failed" else "interrupted", now=at(end))
    store.start_attempt(spec.key, now=at(300))
    assert store.seconds_spent(spec.key) == 7 + 3


def at(second: float) -> str:
    minutes, seconds = divmod(int(second), 60)
    return f"2026-01-01T00:{minutes:02}:{seconds:02}+00:00"


def test_damage_of_the_table_is_named(store: StoreWriter, spec: RunSpec) -> None:
    assert store.damage() is None
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    path = store.path / TABLE
    content = bytearray(path.read_bytes())
    content[4096 : 4096 + 64] = bytes(range(64))
    path.write_bytes(content)
    store._db = sqlite3.connect(path)
    assert store.damage()
