"""Runs a study to its end: plans it, starts its runs, records their results, and asks the search for proposals.

The only writer of the store. Imports no torch: everything that needs it happens in worker processes.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ..config.study_spec import StudySpec
from ..store import StoreWriter
from ..store.maintenance import recover
from ..store.maintenance.recover import RecoveryReport
from ..store.rows import now
from .engines.engine import Engine
from .event_recorder import EventRecorder
from .failures import DISK_HINT
from .gpu_slots import GpuSlots
from .recorded_search import keep_search
from .remote_planner import RemotePlanner
from .scheduler import Scheduler
from .search_driver import SearchDriver
from .stop_control import Notify, StopControl

_log = logging.getLogger(__name__)


class LaunchOptions(NamedTuple):
    """What a launch does with the results and failures that the store already has."""

    rerun_stale: bool = False
    retry_failed: str | None = None
    """Prefix of the keys of failed runs to try again; an empty text stands for all of them."""


class Supervisor:
    """One launch of one study on one store with one engine.

    `notify` shows a line to the user. `device`: cpu, cuda for all GPUs, or one of them, such as cuda:1.
    `jobs` replaces jobs by others (`engines.worker.main`): tests run studies of stubs.
    """

    def __init__(
        self,
        study: StudySpec,
        store: StoreWriter,
        engine: Engine,
        *,
        cache: Path,
        notify: Notify,
        jobs: Mapping[str, str] | None = None,
        device: str = "cpu",
    ) -> None:
        self.study, self.store, self.engine = study, store, engine
        self.stop_control = StopControl(engine, notify)
        self._scheduler = Scheduler(
            study, store, engine, cache=cache, jobs=jobs or {}, stop_control=self.stop_control
        )
        self._recorder = EventRecorder(store, self._scheduler, notify)
        self._planner = RemotePlanner(
            engine,
            study,
            store=store.path,
            cache=cache,
            device=device,
            on_event=self._recorder.record,
            on_wait=self.stop_control.apply,
            jobs=jobs or {},
        )
        self._search: SearchDriver | None = None

    def plan(self, options: LaunchOptions) -> RecoveryReport:
        """Expand the study in a worker, record its plan, and repair its records; return what was repaired.

        Raises UserError if the study cannot be planned.
        """
        answer = self._planner.plan(self._recorded_dtypes())
        study, searched = keep_search(answer.study, self.store)
        self._search = SearchDriver(study, answer.cells, self.store, self._planner)
        self._recorder.codes = study.codes
        self._scheduler.gpus = GpuSlots(answer.cards)
        recover.check_retry(self.store, study.name, options.retry_failed)
        self.store.save_study(study, [*answer.cells, *searched])
        _log.info("study %s: %d runs planned", study.name, len(answer.cells))
        report = recover.recover(self.store, study.name, codes=study.codes, now=now(), **options._asdict())
        _log.info("recovery: %d adopted, %d damaged, %d stale, %d retried", *map(len, report))
        return report

    def run(self, on_change: Callable[[], None]) -> bool:
        """Run everything planned; return whether the study is complete. `on_change` runs after writes to the store.

        Raises Stopped at the second signal, and UserError if a disk ended a run; no run is left as running.
        """
        self._scheduler.limits.start_study()
        try:
            with self.stop_control.handle_signals():
                self._run(on_change)
        except BaseException:  # among them Stopped, and a table or folder that cannot be written
            self.engine.kill()
            with suppress(Exception):
                self.store.interrupt_running(now=now())
            raise
        if self.stop_control.disk is not None:
            raise UserError(self.stop_control.disk, place=str(self.store.path), hint=DISK_HINT)
        return not self.stop_control.stopping

    def _run(self, on_change: Callable[[], None]) -> None:
        self._advance_search()
        self._scheduler.refill()
        self._scheduler.read_peaks()
        while self.engine.names or (len(self._scheduler.queue) and not self.stop_control.stopping):
            self._scheduler.start_runs()
            self._handle_events()
            self._enforce_limits()
            on_change()

    def write_journal(self, path: Path) -> list[str]:
        """Write the searches' Optuna journal to `path`; return the names of its studies."""
        return self._planner.write_journal(self._planned_search().row.resolved.dtypes, path)

    def _planned_search(self) -> SearchDriver:
        assert self._search is not None, "plan() comes first"
        return self._search

    def _recorded_dtypes(self) -> dict[str, str]:
        """Return what `dtype: auto` resolved to when this study was first planned in this store."""
        recorded = self.study.name in self.store.studies()
        return self.store.study(self.study.name).resolved.dtypes if recorded else {}

    def _handle_events(self) -> None:
        events = self.engine.wait(0.5)
        self.stop_control.apply()  # before what is recorded: a worker may have had the same signal
        for event in events:
            self._recorder.record(event)
            if event.is_last:
                self._advance_search()

    def _advance_search(self) -> None:
        """Let the search add to the plan while new generations are due."""
        search, proposed = self._planned_search(), False
        while self.study.search is not None and not self.stop_control.stopping and search.is_due():
            self._scheduler.start_runs()  # free workers need not wait for the proposal
            search.propose()
            proposed = True
        if proposed:
            self._scheduler.refill()

    def _enforce_limits(self) -> None:
        """Stop, and later kill, runs over their time; stop the whole study when its time is over."""
        limits = self._scheduler.limits
        self.engine.ask_to_stop(limits.runs_to_stop())
        self.engine.kill(limits.runs_to_kill())
        self.stop_control.kill_the_late()
        if limits.study_is_over() and not self.stop_control.stopping:
            self.stop_control.stop(f"{limits.study_message}: workers save their runs")
