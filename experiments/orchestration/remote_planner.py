"""Planning in worker processes: the supervisor loads no torch, so it asks for plans, proposals and journals."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from user_error import UserError

from ..config.shell import JobFailed
from ..config.study_spec import StudySpec
from .engines.engine import Engine, Event
from .failures import why
from .messages import PlanAnswer, ProposalAnswer, StudyPayload

ATTEMPTS = 3
PLAN, PROPOSE, JOURNAL = "design", "propose", "journal"


class RemotePlanner:
    """Asks one question at a time, and passes on what other workers say in the meantime.

    Every question raises UserError if the study cannot be planned, and JobFailed for a fault of the program.
    `jobs` replaces jobs by others (`worker.main`): tests run studies of stubs.
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
        jobs: Mapping[str, str],
    ) -> None:
        self.engine, self.study, self.store, self.cache = engine, study, store, cache
        self.device, self.on_event, self.jobs = device, on_event, jobs

    def plan(self, dtypes: dict[str, str]) -> PlanAnswer:
        """Expand the study; `dtypes`: what `dtype: auto` came to before, by setting."""
        return PlanAnswer.model_validate(self._ask(PLAN, {**self._payload(dtypes), "device": self.device}))

    def propose(self, dtypes: dict[str, str]) -> ProposalAnswer:
        """The searches' next generations, or their winners' runs."""
        return ProposalAnswer.model_validate(self._ask(PROPOSE, self._payload(dtypes)))

    def write_journal(self, dtypes: dict[str, str], path: Path) -> list[str]:
        """Write the search's journal; return the names of its studies."""
        names: list[str] = self._ask(JOURNAL, {**self._payload(dtypes), "path": str(path)})
        return names

    def _payload(self, dtypes: dict[str, str]) -> StudyPayload:
        return {
            "study": self.study.model_dump_json(),
            "cache": str(self.cache),
            "store": str(self.store),
            "dtypes": dtypes,
        }

    def _ask(self, job: str, payload: StudyPayload) -> Any:
        """Wait for one job; start it again when its process is lost."""
        log = Path(tempfile.mkdtemp(prefix="attention-ablations-")) / f"{job}.log"
        for _ in range(ATTEMPTS):
            answer = self._answer(job, payload, log)
            if answer.kind != "lost":
                break
        if answer.kind in ("done", "refused"):
            shutil.rmtree(log.parent)
        if answer.kind == "done":
            return answer.content
        if answer.kind == "refused":
            raise UserError(why(answer))
        raise JobFailed(f"{job}: {why(answer)} (a fault of this program; please report it with {log})")

    def _answer(self, job: str, payload: StudyPayload, log: Path) -> Event:
        self.engine.start(job, self.jobs.get(job, job), payload, log=log)
        while True:
            for event in self.engine.wait(60):
                if event.name == job:
                    return event
                self.on_event(event)
