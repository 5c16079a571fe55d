"""Publishes a study's records to a tracker, in a process of its own: while the study runs, or afterwards.

Each published run gets a small note file; a run without a valid note is published again, so nothing is lost when the
process is killed.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..config.run_result import Metrics
from ..store import ENDED, Cell, PlanRow, StoreReader, run_folder
from .tracker import TrackedRun, Tracker

NOTES_FOLDER = "published"
MAX_GROUP_LENGTH = 128
"""Longest group name that W&B accepts, in characters."""


class Publisher:
    """Keeps a tracker up to date with a study's records; it only reads the store's table."""

    def __init__(self, store: StoreReader, study: str, tracker: Tracker) -> None:
        self.store, self.study, self.tracker = store, study, tracker
        self.notes = store.path / "wandb" / NOTES_FOLDER
        self.live_runs: dict[str, tuple[str, int]] = {}
        """Runs being published live: id -> location, and number of published epochs."""
        self.published = 0
        self._up_to_date: set[Cell] = set()
        """Cells that are fully published."""
        _set_aside_unfinished(store.path / "wandb", self.notes)

    def update(self) -> int:
        """Publish everything new; return the number of runs that this publisher has completed."""
        for cell in list(self.store.cells(self.study)):
            live = self.tracker.live and cell.state == "running"
            if cell.current and cell not in self._up_to_date and (cell.state in ENDED or live):
                for row in self.store.plan_rows(self.study, key=cell.key):
                    if _plan_position(row) == _plan_position(cell):
                        self._publish(row)
                if cell.state in ENDED:
                    self._up_to_date.add(cell)
        return self.published

    def _publish(self, row: PlanRow) -> None:
        """Publish the new epochs of a cell's run, and its end if it has ended."""
        run = to_tracked_run(row)
        note = self.notes / f"{run.id}.json"
        if run.id not in self.live_runs and self._is_published(note, row):
            return
        location, published = self.live_runs.get(run.id) or (self.tracker.start_run(run), 0)
        for epoch, metrics in self.store.curve(row.key):
            if epoch > published:
                self.tracker.log_metrics(run.id, epoch, _without_undefined(metrics))
                published = epoch
        self.live_runs[run.id] = location, published
        if row.state in ENDED:
            self.tracker.end_run(run.id, summary(row), failed=row.state not in ("finished", "pruned"))
            del self.live_runs[run.id]
            run_folder.write_json(note, {"version": _version(row), "where": location})
            self.published += 1

    def _is_published(self, path: Path, row: PlanRow) -> bool:
        """Whether a note names this version of the run, and where it is shown; an offline folder must still exist."""
        note = _read(path)
        location = note.get("where", "")
        exists = "://" in location or (bool(location) and (self.store.path / location).exists())
        return note.get("version") == _version(row) and exists


def publish_until(publisher: Publisher, *, is_over: Callable[[], bool], seconds: float = 1.0) -> None:
    """Update the tracker every `seconds` until `is_over()`, and once more after that."""
    while not is_over():
        publisher.update()
        time.sleep(seconds)
    publisher.update()


def to_tracked_run(row: PlanRow) -> TrackedRun:
    """Convert a cell of the plan to a tracker's run: one per cell, even if two cells share a run of ours."""
    cell = (row.study, row.role, row.setting, row.arm, row.seed, row.trial)
    end = f"trial {row.trial}" if row.role == "trial" else f"seed {row.seed}"
    return TrackedRun(
        id=hashlib.sha256(json.dumps([*cell, row.key]).encode()).hexdigest()[:16],
        name=f"{row.arm} {row.setting} {end}",
        group=f"{row.study}/{row.setting}/{row.arm}"[:MAX_GROUP_LENGTH],
        job_type=row.role,
        tags=(row.study[:64], row.setting[:64], row.spec["arm"]["module"][:64]),
        config={**row.spec, "key": row.key, "study": row.study, "setting": row.setting, "arm_label": row.arm},
    )


def summary(row: PlanRow) -> dict[str, Any]:
    """Return the summary of an ended run: state, primary and other metrics, and cost.

    Metrics that are not defined are listed by name, as `undefined`.
    """
    result = row.result
    if result is None:
        return {"state": row.state}
    trial = row.role == "trial"  # a search must not see the test split
    split, metrics = ("validation", result.validation) if trial else ("test", result.metrics)
    measured = {f"{split}/{metric}": value for metric, value in (metrics or {}).items()}
    undefined = [name for name in result.undefined() if name.startswith(f"{split}/")]
    cost = {name: getattr(result, name) for name in ("parameters", "macs", "seconds", "cpu_seconds")}
    return {
        "state": row.state,
        **_without_undefined(measured),
        **({"undefined": undefined} if undefined else {}),
        **{name: value for name, value in cost.items() if value is not None},
    }


def _without_undefined(metrics: Metrics) -> dict[str, float]:
    """Leave out metrics that are not defined: a tracker would draw them as numbers or refuse them."""
    return {name: value for name, value in metrics.items() if value is not None}


def _plan_position(row: PlanRow | Cell) -> tuple[Any, ...]:
    """Return the position of a cell in its study's plan."""
    return row.role, row.setting, row.arm, row.seed, row.trial


def _version(row: PlanRow) -> str:
    """Return a text that changes whenever the run's record changes."""
    return f"{row.key} {row.state} {(row.result.sealed if row.result else None) or ''}"


def _read(note: Path) -> dict[str, str]:
    """Read a note; an empty dictionary if there is none or it is damaged."""
    try:
        content = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and {"version", "where"} <= content.keys() else {}


def _set_aside_unfinished(folder: Path, notes: Path) -> None:
    """Move offline folders without a note aside: their publisher was killed, so their runs are published again."""
    complete = {Path(note["where"]).name for path in notes.glob("*.json") if (note := _read(path))}
    for offline in folder.glob("offline-run-*"):
        if offline.name not in complete:
            aside = folder / "aside" / offline.name
            aside.parent.mkdir(exist_ok=True)
            offline.rename(aside)
