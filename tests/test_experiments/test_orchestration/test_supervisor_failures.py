"""The supervisor with an engine that answers at once: failures, limits and stops."""

import os
import signal
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from experiments.config.command_line import stop_signals
from experiments.config.run_spec import RunSpec
from experiments.orchestration.engines.engine import Event
from experiments.orchestration.supervisor import LaunchOptions, Supervisor
from experiments.store import StoreWriter, run_folder
from tests.test_experiments.made import NOW, outcome, sealed, study
from user_error import UserError

from .immediate_engine import ImmediateEngine, states, supervise

pytestmark = pytest.mark.usefixtures("deterministic")


def test_a_lost_process_is_resumed_and_counts_as_one_result(store: StoreWriter, cache: Path) -> None:
    engine = ImmediateEngine(
        store, lambda spec, attempt: ("lost", "killed by signal 9") if attempt == 1 else None
    )
    assert supervise(store, engine, cache)[0]
    assert states(store) == {"finished": 8}
    for key in set(engine.trained):
        assert [attempt.state for attempt in store.attempts(key)] == ["interrupted", "finished"]


def test_a_run_whose_process_is_lost_three_times_has_failed(store: StoreWriter, cache: Path) -> None:
    first = store.path  # only the arm none of seed 0 is lost

    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        assert first.exists()
        return ("lost", "killed by signal 9") if (spec.arm.module, spec.seed) == ("none", 0) else None

    engine = ImmediateEngine(store, answer)
    assert supervise(store, engine, cache)[0]
    assert states(store) == {"finished": 7, "failed": 1}
    (key,) = {key for key in engine.trained if engine.trained.count(key) > 1}
    assert engine.trained.count(key) == 3


def test_stops_by_the_user_do_not_count_as_tries(store: StoreWriter, cache: Path) -> None:
    supervise(store, ImmediateEngine(store), cache, seeds=[0])
    (key, *_) = store.keys_with_prefix()
    store.reset_runs([key])
    for _ in range(3):
        store.start_attempt(key, now=NOW)
        store.interrupt_running(now=NOW)
    for path in store.folder(key).iterdir():
        path.unlink()
    engine = ImmediateEngine(
        store, lambda spec, attempt: ("lost", "killed by signal 9") if attempt == 1 else None
    )
    supervise(store, engine, cache, seeds=[0])
    assert store.state(key) == "finished"


@pytest.mark.parametrize("kind", ["failed", "refused"])
def test_an_error_is_final_until_a_retry_is_asked_for(kind: str, store: StoreWriter, cache: Path) -> None:
    content: Any = (False, "KeyError: x") if kind == "failed" else "no such thing"
    engine = ImmediateEngine(
        store, lambda spec, attempt: (kind, content) if spec.arm.module == "cse" else None
    )
    complete, lines = supervise(store, engine, cache)
    assert complete
    assert states(store) == {"finished": 6, "failed": 2}
    assert len([text for text in lines if "log.txt" in text]) == 2
    again = ImmediateEngine(store)
    supervise(store, again, cache)
    assert again.trained == []
    supervise(store, again, cache, options=LaunchOptions(retry_failed=""))
    assert len(again.trained) == 2
    assert states(store) == {"finished": 8}


@pytest.mark.parametrize(("often", "state"), [(1, "finished"), (2, "out_of_memory")])
def test_a_run_without_memory_is_tried_once_more(
    often: int, state: str, store: StoreWriter, cache: Path
) -> None:
    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        return ("failed", (True, "MemoryError: ")) if spec.arm.module == "cse" and attempt <= often else None

    engine = ImmediateEngine(store, answer)
    supervise(store, engine, cache)
    (key,) = {
        key
        for key in engine.trained
        if store.spec(key)["arm"]["module"] == "cse" and store.spec(key)["seed"] == 0
    }
    assert store.state(key) == state
    assert engine.trained.count(key) == 2


def test_a_stop_interrupts_the_running_runs_and_starts_no_more(store: StoreWriter, cache: Path) -> None:
    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        if engine.stopped:
            return "stopped", "after step 3"
        if spec.seed == 0 and spec.arm.module == "scse":
            os.kill(os.getpid(), signal.SIGINT)
        return None

    engine = ImmediateEngine(store, answer)
    complete, lines = supervise(store, engine, cache)
    assert not complete
    assert lines[0].startswith("stopping")
    assert states(store)["interrupted"] == 1
    assert states(store)["planned"] >= 4
    assert supervise(store, ImmediateEngine(store), cache)[0]
    assert states(store) == {"finished": 8}


def test_a_stop_while_nothing_trains_stops_the_launch(store: StoreWriter, cache: Path) -> None:
    class Interrupted(ImmediateEngine):
        def start(self, name: str, job: str, payload: dict[str, Any], **more: Any) -> None:
            if job == "propose":
                os.kill(os.getpid(), signal.SIGINT)
            super().start(name, job, payload, **more)

    complete, _ = supervise(store, Interrupted(store, slots=0), cache, searching=True)
    assert not complete
    assert "finished" not in states(store)


def test_a_second_stop_kills_the_workers_and_leaves_no_run_running(
    store: StoreWriter, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop_signals, "ECHO_SECONDS", 0.0)

    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
        return "stopped", ""

    before = signal.getsignal(signal.SIGINT)  # not always Python's own: a shell's background job ignores it
    engine = ImmediateEngine(store, answer)
    with pytest.raises(KeyboardInterrupt):
        supervise(store, engine, cache)
    assert engine.killed
    assert states(store) == {"interrupted": 2, "planned": 6}  # one was at work, one had stopped
    assert signal.getsignal(signal.SIGINT) is before


