"""Records that are written stay, once, whoever reads meanwhile."""

import json
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from experiments.config.run_spec import RunSpec
from experiments.store import ENDED, TABLE, StoreWriter, open_store
from experiments.store.writer import plan_file
from tests.sources import ROOT
from tests.test_experiments.made import NOW, cell, finish, outcome, run_spec, study_row


@pytest.fixture
def spec(store: StoreWriter) -> RunSpec:
    """The one run of a study that is planned in the store."""
    spec = run_spec()
    store.save_study(study_row(), [cell(spec)])
    return spec


def test_a_planned_study_is_read_back_as_it_was(store: StoreWriter, spec: RunSpec) -> None:
    assert store.studies() == ["small"]
    assert store.study("small") == study_row()
    (row,) = store.plan_rows("small")
    assert (row.role, row.setting, row.arm, row.seed, row.trial) == ("run", "classification", "none", 0, None)
    assert (row.state, row.current, row.key, row.result) == ("planned", True, spec.key, None)
    assert RunSpec.model_validate(row.spec, strict=False) == spec


def test_an_attempt_runs_from_its_start_to_its_result(store: StoreWriter, spec: RunSpec) -> None:
    assert store.start_attempt(spec.key, now=NOW) == 1
    assert store.state(spec.key) == "running"
    store.record_epoch(spec.key, 1, {"validation/accuracy": 0.1})
    store.end_attempt(spec.key, "finished", now=NOW, result=outcome(spec))
    assert store.state(spec.key) == "finished"
    assert store.result(spec.key) == outcome(spec)
    assert store.curve(spec.key) == [(1, {"validation/accuracy": 0.1})]
    assert store.attempts(spec.key) == [(1, "finished", NOW, NOW, "")]


def test_an_epoch_that_is_recorded_again_is_there_once(store: StoreWriter, spec: RunSpec) -> None:
    store.record_epoch(spec.key, 1, {"loss": 0.5})
    store.record_epoch(spec.key, 1, {"loss": 0.5})
    assert store.curve(spec.key) == [(1, {"loss": 0.5})]


def test_runs_that_a_killed_supervisor_left_are_interrupted_once(store: StoreWriter, spec: RunSpec) -> None:
    store.start_attempt(spec.key, now=NOW)
    assert store.interrupt_running(now=NOW) == [spec.key]
    assert store.interrupt_running(now=NOW) == []
    assert store.state(spec.key) == "interrupted"
    assert store.start_attempt(spec.key, now=NOW) == 2
    assert [attempt.state for attempt in store.attempts(spec.key)] == ["interrupted", "running"]


def test_a_run_that_is_reset_keeps_its_attempts_and_loses_its_result(
    store: StoreWriter, spec: RunSpec
) -> None:
    finish(store, spec)
    store.reset_runs([spec.key])
    assert (store.state(spec.key), store.result(spec.key), store.curve(spec.key)) == ("planned", None, [])
    assert len(store.attempts(spec.key)) == 1


def test_planning_again_changes_nothing_that_is_recorded(store: StoreWriter, spec: RunSpec) -> None:
    result = finish(store, spec)
    store.save_study(study_row(), [cell(spec)])
    (row,) = store.plan_rows("small")
    assert (row.state, row.result) == ("finished", result)


def test_cells_that_are_no_longer_planned_stay_and_are_marked(store: StoreWriter, spec: RunSpec) -> None:
    other = run_spec(seed=1)
    store.save_study(study_row(), [cell(other)])
    assert [(row.seed, row.current) for row in store.plan_rows("small")] == [(0, False), (1, True)]
    assert store.counts("small") == {"planned": 1}


def test_two_cells_may_share_a_run_and_it_is_counted_once(store: StoreWriter, spec: RunSpec) -> None:
    store.add_cells("small", [cell(spec, "the same under another name")])
    assert [row.key for row in store.plan_rows("small")] == [spec.key, spec.key]
    assert store.counts("small") == {"planned": 1}


def test_studies_share_the_runs_that_they_have_in_common(store: StoreWriter, spec: RunSpec) -> None:
    finish(store, spec)
    store.save_study(study_row("other"), [cell(spec)])
    assert [row.state for row in store.plan_rows("other")] == ["finished"]


