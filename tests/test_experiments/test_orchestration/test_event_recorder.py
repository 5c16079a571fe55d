"""What each event of a run writes to the store, and what the user is told."""

from pathlib import Path
from typing import Any

import pytest

from experiments.orchestration.engines.engine import Event
from experiments.orchestration.event_recorder import EventRecorder
from experiments.orchestration.scheduler import Scheduler
from experiments.orchestration.stop_control import StopControl
from experiments.store import StoreWriter
from tests.test_experiments.made import cell, outcome, run_spec, sealed, study, study_row

SPEC = run_spec()


class Worker:
    """An engine that starts one run, and does nothing else."""

    free, names = 1, list[str]()

    def start(self, name: str, *payload: Any, **options: Any) -> None:
        self.free = 0


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def recorder(store: StoreWriter, lines: list[str]) -> EventRecorder:
    """A recorder while the run `SPEC` is running."""
    store.save_study(study_row(), [cell(SPEC)])
    engine: Any = Worker()
    control = StopControl(engine, lines.append)
    scheduler = Scheduler(study(search=None), store, engine, cache=Path(), jobs={}, stop_control=control)
    scheduler.refill()
    scheduler.start_runs()
    recorder = EventRecorder(store, scheduler, lines.append)
    recorder.codes = {"none": "digest"}
    return recorder


def test_metrics_are_recorded_epoch_by_epoch(recorder: EventRecorder) -> None:
    for epoch in (1, 2):
        recorder.record(Event(SPEC.key, "epoch", (epoch, {"loss": 1 / epoch})))
    assert recorder.store.curve(SPEC.key) == [(1, {"loss": 1.0}), (2, {"loss": 0.5})]
    assert recorder.store.state(SPEC.key) == "running"


def test_a_result_is_recorded_with_its_curve_and_its_seconds(
    recorder: EventRecorder, lines: list[str]
) -> None:
    recorder.record(Event(SPEC.key, "done", outcome(SPEC).content()))
    assert recorder.store.state(SPEC.key) == "finished"
    assert recorder.store.result(SPEC.key) == outcome(SPEC)
    assert recorder.store.curve(SPEC.key) == [(1, {"validation/accuracy": 0.7})]
    assert (recorder.scheduler.running, lines) == ({}, [])


def test_a_stopped_run_is_interrupted_without_a_word(recorder: EventRecorder, lines: list[str]) -> None:
    recorder.scheduler.stop_control.stopping = True
    recorder.record(Event(SPEC.key, "stopped", "after step 3"))
    assert recorder.store.state(SPEC.key) == "interrupted"
    assert (recorder.store.attempts(SPEC.key)[-1].message, lines) == ("after step 3", [])
    assert len(recorder.scheduler.queue) == 0


def test_a_run_that_a_signal_to_its_process_stopped_goes_on(
    recorder: EventRecorder, lines: list[str]
) -> None:
    recorder.record(Event(SPEC.key, "stopped", "after step 3"))
    assert recorder.store.state(SPEC.key) == "interrupted"
    assert len(recorder.scheduler.queue) == 1
    assert "interrupted: killed: after step 3" in lines[0]


def test_a_run_that_a_disk_ended_stops_the_launch_and_is_tried_again(
    recorder: EventRecorder, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(Worker, "ask_to_stop", lambda self: asked.append(True), raising=False)
    recorder.record(Event(SPEC.key, "disk", "OSError: [Errno 28] No space left on device"))
    assert recorder.store.state(SPEC.key) == "interrupted"
    assert recorder.store.failure_codes() == {}
    assert recorder.store.attempts(SPEC.key)[-1].message.startswith("disk: OSError: [Errno 28]")
    assert recorder.scheduler.stop_control.stopping
    assert (asked, len(lines)) == ([True], 1)


def test_a_failed_run_is_named_with_its_log_and_how_to_try_it_again(
    recorder: EventRecorder, lines: list[str]
) -> None:
    recorder.record(Event(SPEC.key, "failed", (False, "KeyError: 'x'")))
    assert recorder.store.state(SPEC.key) == "failed"
    log = recorder.store.folder(SPEC.key) / "log.txt"
    assert lines == [
        f"run {SPEC.key[:12]} (classification none seed 0) failed: error: KeyError: 'x' (log: {log})",
        "to try it again: change the code, or --retry-failed",
    ]


def test_a_run_out_of_memory_goes_back_to_the_queue_to_run_alone(
    recorder: EventRecorder, lines: list[str]
) -> None:
    recorder.record(Event(SPEC.key, "failed", (True, "MemoryError: ")))
    assert recorder.store.state(SPEC.key) == "interrupted"
    assert recorder.scheduler.queue.alone == {SPEC.key}
    assert len(recorder.scheduler.queue) == 1
    assert len(lines) == 1


def test_a_lost_run_is_tried_again_unless_it_has_sealed_its_result(recorder: EventRecorder) -> None:
    recorder.record(Event(SPEC.key, "lost", "killed by signal 9"))
    assert (recorder.store.state(SPEC.key), len(recorder.scheduler.queue)) == ("interrupted", 1)


def test_a_result_that_was_sealed_before_the_process_died_is_taken(
    recorder: EventRecorder, lines: list[str]
) -> None:
    sealed(recorder.store, SPEC)
    recorder.record(Event(SPEC.key, "lost", "killed by signal 9"))
    assert (recorder.store.state(SPEC.key), lines) == ("finished", [])
