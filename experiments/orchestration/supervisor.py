"""Runs a study to its end: hands planned runs to the engine, records what comes back, asks the search on.

The only writer of the store. Imports no torch: everything that needs it happens in worker processes.
"""

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..config.run_result import JsonObject, RunResult
from ..config.study_plan import StudyRow, TunedOptions
from ..config.study_spec import StudySpec
from ..run.slot import Slot
from ..store import ENDED, Cell, StoreWriter
from ..store.maintenance import recover
from ..store.maintenance.recover import RecoveryReport
from ..store.rows import now
from .engines.engine import Engine, Event
from .failures import POLICIES, Failures, why
from .gpu_slots import GpuSlots, Kind
from .limits import Budgets
from .messages import TrainPayload
from .remote_planner import RemotePlanner
from .run_queue import Queue

TRAIN = "train"
Changed = Callable[[], None]


class Policy(NamedTuple):
    """What to do with what is there already."""

    rerun_stale: bool = False
    retry_failed: str | None = None
    """Try failed runs again: those whose key begins so, all of them for an empty text."""


class Supervisor:
    """One study, one store, one engine. `said` takes lines for people; `changed` is called when the records moved.

    `device`: cpu, cuda for all graphics cards, or one of them.
    `jobs` replaces jobs by others (`worker.main`): tests run studies of stubs.
    """

    def __init__(
        self,
        study: StudySpec,
        store: StoreWriter,
        engine: Engine,
        *,
        cache: Path,
        said: Callable[[str], None],
        jobs: Mapping[str, str] | None = None,
        device: str = "cpu",
    ) -> None:
        self.study, self.store, self.engine, self.cache, self.said = study, store, engine, cache, said
        self.jobs = jobs or {}
        self._planner = RemotePlanner(
            engine, study, store=store.path, cache=cache, device=device, on_event=self._take, jobs=self.jobs
        )
        self.row: StudyRow | None = None
        self.stopping = False
        self.signal: int | None = None
        """The signal that asked it to stop."""
        self._queue = Queue()
        self._gpus = GpuSlots()
        self._at_work: dict[str, Cell] = {}
        self._asked: int | None = None
        self._failures = Failures(limited=study.limits.run_memory_mb is not None)
        self._budgets = Budgets(study.limits)
        self._codes: dict[str, str] = {}

    def plan(self, policy: Policy) -> RecoveryReport:
        """Expand the study in a worker, record its plan, and put the records in order. Raises UserError."""
        answer = self._planner.plan(self._known_dtypes())
        self.row, self._codes = answer.study, answer.codes
        self._gpus = GpuSlots(answer.cards)
        self.store.save_study(answer.study, answer.cells)
        return recover.recover(self.store, self.study.name, codes=self._codes, now=now(), **policy._asdict())

    def run(self, changed: Changed) -> bool:
        """Run all that is planned; True when the study is complete, False when it was interrupted."""
        self._budgets.begin()
        with self._interruptible():
            self._refill()
            while self.engine.names or (len(self._queue) and not self.stopping):
                self._start_runs()
                for event in self.engine.wait(0.5):
                    self._take(event)
                    if event.last:
                        self._ask_search_on()
                self._keep_budgets()
                changed()
        return not self.stopping

    def journal(self, path: Path) -> list[str]:
        """Write the search's journal; return the names of its studies."""
        return self._planner.write_journal(self._planned.resolved.dtypes, path)

    @property
    def _planned(self) -> StudyRow:
        assert self.row is not None, "plan() comes first"
        return self.row

    def _known_dtypes(self) -> dict[str, str]:
        """What `dtype: auto` came to when this study was first planned here."""
        known = self.study.name in self.store.studies()
        return self.store.study(self.study.name).resolved.dtypes if known else {}

    # The queue

    def _refill(self) -> None:
        """Queue what is planned and not at work."""
        self._ask_search_on()
        self._queue.fill(self.store.cells(self.study.name), at_work=self.engine.names)
        for row in self.store.plan_rows(self.study.name) if self._gpus else ():
            self._learn((row.setting, row.arm), row.result if row.current else None)

    def _learn(self, kind: Kind, result: RunResult | None) -> None:
        """How much of a card a run of this kind has held."""
        if result and result.gpu:
            self._gpus.learn(kind, result.gpu.peak_bytes)

    def _ask_search_on(self) -> None:
        """If trials have ended since it was last asked, let the search add to the plan."""
        asked = False
        while self.study.search is not None and not self.stopping and self._generation_is_over():
            self._start_runs()  # nobody waits for the proposal but the search
            self._propose()
            asked = True
        if asked:
            self._queue.fill(self.store.cells(self.study.name), at_work=self.engine.names)

    def _generation_is_over(self) -> bool:
        """Whether some search has no open trial, and more trials have ended than when it was last asked."""
        trials = [cell for cell in self.store.cells(self.study.name) if cell.role == "trial" and cell.current]
        ended = sum(cell.state in ENDED for cell in trials)
        searches = {(cell.setting, cell.arm) for cell in trials}
        at_work = {(cell.setting, cell.arm) for cell in trials if cell.state not in ENDED}
        if ended == self._asked or (trials and searches == at_work):
            return False
        self._asked = ended
        return True

    def _propose(self) -> None:
        """Add the searches' next generations, or their winners' runs, to the plan."""
        answer = self._planner.propose(self._planned.resolved.dtypes)
        self.store.add_cells(self.study.name, answer.cells)
        self._describe_winners(answer.tuned)

    def _describe_winners(self, tuned: Mapping[str, dict[str, TunedOptions]]) -> None:
        arms = {
            label: arm.model_copy(update={"tuned": tuned.get(label, {})}) if arm.role == "tuned" else arm
            for label, arm in self._planned.arms.items()
        }
        self.row = self._planned.model_copy(update={"arms": arms})
        self.store.update_study(self.row)

    def _start_runs(self) -> None:
        while self.engine.free and not self.stopping and not self._one_is_alone():
            cell = self._queue.first(at_work=len(self._at_work))
            place = cell and self._gpus.take(
                cell.key, (cell.setting, cell.arm), alone=cell.key in self._queue.alone
            )
            if cell is None or place is None:
                return
            self._queue.remove(cell)
            self._start(cell, place)

    def _one_is_alone(self) -> bool:
        return any(key in self._queue.alone for key in self._at_work)

    def _start(self, cell: Cell, place: Slot) -> None:
        folder = self.store.folder(cell.key)
        attempt = self.store.start_attempt(cell.key, now=now())
        payload: TrainPayload = {
            "spec": json.dumps(self.store.spec(cell.key)),
            "folder": str(folder),
            "cache": str(self.cache),
            "place": place,
            "keep_weights": self.study.keep == "weights",
            "origin": {
                "study": self.study.name,
                "attempt": attempt,
                "command": sys.argv,
                "given": self._given(cell),
            },
        }
        self._at_work[cell.key] = cell
        self._budgets.started(cell.key, spent=self.store.seconds_spent(cell.key))
        self.engine.start(
            cell.key,
            self.jobs.get(TRAIN, TRAIN),
            payload,
            log=folder / "log.txt",
            memory=self._budgets.memory,
        )

    def _given(self, cell: Cell) -> JsonObject:
        """What the study itself says of this run; all else in the run's spec is a default, or follows from this."""
        parts = {"setting": self.study.settings.get(cell.setting), "arm": self.study.arms.get(cell.arm)}
        return {
            name: part.model_dump(mode="json", exclude_unset=True) for name, part in parts.items() if part
        }

    # What workers say

    def _take(self, event: Event) -> None:
        key, content = event.name, event.content
        if event.kind == "epoch":
            epoch, metrics = content
            return self.store.record_epoch(key, epoch, metrics)
        if event.kind == "memory":
            return self._gpus.seen(key, *content)
        cell = self._at_work.pop(key)
        self._gpus.leave(key, broke=event.kind == "failed" and event.content[0])
        over_time = self._budgets.ended(key)
        if event.kind == "done":
            result = RunResult.model_validate(content)
            self._learn((cell.setting, cell.arm), result)
            for epoch, metrics in result.curve:
                self.store.record_epoch(key, epoch, metrics)
            self.store.end_attempt(key, result.state, now=now(), message=result.message, result=result)
            return self._queue.ended(cell, result.seconds or 0.0)
        if event.kind == "stopped" and not over_time:
            return self.store.end_attempt(key, "interrupted", now=now(), message=str(content))
        if event.kind == "lost" and recover.adopt_result(
            self.store, key, now()
        ):  # it died just after its last word
            return None
        return self._failed(cell, event, over_time=over_time)

    def _failed(self, cell: Cell, event: Event, *, over_time: bool) -> None:
        kind, state = self._failures.decide(event, over_time=over_time)
        reason = self._budgets.text if over_time else why(event)
        text = reason if reason.startswith(kind) else f"{kind}: {reason}"
        code = self._codes.get(self.store.spec(cell.key)["arm"]["module"]) if state == "failed" else None
        self.store.end_attempt(cell.key, state, now=now(), message=text, code=code)
        log = self.store.folder(cell.key) / "log.txt"
        self.said(
            f"run {cell.key[:12]} ({cell.setting} {cell.arm} seed {cell.seed}) {state}: {text} (log: {log})"
        )
        if state == "interrupted":
            if kind == "out of memory":
                self._queue.alone.add(cell.key)
            self._queue.put_back(cell)
        else:
            self.said(f"it is tried again when: {POLICIES[kind].until}")

    # Budgets and stopping

    def _keep_budgets(self) -> None:
        """Runs over their time save and end, or are killed where they do not; so does the whole study."""
        self.engine.ask_to_stop(self._budgets.to_stop())
        self.engine.kill(self._budgets.to_kill())
        if self._budgets.study_is_over() and not self.stopping:
            self.stopping = True
            self.said(f"{self._budgets.study_text}: workers save their runs")
            self.engine.ask_to_stop()

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """First Ctrl-C or SIGTERM: workers save and end. Second: at once."""

        def stop(number: int, frame: object) -> None:
            if self.stopping:
                self.engine.kill()
                raise KeyboardInterrupt
            self.stopping, self.signal = True, number
            self.said("stopping: workers save their runs first (again: at once)")
            self.engine.ask_to_stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
