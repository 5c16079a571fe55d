"""Shows the records in a tracker, from a process of its own: while a study runs, or afterwards.

What is published is noted in one small file a run, so that anything interrupted is simply shown again.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..store import ENDED, Cell, PlanRow, StoreReader, run_folder
from .tracker import TrackedRun, Tracker

NOTES_FOLDER = "published"
MAX_GROUP_LENGTH = 128
"""Characters that W&B takes as a group."""


class Publisher:
    """Brings a tracker up to date with a study's records."""

    def __init__(self, store: StoreReader, study: str, tracker: Tracker) -> None:
        self.store, self.study, self.tracker = store, study, tracker
        self.notes = store.path / "wandb" / NOTES_FOLDER
        self.open: dict[str, tuple[str, int]] = {}
        """Runs that are shown live: id -> where, and epochs shown."""
        self.published = 0
        self._shown: set[Cell] = set()
        """Cells that have nothing new."""
        _set_aside_unfinished(store.path / "wandb", self.notes)

    def update(self) -> int:
        """Show what is new; return how many runs are published by now."""
        for cell in list(self.store.cells(self.study)):
            live = self.tracker.live and cell.state == "running"
            if cell.current and cell not in self._shown and (cell.state in ENDED or live):
                for row in self.store.rows(self.study, key=cell.key):
                    if _plan_position(row) == _plan_position(cell):
                        self._show(row)
                if cell.state in ENDED:
                    self._shown.add(cell)
        return self.published

    def _show(self, row: PlanRow) -> None:
        run = to_tracked_run(row)
        note = self.notes / f"{run.id}.json"
        if run.id not in self.open and self._is_shown(note, row):
            return
        where, shown = self.open.get(run.id) or (self.tracker.open(run), 0)
        for epoch, metrics in self.store.curve(row.key):
            if epoch > shown:
                self.tracker.epoch(run.id, epoch, metrics)
                shown = epoch
        self.open[run.id] = where, shown
        if row.state in ENDED:
            self.tracker.close(run.id, summary(row), failed=row.state not in ("finished", "pruned"))
            del self.open[run.id]
            run_folder.write_json(note, {"version": _version(row), "where": where})
            self.published += 1

    def _is_shown(self, path: Path, row: PlanRow) -> bool:
        """Noted in this version, and, if in a folder of the store, still there."""
        note = _read(path)
        where = note.get("where", "")
        there = "://" in where or (self.store.path / where).exists()
        return note.get("version") == _version(row) and there


def publish_until(publisher: Publisher, *, over: Callable[[], bool], seconds: float = 1.0) -> None:
    """Keep the tracker up to date until `over()`, and once more after."""
    while not over():
        publisher.update()
        time.sleep(seconds)
    publisher.update()


def to_tracked_run(row: PlanRow) -> TrackedRun:
    """A cell of the plan as a tracker shows it: one W&B run a cell, even where two cells share a run."""
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
    """What the tracker shows of an ended run in one line."""
    result = row.result
    if result is None:
        return {"state": row.state}
    trial = row.role == "trial"  # nobody looks at the test split while searching
    split, metrics = ("validation", result.validation) if trial else ("test", result.metrics)
    measured = {f"{split}/{metric}": value for metric, value in (metrics or {}).items()}
    cost = {name: getattr(result, name) for name in ("parameters", "macs", "seconds", "cpu_seconds")}
    return {
        "state": row.state,
        **measured,
        **{name: value for name, value in cost.items() if value is not None},
    }


def _plan_position(row: PlanRow | Cell) -> tuple[Any, ...]:
    return row.role, row.setting, row.arm, row.seed, row.trial


def _version(row: PlanRow) -> str:
    return f"{row.key} {row.state} {(row.result.sealed if row.result else None) or ''}"


def _read(note: Path) -> dict[str, str]:
    """A note's content; nothing where there is none that is whole."""
    try:
        content = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and {"version", "where"} <= content.keys() else {}


def _set_aside_unfinished(folder: Path, notes: Path) -> None:
    """Offline folders without a note were cut off; they hold little or nothing and are shown again, whole."""
    whole = {Path(note["where"]).name for path in notes.glob("*.json") if (note := _read(path))}
    for offline in folder.glob("offline-run-*"):
        if offline.name not in whole:
            aside = folder / "aside" / offline.name
            aside.parent.mkdir(exist_ok=True)
            offline.rename(aside)
