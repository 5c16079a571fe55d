"""Trackers, in which runs can be browsed. Only this file and `offline_file.py` import wandb; training never calls it.

W&B records no code, machine data, console output or telemetry, its folders are inside the store, and ending a run has
a time limit, so that an outage affects the publishing process alone.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError

from user_error import UserError, first_line

from .offline_file import count_steps

PROJECT = "attention-ablations"
FINISH_SECONDS = 30
"""Time limit for ending a run."""
MODES = {
    "online": "online",
    "offline": "offline",
    "disabled": "disabled",
    "run": "online",
    "dryrun": "offline",
}
"""Values of WANDB_MODE -> what they mean here; the last two are older names."""


class TrackedRun(NamedTuple):
    """A run as a tracker shows it; `id` is unique and stable."""

    id: str
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]


class Tracker(Protocol):
    """A service in which runs can be browsed.

    live: whether it takes epochs while a run is training; otherwise it takes whole runs after their end.
    location: where the runs are shown, for the user.
    """

    live: bool
    location: str

    def start_run(self, run: TrackedRun) -> str:
        """Start a run; return the folder (relative to the store) or address where it is shown."""
        ...

    def log_metrics(self, run_id: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        """Log the metrics of an epoch, counted from 1."""

    def end_run(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        """End a run with its summary. Raises an error unless all of it is where the run is shown."""


class WandbTracker:
    """Weights & Biases: live if logged in, otherwise in offline folders inside the store."""

    def __init__(self, store: Path, wandb: ModuleType, *, online: bool) -> None:
        self.store, self.wandb, self.live = store, wandb, online
        self.runs: dict[str, Any] = {}
        self.steps: Counter[str] = Counter()
        """Run -> the number of steps logged."""
        self.project = os.environ.get("WANDB_PROJECT") or PROJECT
        self.entity = os.environ.get("WANDB_ENTITY") or None
        project = f"{self.entity or 'your default entity'}/{self.project}"
        self.location = (
            f"live in {project} (WANDB_ENTITY, WANDB_PROJECT choose another, WANDB_MODE=offline none)"
            if online
            else f"offline in {store / 'wandb'} (log in with `wandb login` for live; `wandb sync` uploads later)"
        )

    def start_run(self, run: TrackedRun) -> str:
        self.runs[run.id] = wandb_run = self.wandb.init(
            project=self.project,
            entity=self.entity,
            id=run.id,
            name=run.name,
            group=run.group,
            job_type=run.job_type,
            tags=run.tags,
            config=dict(run.config),
            dir=str(self.store),
            mode="online" if self.live else "offline",
            reinit="create_new",
            settings=self._settings(),
        )
        wandb_run.define_metric("epoch")
        wandb_run.define_metric("*", step_metric="epoch")
        return (
            str(Path(wandb_run.settings.sync_dir).relative_to(self.store.absolute()))
            if not self.live
            else wandb_run.url
        )

    def _settings(self) -> Any:
        """Return settings that record nothing beyond what is logged."""
        return self.wandb.Settings(
            x_disable_stats=True,
            x_disable_meta=True,
            x_save_requirements=False,
            disable_git=True,
            disable_code=True,
            console="off",
            silent=True,
            finish_timeout=FINISH_SECONDS,
            finish_timeout_raises=True,
        )

    def log_metrics(self, run_id: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        self.runs[run_id].log({"epoch": epoch, **metrics}, step=epoch)
        self.steps[run_id] += 1

    def end_run(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        run, steps = self.runs.pop(run_id), self.steps.pop(run_id, 0)
        run.summary.update(dict(summary))
        run.finish(exit_code=int(failed))
        if not self.live:
            _wait_for_steps(Path(run.settings.sync_file), steps)


def _wait_for_steps(file: Path, steps: int) -> None:
    """Wait until an offline file can be read back with all of its steps. Raises TimeoutError after FINISH_SECONDS."""
    end = time.monotonic() + FINISH_SECONDS
    while count_steps(file) != steps:
        if time.monotonic() > end:
            raise TimeoutError(f"{file} is not complete on the disk")
        time.sleep(0.05)


def read_mode() -> str:
    """Return what WANDB_MODE selects: online, offline, disabled, or an empty text where it is not set.

    Raises UserError for another value.
    """
    written = os.environ.get("WANDB_MODE", "")
    if written and written not in MODES:
        raise UserError(f"{written!r} is none of online, offline, disabled", place="WANDB_MODE")
    return MODES.get(written, "")


def create_tracker(store: Path, mode: str) -> Tracker | None:
    """Create the tracker of a mode; without one, W&B live if logged in, otherwise offline.

    None: W&B is off, by `wandb disabled`, which writes the mode into a file. Raises UserError for settings that W&B
    refuses.
    """
    store = store.absolute()
    if not mode:
        os.environ.pop("WANDB_MODE", None)  # W&B refuses an empty one
    os.environ["WANDB_ERROR_REPORTING"] = "false"
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_ARTIFACT_DIR"):
        os.environ.setdefault(name, str(store / "wandb" / "staging"))
    if mode == "offline":
        os.environ.setdefault("WANDB_CONFIG_DIR", str(store / "wandb" / "staging"))
    (store / "wandb").mkdir(parents=True, exist_ok=True)
    with failures_as_user_errors():
        import wandb

        mode = mode or MODES.get(wandb.setup().settings.mode, "")
        if mode == "disabled":
            return None
        online = mode != "offline" and bool(wandb.login(prompt=False))
        return WandbTracker(store, wandb, online=online)


@contextmanager
def failures_as_user_errors(hint: str = "") -> Iterator[None]:
    """Turn an error of W&B into a UserError of one line; faults of ours pass."""
    try:
        yield
    except Exception as error:
        if not _is_of_wandb(error):
            raise
        raise UserError(_describe(error), place="W&B", hint=hint) from error


def _is_of_wandb(error: Exception) -> bool:
    """Whether W&B raised an error: one of its own classes, a time limit, or a check of its settings (pydantic)."""
    modules = {cls.__module__.partition(".")[0] for cls in type(error).__mro__}
    return bool(modules & {"wandb", "pydantic_core", "requests"}) or isinstance(error, TimeoutError | OSError)


def _describe(error: Exception) -> str:
    """Return one line without web addresses; for a check of pydantic, the setting and what is wrong with it."""
    if isinstance(error, ValidationError):
        problem = error.errors(include_url=False)[0]
        setting = "_".join(str(word) for word in problem["loc"]).upper()
        return f"WANDB_{setting}: {problem['msg']}, not {str(problem['input'])!r}"
    return first_line(error)
