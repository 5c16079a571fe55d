"""Trackers: where runs can be browsed. The only file that names wandb; nothing here is ever called from training.

W&B's settings are lean (no code, machine, or console capture, no telemetry), its folders lie inside the store,
and ending a run has a time limit: an outage costs this process alone.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

PROJECT = "attention-ablations"
FINISH_SECONDS = 30
OFFLINE = ("offline", "dryrun")


class TrackedRun(NamedTuple):
    """A run as a tracker shows it."""

    id: str
    name: str
    group: str
    job_type: str
    tags: tuple[str, ...]
    config: Mapping[str, Any]


class Tracker(Protocol):
    """Shows runs somewhere. `live`: takes epochs while a run goes on; otherwise whole runs after their end."""

    live: bool
    where: str

    def open(self, run: TrackedRun) -> str:
        """Begin a run; return the folder or address where it is shown."""
        ...

    def epoch(self, run_id: str, number: int, metrics: Mapping[str, float | None]) -> None: ...

    def close(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None: ...


class NullTracker:
    """Tracks nothing."""

    live = False
    where = "off (WANDB_MODE=disabled)"

    def open(self, run: TrackedRun) -> str:
        return ""

    def epoch(self, run_id: str, number: int, metrics: Mapping[str, float | None]) -> None:
        pass

    def close(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        pass


class WandbTracker:
    """Weights & Biases, live when logged in, else into offline folders below the store."""

    def __init__(self, store: Path, wandb: ModuleType, *, online: bool) -> None:
        self.store, self.wandb, self.live = store, wandb, online
        self.runs: dict[str, Any] = {}
        self.project = os.environ.get("WANDB_PROJECT", PROJECT)
        self.entity = os.environ.get("WANDB_ENTITY")
        place = f"{self.entity or 'your default entity'}/{self.project}"
        self.where = (
            f"live in {place} (WANDB_ENTITY, WANDB_PROJECT choose another, WANDB_MODE=offline none)"
            if online
            else f"offline in {store / 'wandb'} (log in with `wandb login` for live; `wandb sync` uploads later)"
        )

    def open(self, run: TrackedRun) -> str:
        self.runs[run.id] = started = self.wandb.init(
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
        started.define_metric("epoch")
        started.define_metric("*", step_metric="epoch")
        return (
            str(Path(started.settings.sync_dir).relative_to(self.store.absolute()))
            if not self.live
            else started.url
        )

    def _settings(self) -> Any:
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

    def epoch(self, run_id: str, number: int, metrics: Mapping[str, float | None]) -> None:
        self.runs[run_id].log({"epoch": number, **metrics}, step=number)

    def close(self, run_id: str, summary: Mapping[str, Any], *, failed: bool) -> None:
        run = self.runs.pop(run_id)
        run.summary.update(dict(summary))
        run.finish(exit_code=int(failed))


def create_tracker(store: Path) -> Tracker:
    """The tracker that the environment asks for: W&B live if logged in, else offline; WANDB_MODE has the last word."""
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
