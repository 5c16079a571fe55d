"""The table made again from the run folders, for when it is lost or damaged."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from user_error import UserError

from ...config.run_result import RunResult
from .. import TABLE, PlannedCell, StoreWriter, StudyRow, open_store, run_folder
from ..writer import plan_file


class RebuildReport(NamedTuple):
    """What was found in the folders."""

    studies: int
    runs: int
    results: int
    unusable: dict[str, str]
    """Folder -> what is wrong with it; its run trains again."""


def rebuild_table(path: Path, *, now: str) -> RebuildReport:
    """Set the table aside and make it again. Only under the store's lock; raises ValueError without any folder."""
    specs, results, unusable = _read_folders(path)
    plans = sorted(plan_file(path, "x").parent.glob("*.json"))
    if not specs and not plans:
        raise UserError(f"{path}: no run folders and no plans here to make a table from")
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
    counted = RebuildReport(len(store.studies()), len(specs), len(results), unusable)
    store.close()
    return counted


def _read_folders(path: Path) -> tuple[dict[str, dict[str, Any]], dict[str, RunResult], dict[str, str]]:
    """Specs and results by key, and what cannot be used."""
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
    return (one for one in sorted((path / "runs").glob("??/*")) if len(one.name) == 64 and one.is_dir())


def _restore_plan(store: StoreWriter, path: Path, specs: dict[str, dict[str, Any]]) -> str | None:
    """Record a study's plan as far as its runs have begun: the next `run` plans the rest again."""
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
        return f"torn or edited ({error})"
    store.save_study(study, [cell for cell, current in cells if not current])
    store.save_study(study, [cell for cell, current in cells if current])
    return None


def _set_aside(path: Path) -> dict[Path, Path]:
    """Keep the old table, whatever it is worth; old place -> new place."""
    number = 1
    while path.joinpath(f"{TABLE}.aside{number}").exists():
        number += 1
    moved = {}
    for end in ("", "-wal", "-shm"):
        old = path / f"{TABLE}{end}"
        if old.exists():
            moved[old] = old.rename(path / f"{TABLE}.aside{number}{end}")
    return moved


def _restore_table(path: Path, moved: dict[Path, Path]) -> None:
    for end in ("", "-wal", "-shm"):
        (path / f"{TABLE}{end}").unlink(missing_ok=True)
    for old, new in moved.items():
        new.rename(old)
