"""Planning in worker processes, because the supervisor loads no torch: plans, search proposals and journals."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from user_error import UserError

from ..config.command_line.shell import JobFailed, describe_fault
from ..config.study_spec import StudySpec
from .engines.engine import Engine, Event
from .failures import DISK_HINT, failure_message
from .messages import PlanAnswer, ProposalAnswer, StudyPayload

MAX_ATTEMPTS = 3
PLAN, PROPOSE, JOURNAL = "design", "propose", "journal"
TITLES = {PLAN: "planning", PROPOSE: "search", JOURNAL: "search journal"}
"""What an error message calls each job."""


class RemotePlanner:
    """Runs one planning job at a time, and passes the events of other workers to `on_event` in the meantime.

    `on_wait` is called every half second of it, and may raise to give up.

    Every method raises UserError if the study cannot be planned, and JobFailed for a fault of the program.
    `jobs` replaces jobs by others (`engines.worker.main`): tests run studies of stubs.
    """

    def __init__(
        self,
        engine: Engine,
        study: StudySpec,
        *,
        store: Path,
        cache: Path,
        device: str,
        on_event: Callable[[Event], None],
        on_wait: Callable[[], None] = lambda: None,
        jobs: Mapping[str, str],
    ) -> None:
        self.engine, self.study, self.store, self.cache = engine, study, store, cache
        self.device, self.on_event, self.on_wait, self.jobs = device, on_event, on_wait, jobs

    def plan(self, dtypes: dict[str, str]) -> PlanAnswer:
        """Expand the study; `dtypes` maps settings to what `dtype: auto` resolved to before."""
        return PlanAnswer.model_validate(
            self._run_job(PLAN, {**self._payload(dtypes), "device": self.device})
        )

    def propose(self, dtypes: dict[str, str]) -> ProposalAnswer:
        """Return the runs that the searches propose by now, and the winners that they have found."""
        return ProposalAnswer.model_validate(self._run_job(PROPOSE, self._payload(dtypes)))

    def write_journal(self, dtypes: dict[str, str], path: Path) -> list[str]:
        """Write the searches' Optuna journal to `path`; return the names of its studies."""
        names: list[str] = self._run_job(JOURNAL, {**self._payload(dtypes), "path": str(path)})
        return names

    def _payload(self, dtypes: dict[str, str]) -> StudyPayload:
        return {
            "study": self.study.model_dump_json(),
            "cache": str(self.cache),
            "store": str(self.store),
            "dtypes": dtypes,
        }

    def _run_job(self, job: str, payload: StudyPayload) -> Any:
        """Run one job and return its answer; start it again if its process is lost."""
        log = Path(tempfile.mkdtemp(prefix="attention-ablations-")) / f"{job}.log"
        for _ in range(MAX_ATTEMPTS):
            answer = self._last_event(job, payload, log)
            if answer.kind != "lost":
                break
        if answer.kind in ("done", "refused", "disk"):
            shutil.rmtree(log.parent)
        if answer.kind == "done":
            return answer.content
        if answer.kind == "refused":
            raise UserError(failure_message(answer))
        if answer.kind == "disk":
            raise UserError(failure_message(answer), place=TITLES[job], hint=DISK_HINT)
        raise JobFailed(describe_fault(f"{TITLES[job]}: {failure_message(answer)}", log))

    def _last_event(self, job: str, payload: StudyPayload, log: Path) -> Event:
        self.engine.start(job, self.jobs.get(job, job), payload, log=log)
        while True:
            self.on_wait()
            for event in self.engine.wait(0.5):
                if event.name == job:
                    return event
                self.on_event(event)
