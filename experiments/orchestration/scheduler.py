"""Starting of runs: which planned run starts next, in which slot, and with what payload."""

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from ..config.run_result import JsonObject, RunResult
from ..config.study_spec import StudySpec
from ..run.slot import Slot
from ..store import Cell, StoreWriter, run_folder
from ..store.rows import now
from .engines.engine import Engine, Event
from .gpu_slots import GpuSlots
from .limits import RunLimits
from .messages import TrainPayload
from .run_queue import RunQueue
from .stop_control import StopControl

TRAIN = "train"
_log = logging.getLogger(__name__)


class Scheduler:
    """The runs of a study that wait and that are running, and the slots they use.

    `jobs` maps job names to others that replace them (see `engines.worker.main`).
    """

    def __init__(
        self,
        study: StudySpec,
        store: StoreWriter,
        engine: Engine,
        *,
        cache: Path,
        jobs: Mapping[str, str],
        stop_control: StopControl,
    ) -> None:
        self.study, self.store, self.engine, self.cache, self.jobs = study, store, engine, cache, jobs
        self.stop_control = stop_control
        self.queue = RunQueue()
        self.gpus = GpuSlots()
        self.limits = RunLimits(study.limits)
        self.running: dict[str, Cell] = {}

    def refill(self) -> None:
        """Queue the study's planned runs that are not running."""
        self.queue.refill(self.store.cells(self.study.name), running=self.engine.names)

    def read_peaks(self) -> None:
        """Take the memory that recorded runs held on a GPU from the store."""
        for row in self.store.plan_rows(self.study.name) if self.gpus else ():
            if row.current:
                self.record_peak(row.setting, row.arm, row.result)

    def record_peak(self, setting: str, arm: str, result: RunResult | None) -> None:
        """Remember how much of a GPU's memory a run of this setting and arm has held."""
        if result and result.gpu:
            self.gpus.record_peak((setting, arm), result.gpu.peak_bytes)

    def start_runs(self) -> None:
        """Start runs while the engine has free workers and the next run has a slot, unless the launch is stopping."""
        while self.engine.free and not self.stop_control.stopping and not self._is_exclusive():
            cell = self.queue.next_cell(running=len(self.running))
            slot = cell and self.gpus.reserve(
                cell.key, (cell.setting, cell.arm), alone=cell.key in self.queue.alone
            )
            if cell is None or slot is None:
                return
            self.queue.remove(cell)
            self._start(cell, slot)

    def release(self, event: Event) -> tuple[Cell, bool]:
        """Free the slot of a run that has ended; return the run and whether it was stopped for its time."""
        cell = self.running.pop(event.name)
        self.gpus.release(event.name, out_of_memory=event.kind == "failed" and event.content[0])
        return cell, self.limits.end_run(event.name)

    def _is_exclusive(self) -> bool:
        """Whether a run is running that must run alone."""
        return any(key in self.queue.alone for key in self.running)

    def _start(self, cell: Cell, slot: Slot) -> None:
        folder = self.store.folder(cell.key)
        attempt = self.store.start_attempt(cell.key, now=now())
        _log.info("run %s: attempt %d starts on %s", cell.key[:12], attempt, slot.device)
        payload = self._payload(cell, slot, attempt=attempt)
        self.running[cell.key] = cell
        self.limits.start_run(cell.key, spent=self.store.seconds_spent(cell.key))
        self.engine.start(
            cell.key,
            self.jobs.get(TRAIN, TRAIN),
            payload,
            log=folder / run_folder.LOG,
            memory=self.limits.memory,
        )

    def _payload(self, cell: Cell, slot: Slot, *, attempt: int) -> TrainPayload:
        return {
            "spec": json.dumps(self.store.spec(cell.key)),
            "folder": str(self.store.folder(cell.key)),
            "cache": str(self.cache),
            "slot": slot,
            "keep_weights": self.study.keep == "weights",
            "origin": {
                "study": self.study.name,
                "attempt": attempt,
                "command": sys.argv,
                "given": self._written_keys(cell),
            },
        }

    def _written_keys(self, cell: Cell) -> JsonObject:
        """Return what the study file itself sets for this run, without defaults."""
        parts = {"setting": self.study.settings.get(cell.setting), "arm": self.study.arms.get(cell.arm)}
        return {
            name: part.model_dump(mode="json", exclude_unset=True) for name, part in parts.items() if part
        }