def test_trials_are_kept_apart_by_number(store: StoreWriter) -> None:
    cells = [
        cell(run_spec(learning_rate=rate), role="trial", trial=number, generation=0)
        for number, rate in enumerate([0.1, 0.2])
    ]
    store.save_study(study_row(), cells)
    assert [(row.trial, row.generation) for row in store.plan_rows("small")] == [(0, 0), (1, 0)]


def test_a_write_that_fails_leaves_nothing_behind(store: StoreWriter, spec: RunSpec) -> None:
    nothing: Any = None
    with pytest.raises(sqlite3.IntegrityError):
        store.add_cells("small", [cell(run_spec(seed=1)), cell(run_spec(seed=2))._replace(key=nothing)])
    assert [row.seed for row in store.plan_rows("small")] == [0]


def test_a_recorded_end_survives_the_death_of_its_writer(store: StoreWriter, spec: RunSpec) -> None:
    code = (
        "import os, sys; from experiments.store import open_store; s = open_store(sys.argv[1]);"
        "from experiments.config.run_result import RunResult;"
        f"r = RunResult(key={spec.key!r}, state='finished', primary='accuracy', code='x', seconds=0.1);"
        f" s.start_attempt({spec.key!r}, now=''); s.end_attempt({spec.key!r}, 'finished', now='', result=r);"
        " os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(store.path)], cwd=ROOT)
    assert done.returncode == -9
    result = store.result(spec.key)
    assert result is not None
    assert result.seconds == 0.1
    assert store._db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_plan_beside_the_table_is_what_the_table_has(filled: StoreWriter) -> None:
    content = json.loads(plan_file(filled.path, "small").read_bytes())
    with closing(sqlite3.connect(filled.path / TABLE)) as table:
        (count,) = table.execute("SELECT COUNT(*) FROM plan WHERE study = 'small'").fetchone()
    assert len(content["cells"]) == count == 4


class Lives(RuleBasedStateMachine):
    """Runs that start, end, are killed and are planned anew, in any order, against a plain account of them."""

    specs = tuple(run_spec(seed=seed) for seed in range(3))

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(Path(self.folder.name))
        self.store.save_study(study_row(), [cell(spec) for spec in self.specs])
        self.states = {spec.key: "planned" for spec in self.specs}
        self.attempts = {spec.key: 0 for spec in self.specs}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(number=st.integers(0, 2))
    def start(self, number: int) -> None:
        key = self.specs[number].key
        if self.states[key] in ("planned", "interrupted"):
            self.attempts[key] += 1
            assert self.store.start_attempt(key, now=NOW) == self.attempts[key]
            self.states[key] = "running"

    @rule(number=st.integers(0, 2), state=st.sampled_from(ENDED))
    def end(self, number: int, state: Any) -> None:
        spec = self.specs[number]
        if self.states[spec.key] == "running":
            self.store.end_attempt(
                spec.key, state, now=NOW, result=outcome(spec, steps=self.attempts[spec.key])
            )
            self.states[spec.key] = state

    @rule()
    def kill_the_supervisor(self) -> None:
        self.store.close()
        self.store = open_store(Path(self.folder.name))
        left = sorted(key for key, state in self.states.items() if state == "running")
        assert sorted(self.store.interrupt_running(now=NOW)) == left
        self.states |= dict.fromkeys(left, "interrupted")

    @rule()
    def plan_again(self) -> None:
        self.store.save_study(study_row(), [cell(spec) for spec in self.specs])

    @precondition(lambda self: any(state in ENDED for state in self.states.values()))
    @rule()
    def reset_what_ended(self) -> None:
        ended = [key for key, state in self.states.items() if state in ENDED]
        self.store.reset_runs(ended)
        self.states |= dict.fromkeys(ended, "planned")

    @invariant()
    def the_store_agrees(self) -> None:
        rows = list(self.store.plan_rows("small"))
        assert {row.key: row.state for row in rows} == self.states
        for row in rows:
            attempts = self.store.attempts(row.key)
            assert [attempt.number for attempt in attempts] == list(range(1, self.attempts[row.key] + 1))
            assert sum(attempt.ended is None for attempt in attempts) == (row.state == "running")
            latest = len(attempts) if row.state in ENDED else None
            assert (row.result.steps if row.result else None) == latest


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=15, stateful_step_count=20)
