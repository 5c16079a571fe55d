"""The start of runs: the payload of a worker, slots on GPUs, and runs that must run alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from experiments.config.run_result import GpuUse
from experiments.orchestration.engines.engine import Event
from experiments.orchestration.gpu_slots import GpuSlots
from experiments.orchestration.scheduler import Scheduler
from experiments.orchestration.stop_control import StopControl
from experiments.run.slot import CPU, Slot
from experiments.store import StoreWriter
from tests.test_experiments.made import cell, finish, run_spec, study, study_row

SPECS = [run_spec(seed=seed) for seed in range(3)]
GB = 2**30


class Workers:
    """An engine with a number of workers whose runs never end by themselves."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.started: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    @property
    def free(self) -> int:
        return self.count - len(self.started)

    @property
    def names(self) -> list[str]:
        return list(self.started)

    def start(self, name: str, job: str, payload: dict[str, Any], **options: Any) -> None:
        assert job == "train"
        self.started[name] = payload, options

    def ask_to_stop(self) -> None:
        pass


def scheduler(store: StoreWriter, *, workers: int = 2, **limits: Any) -> tuple[Scheduler, Any]:
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    engine: Any = Workers(workers)
    control = StopControl(engine, lambda line: None)
    spec = study(search=None, limits=limits)
    made = Scheduler(spec, store, engine, cache=Path("cache"), jobs={}, stop_control=control)
    made.refill()
    return made, engine


def test_as_many_runs_start_as_there_are_workers_and_each_is_recorded(store: StoreWriter) -> None:
    made, engine = scheduler(store)
    made.start_runs()
    keys = [spec.key for spec in SPECS[:2]]
    assert engine.names == list(made.running) == keys
    assert [store.state(spec.key) for spec in SPECS] == ["running", "running", "planned"]
    assert len(made.queue) == 1


def test_a_worker_gets_spec_folder_cache_slot_origin_and_limits(store: StoreWriter) -> None:
    made, engine = scheduler(store, workers=1, run_memory_mb=100)
    made.start_runs()
    payload, options = engine.started[SPECS[0].key]
    assert json.loads(payload["spec"]) == store.spec(SPECS[0].key)
    assert (payload["folder"], payload["cache"]) == (str(store.folder(SPECS[0].key)), "cache")
    assert payload["slot"] == CPU
    assert (payload["origin"]["study"], payload["origin"]["attempt"]) == ("small", 1)
    assert payload["origin"]["given"]["arm"] == {}
    assert payload["origin"]["given"]["setting"]["recipe"]["epochs"] == 2
    assert options == {"log": store.folder(SPECS[0].key) / "log.txt", "memory": 100 * 2**20}


def test_nothing_starts_once_the_launch_is_stopping(store: StoreWriter) -> None:
    made, engine = scheduler(store)
    made.stop_control.stop("")
    made.start_runs()
    assert engine.names == []


def test_a_run_that_must_run_alone_starts_last_and_lets_no_other_start(store: StoreWriter) -> None:
    made, engine = scheduler(store, workers=9)
    made.queue.alone.add(SPECS[0].key)
    made.refill()
    made.start_runs()
    assert engine.names == [SPECS[1].key, SPECS[2].key]
    for spec in SPECS[1:]:
        engine.started.pop(spec.key)
        made.release(Event(spec.key, "done", {}))
    made.queue.put_back(store_cell(store, SPECS[1].key))
    made.start_runs()
    assert engine.names == [SPECS[1].key]


def store_cell(store: StoreWriter, key: str) -> Any:
    return next(found for found in store.cells("small") if found.key == key)


def test_recorded_peaks_decide_how_many_runs_share_a_gpu(store: StoreWriter) -> None:
    made, engine = scheduler(store, workers=9)
    gpu = GpuUse(card="A GPU", peak_bytes=4 * GB)
    finish(store, SPECS[0], gpu=gpu)
    made.gpus = GpuSlots([("cuda:0", 16 * GB)])
    made.read_peaks()
    made.refill()
    made.start_runs()
    assert [payload["slot"] for payload, _ in engine.started.values()] == [Slot("cuda:0", int(1.1 * 4 * GB))]


@pytest.mark.parametrize("out_of_memory", [True, False])
def test_a_released_run_frees_its_slot(out_of_memory: bool, store: StoreWriter) -> None:
    made, engine = scheduler(store)
    made.gpus = GpuSlots([("cuda:0", 16 * GB)])
    made.start_runs()
    assert engine.names == [SPECS[0].key]  # nothing is known of its memory: it has the GPU to itself
    engine.started.clear()
    run, over_time = made.release(Event(SPECS[0].key, "failed", (out_of_memory, "error")))
    assert (run.key, over_time, made.running) == (SPECS[0].key, False, {})
    made.start_runs()
    assert engine.names == [SPECS[1].key]