def test_a_run_that_was_stopped_though_nobody_asked_goes_on(store: StoreWriter, cache: Path) -> None:
    engine = ImmediateEngine(
        store, lambda spec, attempt: ("stopped", "after step 3") if attempt == 1 else None
    )
    assert supervise(store, engine, cache)[0]
    assert states(store) == {"finished": 8}
    assert len(engine.trained) == 16


def test_a_full_disk_stops_the_study_with_one_line_and_costs_no_run(store: StoreWriter, cache: Path) -> None:
    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        return ("disk", "OSError: [Errno 28] No space left on device") if spec.seed == 1 else None

    engine = ImmediateEngine(store, answer)
    with pytest.raises(UserError) as full:
        supervise(store, engine, cache)
    assert str(full.value) == (
        f"{store.path}: OSError: [Errno 28] No space left on device; "
        "the same command goes on once the disk has room and can be written"
    )
    assert engine.stopped
    assert set(states(store)) == {"finished", "interrupted", "planned"}
    assert states(store)["finished"] == 4
    again = ImmediateEngine(store)
    assert supervise(store, again, cache)[0]
    assert states(store) == {"finished": 8}
    assert len(again.trained) == 4


def test_a_diverged_run_ends_like_any_other(store: StoreWriter, cache: Path) -> None:
    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        result = outcome(spec, state="diverged", message="the loss is nan", curve=[])
        return ("done", run_folder.seal(store.folder(spec.key), result)) if spec.arm.module == "sse" else None

    assert supervise(store, ImmediateEngine(store, answer), cache)[0]
    assert states(store) == {"finished": 6, "diverged": 2}


def test_a_run_that_ran_out_of_memory_is_tried_again_alone(store: StoreWriter, cache: Path) -> None:
    beside: list[list[str]] = []

    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        if (spec.arm.module, spec.seed) != ("cse", 0):
            return None
        beside.append(engine.names)
        return ("failed", (True, "MemoryError: ")) if attempt == 1 else None

    engine = ImmediateEngine(store, answer)
    assert supervise(store, engine, cache)[0]
    assert states(store) == {"finished": 8}
    assert [len(names) > 0 for names in beside] == [True, False]


def test_an_error_is_tried_again_once_the_code_has_changed(store: StoreWriter, cache: Path) -> None:
    broken = ImmediateEngine(
        store, lambda spec, attempt: ("failed", (False, "KeyError: x")) if spec.seed else None
    )
    supervise(store, broken, cache)
    assert states(store) == {"finished": 4, "failed": 4}
    again = ImmediateEngine(store)
    supervise(store, again, cache)
    assert again.trained == []
    store._db.execute("UPDATE failures SET code = 'yesterday'")
    supervise(store, again, cache)
    assert len(again.trained) == 4
    assert states(store) == {"finished": 8}


def test_one_failed_run_is_tried_again_by_its_key(store: StoreWriter, cache: Path) -> None:
    supervise(
        store, ImmediateEngine(store, lambda spec, attempt: ("refused", "no") if spec.seed else None), cache
    )
    (key, *_) = [cell.key for cell in store.cells("small") if cell.state == "failed"]
    again = ImmediateEngine(store)
    supervise(store, again, cache, options=LaunchOptions(retry_failed=key[:10]))
    assert again.trained == [key]
    with pytest.raises(ValueError, match="no failed run has a key that begins so"):
        supervise(store, again, cache, options=LaunchOptions(retry_failed="nothing"))


def test_a_worker_that_dies_after_its_seal_is_not_trained_again(store: StoreWriter, cache: Path) -> None:
    def answer(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
        sealed(store, spec)
        return "lost", "killed by signal 9"

    engine = ImmediateEngine(store, answer)
    assert supervise(store, engine, cache)[0]
    assert states(store) == {"finished": 8}
    assert len(engine.trained) == 8


def test_a_study_over_its_time_stops_and_goes_on_later(store: StoreWriter, cache: Path) -> None:
    limits = {"study_minutes": 1e-9}
    engine: Any = ImmediateEngine(store)
    whole = study(search=None, limits=limits)
    supervisor = Supervisor(whole, store, engine, cache=cache, notify=lambda text: None)
    supervisor.plan(LaunchOptions())
    assert not supervisor.run(lambda: None)
    assert supervisor.stop_control.signal is None
    assert supervise(store, ImmediateEngine(store), cache)[0]
    assert states(store) == {"finished": 8}


def test_a_run_over_its_time_has_failed_with_that_message(store: StoreWriter, cache: Path) -> None:
    class Long(ImmediateEngine):
        def wait(self, seconds: float) -> list[Event]:
            if self.trained or "design" in self.at_work:
                return super().wait(seconds)
            time.sleep(0.01)
            return []

        def ask_to_stop(self, names: Collection[str] | None = None) -> None:
            for name in names or ():
                self.trained.append(name)
                self.answer = lambda spec, attempt: ("stopped", "after step 3")

    engine = Long(store, slots=1)
    complete, lines = supervise(store, engine, cache, seeds=[0], limits={"run_minutes": 1e-5})
    assert complete
    assert "over time: more than limits.run_minutes (1e-05)" in lines[0]
    assert states(store)["failed"] >= 1
