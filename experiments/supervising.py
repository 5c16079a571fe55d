"""Runs a study to its end: hands planned runs to the engine, records what comes back, asks the search on.

The only writer of the store. Imports no torch: everything that needs it happens in worker processes.
"""

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from . import recovering
from .clock import now
from .engines.local import Event, LocalEngine
from .records import ENDED, Planned, PlanRow, State, Store, StudyRow
from .recovering import Recovered
from .spec import StudySpec

ATTEMPTS = 3
DESIGN, PROPOSE, JOURNAL = "design", "propose", "journal"
Changed = Callable[[], None]


class Policy(NamedTuple):
    """What to do with what is there already."""

    rerun_stale: bool = False
    retry_failed: bool = False


class Supervisor:
    """One study, one store, one engine. `said` takes lines for people; `changed` is called when the records moved."""

    def __init__(
        self, study: StudySpec, store: Store, engine: LocalEngine, *, cache: Path, said: Callable[[str], None]
    ) -> None:
        self.study, self.store, self.engine, self.cache, self.said = study, store, engine, cache, said
        self.row: StudyRow | None = None
        self.stopping = False
        self._queue: list[PlanRow] = []
        self._asked: int | None = None
        self._large: set[str] = set()
        self._losses: Counter[str] = Counter()

    def plan(self, policy: Policy) -> Recovered:
        """Expand the study in a worker, record its plan, and put the records in order. Raises ValueError."""
        answer = self._ask(DESIGN, {"dtypes": self._known_dtypes()})
        self.row = StudyRow(**answer["study"])
        self.store.save_study(self.row, [Planned(**cell) for cell in answer["cells"]])
        return recovering.recover(
            self.store, self.study.name, codes=answer["codes"], now=now(), **policy._asdict()
        )

    def run(self, changed: Changed) -> bool:
        """Run all that is planned; True when the study is complete, False when it was interrupted."""
        with self._interruptible():
            self._refill()
            while self.engine.names or (self._queue and not self.stopping):
                self._start_runs()
                events = self.engine.wait(0.5)
                for event in events:
                    self._take(event)
                if events and any(event.kind != "epoch" for event in events):
                    self._refill()
                changed()
        return not self.stopping

    def journal(self, path: Path) -> list[str]:
        """Write the search's journal; the names of its studies."""
        names: list[str] = self._ask(JOURNAL, {"dtypes": self._dtypes(), "path": str(path)})
        return names

    def _ask(self, work: str, payload: dict[str, Any]) -> Any:
        """One piece of work, waited for; tried again when its process is lost. Raises ValueError if it is refused."""
        for _ in range(ATTEMPTS):
            answer = self._answer(work, payload)
            if answer.kind == "done":
                return answer.content
            if answer.kind != "lost":
                break
        if answer.kind == "refused":
            raise ValueError(_why(answer))
        raise RuntimeError(f"{work}: {_why(answer)}")

    def _answer(self, work: str, payload: dict[str, Any]) -> Event:
        self.engine.start(work, work, self._common() | payload)
        while True:
            for event in self.engine.wait(60):
                if event.name == work:
                    return event
                self._take(event)

    def _common(self) -> dict[str, Any]:
        return {
            "study": self.study.model_dump_json(),
            "cache": str(self.cache),
            "store": str(self.store.path),
        }

    def _known_dtypes(self) -> dict[str, str]:
        """What `dtype: auto` came to when this study was first planned here."""
        if self.study.name not in self.store.studies():
            return {}
        known: dict[str, str] = self.store.study(self.study.name).resolved["dtypes"]
        return known

    def _dtypes(self) -> dict[str, str]:
        assert self.row is not None
        dtypes: dict[str, str] = self.row.resolved["dtypes"]
        return dtypes

    # The queue

    def _refill(self) -> None:
        """Ask the search on if a trial has ended since, then queue what is planned and not at work."""
        while self.study.search is not None and not self.stopping and self._generation_is_over():
            self._start_runs()  # nobody waits for the proposal but the search
            self._propose()
        rows = {
            row.key: row for row in self.store.rows(self.study.name) if row.current and row.state not in ENDED
        }
        self._queue = sorted((row for key, row in rows.items() if key not in self.engine.names), key=_order)

    def _generation_is_over(self) -> bool:
        """Whether some search has no open trial, and more trials have ended than when it was last asked."""
        trials = [row for row in self.store.rows(self.study.name) if row.role == "trial" and row.current]
        ended = sum(row.state in ENDED for row in trials)
        searches = {(row.setting, row.arm) for row in trials}
        at_work = {(row.setting, row.arm) for row in trials if row.state not in ENDED}
        if ended == self._asked or (trials and searches == at_work):
            return False
        self._asked = ended
        return True

    def _propose(self) -> None:
        """Add the searches' next generations, or their winners' runs, to the plan."""
        answer = self._ask(PROPOSE, {"dtypes": self._dtypes()})
        self.store.add(self.study.name, [Planned(**cell) for cell in answer["cells"]])
        self._describe_winners(answer["tuned"])

    def _describe_winners(self, tuned: dict[str, Any]) -> None:
        assert self.row is not None
        arms = {label: arm | {"tuned": tuned.get(label, {})} if arm["role"] == "tuned" else arm
                for label, arm in self.row.arms.items()}  # fmt: skip
        self.row = self.row._replace(arms=arms)
        self.store.describe(self.row)

    def _start_runs(self) -> None:
        while self.engine.free and self._queue and not self.stopping:
            row = self._queue.pop(0)
            folder = self.store.folder(row.key)
            payload = {"spec": json.dumps(row.spec), "folder": str(folder), "cache": str(self.cache)}
            self.store.start(row.key, now=now())
            self.engine.start(row.key, "train", payload, log=folder / "log.txt")

    # What workers say

    def _take(self, event: Event) -> None:
        key, content = event.name, event.content
        if event.kind == "epoch":
            epoch, metrics = content
            self.store.epoch(key, epoch, metrics)
        elif event.kind == "done":
            for epoch, metrics in content["curve"]:
                self.store.epoch(key, epoch, metrics)
            self.store.end(key, content["state"], now=now(), message=content["message"], result=content)
        elif event.kind == "stopped":
            self.store.end(key, "interrupted", now=now(), message=str(content))
        else:
            self._failed(event)

    def _failed(self, event: Event) -> None:
        """Lost processes are resumed up to three times, memory is tried once more, errors are final."""
        state: State = "failed"
        if event.kind == "lost":
            self._losses[event.name] += 1
            state = "interrupted" if self._losses[event.name] < ATTEMPTS else "failed"
        elif event.kind == "failed" and event.content[0]:
            state = "out_of_memory" if event.name in self._large else "interrupted"
            self._large.add(event.name)
        self.store.end(event.name, state, now=now(), message=_why(event))
        self.said(
            f"run {event.name[:12]} {state}: {_why(event)} (log: {self.store.folder(event.name) / 'log.txt'})"
        )

    # Stopping

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """First Ctrl-C or SIGTERM: workers save and end. Second: at once."""

        def stop(number: int, frame: object) -> None:
            if self.stopping:
                self.engine.kill()
                raise KeyboardInterrupt
            self.stopping = True
            self.said("stopping: workers save their runs first (again: at once)")
            self.engine.ask_to_stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _order(row: PlanRow) -> tuple[bool, bool, int, str, str]:
    """Resumed runs and trials first (others wait for them), then seed by seed, so that arms stay balanced."""
    return row.state != "interrupted", row.role != "trial", row.seed, row.setting, row.arm


def _why(event: Event) -> str:
    return str(event.content[1]) if event.kind == "failed" else str(event.content)
