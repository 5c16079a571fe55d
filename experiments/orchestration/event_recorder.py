"""Recording of workers' events in the store: metrics, results and failures of runs."""

import logging

from ..config.run_result import RunResult
from ..store import Cell, State, StoreWriter, run_folder
from ..store.maintenance import recover
from ..store.rows import now
from .engines.engine import Event
from .failures import POLICIES, FailureClass, Failures, failure_message
from .scheduler import Scheduler
from .stop_control import Notify

_log = logging.getLogger(__name__)


class EventRecorder:
    """Writes each event of a run to the store, and puts a run that is to be tried again back into the queue."""

    def __init__(self, store: StoreWriter, scheduler: Scheduler, notify: Notify) -> None:
        self.store, self.scheduler, self.notify = store, scheduler, notify
        self.codes: dict[str, str] = {}
        """Module -> digest of its code today."""
        self._failures = Failures(limited=scheduler.limits.memory is not None)

    def record(self, event: Event) -> None:
        """Record one event of a run."""
        if event.kind == "epoch":
            self.store.record_epoch(event.name, *event.content)
        elif event.kind == "memory":
            self.scheduler.gpus.observe(event.name, *event.content)
        else:
            self._record_end(event)

    def _record_end(self, event: Event) -> None:
        cell, over_time = self.scheduler.release(event)
        _log.info("run %s (%s %s seed %d): %s", cell.key[:12], cell.setting, cell.arm, cell.seed, event.kind)
        if event.kind == "done":
            self._record_result(cell, RunResult.model_validate(event.content))
        elif event.kind == "stopped" and self.scheduler.stop_control.stopping and not over_time:
            self.store.end_attempt(cell.key, "interrupted", now=now(), message=str(event.content))
        elif event.kind == "disk":
            self._record_disk_error(cell, event)
        elif event.kind != "lost" or not recover.adopt_result(self.store, cell.key, now()):
            self._record_failure(cell, event, over_time=over_time)  # a lost run may have sealed its result

    def _record_result(self, cell: Cell, result: RunResult) -> None:
        self.scheduler.record_peak(cell.setting, cell.arm, result)
        for epoch, metrics in result.curve:
            self.store.record_epoch(cell.key, epoch, metrics)
        self.store.end_attempt(cell.key, result.state, now=now(), message=result.message, result=result)
        self.scheduler.queue.record_seconds(cell, result.seconds or 0.0)

    def _record_disk_error(self, cell: Cell, event: Event) -> None:
        """Record a run that a disk ended, and stop the launch: every other run would meet the same disk."""
        message = failure_message(event)
        self.store.end_attempt(cell.key, "interrupted", now=now(), message=f"disk: {message}")
        self.scheduler.stop_control.stop_for_disk(message)

    def _record_failure(self, cell: Cell, event: Event, *, over_time: bool) -> None:
        failure, state = self._failures.decide(event, over_time=over_time)
        reason = self.scheduler.limits.run_message if over_time else failure_message(event)
        message = reason if reason.startswith(failure) else f"{failure}: {reason}"
        code = self.codes.get(self.store.spec(cell.key)["arm"]["module"]) if state == "failed" else None
        self.store.end_attempt(cell.key, state, now=now(), message=message, code=code)
        self._notify_failure(cell, failure, state, message)
        if state == "interrupted":
            if failure == "out of memory":
                self.scheduler.queue.alone.add(cell.key)
            self.scheduler.queue.put_back(cell)

    def _notify_failure(self, cell: Cell, failure: FailureClass, state: State, message: str) -> None:
        run = f"run {cell.key[:12]} ({cell.setting} {cell.arm} seed {cell.seed})"
        self.notify(f"{run} {state}: {message} (log: {self.store.folder(cell.key) / run_folder.LOG})")
        if state != "interrupted":
            self.notify(f"to try it again: {POLICIES[failure].to_retry}")
