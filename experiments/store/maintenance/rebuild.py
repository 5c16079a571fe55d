"""Build the table again from the run folders, if it is lost or damaged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from user_error import UserError

from ...config.run_result import RunResult
from .. import TABLE, PlannedCell, StoreWriter, StudyRow, open_store, run_folder
from ..writer import plan_file


class RebuildReport(NamedTuple):
    """The number of studies, runs and results in a rebuilt table."""

    studies: int
    runs: int
    results: int
    unusable: dict[str, str]
    """Folder or plan file -> what is wrong with it. A run without a usable folder trains again."""


def rebuild_table(path: Path, *, now: str) -> RebuildReport:
    """Set the table aside and build it again; if that fails, put the old one back.

    The caller must hold the store's lock. Raises UserError if the store has neither run folders nor plans.
    """
    specs, results, unusable = _read_folders(path)
    plans = sorted(plan_file(path, "x").parent.glob("*.json"))
    if not specs and not plans:
        raise UserError(f"{path}: no run folders and no plans here to build a table from")
    aside = _set_aside(path)
    store = open_store(path)
    try:
        store.add_runs(specs)
        for plan in plans:
            problem = _restore_plan(store, plan, specs)
            if problem is not None:
                unusable[str(plan)] = problem
        store.record_ended(results.values(), now=now)
    except BaseException:
        store.close()
        _restore_table(path, aside)
        raise
    report = RebuildReport(len(store.studies()), len(specs), len(results), unusable)
    store.close()
    return report


def _read_folders(path: Path) -> tuple[dict[str, dict[str, Any]], dict[str, RunResult], dict[str, str]]:
    """Read specs and results by key, and what is wrong with each folder that cannot be used."""
    specs: dict[str, dict[str, Any]] = {}
    results: dict[str, RunResult] = {}
    unusable: dict[str, str] = {}
    for folder in _run_folders(path):
        try:
            specs[folder.name] = json.loads((folder / run_folder.SPEC).read_bytes())
        except (OSError, ValueError) as error:
            unusable[str(folder)] = f"{run_folder.SPEC}: {error}"
            continue
        if (folder / run_folder.RESULT).exists():
            wrong = run_folder.damage(folder)
            result = run_folder.read_sealed(folder)
            if wrong or result is None or result.key != folder.name:
                unusable[str(folder)] = wrong or "holds the result of another run"
            else:
                results[folder.name] = result
    return specs, results, unusable


def _run_folders(path: Path) -> Iterator[Path]:
    """List the folders whose name is a key; folders that were set aside have longer names."""
    return (each for each in sorted((path / "runs").glob("??/*")) if len(each.name) == 64 and each.is_dir())


def _restore_plan(store: StoreWriter, path: Path, specs: dict[str, dict[str, Any]]) -> str | None:
    """Record a study's plan, of the runs that have a folder; the next `run` command plans the rest again.

    Return what is wrong with the plan file, or None.
    """
    try:
        content = json.loads(path.read_bytes())
        study = StudyRow.model_validate(content["study"])
        cells = [
            (
                PlannedCell(
                    role, setting, arm, seed, key, specs[key], None if trial < 0 else trial, generation
                ),
                current,
            )
            for role, setting, arm, seed, trial, generation, current, key in content["cells"]
            if key in specs
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"damaged or edited ({error})"
    store.save_study(study, [cell for cell, current in cells if not current])
    store.save_study(study, [cell for cell, current in cells if current])
    return None


def _set_aside(path: Path) -> dict[Path, Path]:
    """Rename the old table and its WAL files; return old path -> new path."""
    aside = run_folder.unused_aside(path / TABLE)
    moved = {}
    for end in ("", "-wal", "-shm"):
        old = path / f"{TABLE}{end}"
        if old.exists():
            moved[old] = old.rename(path / f"{aside.name}{end}")
    return moved


def _restore_table(path: Path, moved: dict[Path, Path]) -> None:
    """Undo `_set_aside`, after removing what was built meanwhile."""
    for end in ("", "-wal", "-shm"):
        (path / f"{TABLE}{end}").unlink(missing_ok=True)
    for old, new in moved.items():
        new.rename(old)
