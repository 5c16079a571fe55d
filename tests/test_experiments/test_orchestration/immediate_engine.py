"""An engine that answers at once, and launches of the small study on it."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from experiments.config.run_spec import RunSpec
from experiments.orchestration import jobs
from experiments.orchestration.engines.engine import Event
from experiments.orchestration.supervisor import LaunchOptions, Supervisor
from experiments.store import StoreWriter
from tests.test_experiments.made import sealed, study

Answer = Callable[[RunSpec, int], tuple[str, Any] | None]


def finished(spec: RunSpec, attempt: int) -> tuple[str, Any] | None:
    return None


class ImmediateEngine:
    """An engine whose planning jobs are real, and whose runs end at once as `answer` decides (None: finished)."""

    def __init__(self, store: StoreWriter, answer: Answer = finished, *, slots: int = 2) -> None:
        self.store, self.answer, self.slots = store, answer, slots
        self.at_work: dict[str, tuple[str, dict[str, Any]]] = {}
        self.trained: list[str] = []
        self.payloads: list[dict[str, Any]] = []
        self.stopped = self.killed = False

    @property
    def free(self) -> int:
        return self.slots - len(self.at_work)

    @property
    def names(self) -> list[str]:
        return list(self.at_work)

    def start(self, name: str, job: str, payload: dict[str, Any], **more: Any) -> None:
        assert self.free > 0 or job != "train"
        self.at_work[name] = job, payload

    def wait(self, seconds: float) -> list[Event]:
        if not self.at_work:
            return []
        name = next(iter(self.at_work))
        job, payload = self.at_work.pop(name)
        if job != "train":
            return [Event(name, "done", getattr(jobs, job)(payload, lambda kind, content: None))]
        self.payloads.append(payload)
        return self._train(name, RunSpec.model_validate_json(payload["spec"]))

    def _train(self, key: str, spec: RunSpec) -> list[Event]:
        self.trained.append(key)
        answer = self.answer(spec, self.trained.count(key))
        if answer is not None:
            kind: Any = answer[0]
            return [Event(key, kind, answer[1])]
        return [
            Event(key, "epoch", (1, {"validation/accuracy": 0.7})),
            Event(key, "done", sealed(self.store, spec)),
        ]

    def ask_to_stop(self, names: Collection[str] | None = None) -> None:
        self.stopped = self.stopped or names is None

    def kill(self, names: Collection[str] | None = None) -> None:
        if names is None:
            self.killed = True
            self.at_work.clear()


def supervise(
    store: StoreWriter,
    engine: Any,
    cache: Path,
    *,
    options: LaunchOptions | None = None,
    searching: bool = False,
    **changes: Any,
) -> tuple[bool, list[str]]:
    """Plan and run the small study."""
    lines: list[str] = []
    spec = study(**({} if searching else {"search": None}), **changes)
    supervisor = Supervisor(spec, store, engine, cache=cache, notify=lines.append)
    supervisor.plan(options or LaunchOptions())
    return supervisor.run(lambda: None), lines


def states(store: StoreWriter) -> dict[str, int]:
    return store.counts("small")
