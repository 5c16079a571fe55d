"""Trackers, in which runs can be browsed. The only file that imports wandb; training never calls it.

W&B records no code, machine data, console output or telemetry, its folders are inside the store, and ending a run has
a time limit, so that an outage affects the publishing process alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

PROJECT = "attention-ablations"
FINISH_SECONDS = 30
"""Time limit for ending a run."""
OFFLINE = ("offline", "dryrun")


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
        """End a run with its summary."""


class NullTracker:
    """Shows nothing: W&B is disabled."""

    live = False
    location = "off (WANDB_MODE=disabled)"

    def start_run(self, run: TrackedRun) -> str:
        return ""

    def log_metrics(self, run_id: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        pass

    def end_run(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        pass


class WandbTracker:
    """Weights & Biases: live if logged in, otherwise in offline folders inside the store."""

    def __init__(self, store: Path, wandb: ModuleType, *, online: bool) -> None:
        self.store, self.wandb, self.live = store, wandb, online
        self.runs: dict[str, Any] = {}
        self.project = os.environ.get("WANDB_PROJECT", PROJECT)
        self.entity = os.environ.get("WANDB_ENTITY")
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
        )

    def log_metrics(self, run_id: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        self.runs[run_id].log({"epoch": epoch, **metrics}, step=epoch)

    def end_run(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        run = self.runs.pop(run_id)
        run.summary.update(dict(summary))
        run.finish(exit_code=int(failed))


def create_tracker(store: Path) -> Tracker:
    """Create the tracker that WANDB_MODE selects; without it, W&B live if logged in, otherwise offline."""
    mode = os.environ.get("WANDB_MODE", "")
    if mode == "disabled":
        return NullTracker()
    store = store.absolute()
    os.environ["WANDB_ERROR_REPORTING"] = "false"
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_ARTIFACT_DIR"):
        os.environ.setdefault(name, str(store / "wandb" / "staging"))
    if mode in OFFLINE:
        os.environ.setdefault("WANDB_CONFIG_DIR", str(store / "wandb" / "staging"))
    (store / "wandb").mkdir(parents=True, exist_ok=True)
    import wandb

    online = mode not in OFFLINE and bool(wandb.login(prompt=False))
    return WandbTracker(store, wandb, online=online)
