"""Reading the store's table: plan, states, results, curves, attempts.

Any number of processes may read while a supervisor writes: neither blocks the other (SQLite's write-ahead log).
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from user_error import UserError

from ..config.run_result import RunResult
from ..config.study_plan import StudyRow
from . import run_folder
from .rows import Attempt, Cell, PlanRow, State


class StoreReader:
    """The table beside its run folders, for reading only."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection

    def close(self) -> None:
        """Close the connection; the store cannot be used any more."""
        self._db.close()

    def folder(self, key: str) -> Path:
        """The folder of a run's files."""
        return run_folder.folder_of(self.path, key)

    def studies(self) -> list[str]:
        return [name for (name,) in self._db.execute("SELECT name FROM studies ORDER BY name")]

    def damage(self) -> str | None:
        """What SQLite finds wrong with the table's pages, or None."""
        try:
            (found,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        return None if found == "ok" else str(found)

    def study(self, name: str) -> StudyRow:
        """Raises UserError that names the studies there are."""
        found = self._db.execute("SELECT body FROM studies WHERE name = ?", (name,)).fetchone()
        if found is None:
            known = ", ".join(self.studies()) or "none yet"
            raise UserError(f"{self.path}: no study {name!r} is recorded here (recorded: {known})")
        return StudyRow.model_validate({"name": name, **json.loads(found[0])})

    def plan_rows(self, study: str, *, key: str | None = None) -> Iterator[PlanRow]:
        """Every cell of the study's plan (or those that one run fills), trials included, in a fixed order."""
        only = "" if key is None else " AND plan.key = ?"
        cells = self._db.execute(
            "SELECT study, role, setting, arm, seed, trial, generation, current, plan.key, state, spec, result"
            f" FROM plan JOIN runs USING (key) WHERE study = ?{only} ORDER BY role, setting, arm, trial, seed",
            (study,) if key is None else (study, key),
        )
        for study_, role, setting, arm, seed, trial, generation, current, key, state, spec, result in cells:
            yield PlanRow(
                study_,
                role,
                setting,
                arm,
                seed,
                None if trial < 0 else trial,
                generation,
                bool(current),
                key,
                state,
                json.loads(spec),
                None if result is None else RunResult.model_validate_json(result),
            )

    def cells(self, study: str) -> Iterator[Cell]:
        """Every cell of the study's plan with a few numbers of its run, without specs and results."""
        cells = self._db.execute(
            "SELECT role, setting, arm, seed, trial, current, plan.key, state, primary_metric, test, validation,"
            " seconds, peak_bytes FROM plan JOIN runs USING (key) LEFT JOIN summaries ON summaries.key = plan.key"
            " WHERE study = ? ORDER BY role, setting, arm, trial, seed",
            (study,),
        )
        for role, setting, arm, seed, trial, current, *rest in cells:
            yield Cell(role, setting, arm, seed, None if trial < 0 else trial, bool(current), *rest)

    def states(self) -> dict[str, State]:
        """Every recorded run's state, by key."""
        return dict(self._db.execute("SELECT key, state FROM runs"))

    def counts(self, study: str) -> dict[str, int]:
        """Number of the study's current runs (each key once) by state."""
        found = self._db.execute(
            "SELECT state, COUNT(*) FROM runs WHERE key IN"
            " (SELECT key FROM plan WHERE study = ? AND current = 1) GROUP BY state",
            (study,),
        )
        return dict(found.fetchall())

    def state(self, key: str) -> State | None:
        found = self._db.execute("SELECT state FROM runs WHERE key = ?", (key,)).fetchone()
        return None if found is None else found[0]

    def result(self, key: str) -> RunResult | None:
        found = self._db.execute("SELECT result FROM runs WHERE key = ?", (key,)).fetchone()
        return None if found is None or found[0] is None else RunResult.model_validate_json(found[0])

    def spec(self, key: str) -> dict[str, Any]:
        """The run's spec; raises UserError for a key that is not recorded."""
        found = self._db.execute("SELECT spec FROM runs WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise UserError(f"{self.path}: no run has the key {key!r}")
        content: dict[str, Any] = json.loads(found[0])
        return content

    def keys_with_prefix(self, start: str = "") -> list[str]:
        """Keys that begin with `start` (short keys as people type them)."""
        return [
            key
            for (key,) in self._db.execute(
                "SELECT key FROM runs WHERE key GLOB ? ORDER BY key", (start.replace("*", "") + "*",)
            )
        ]

    def result_codes(self, study: str) -> dict[str, tuple[str, str]]:
        """Key -> (the arm's module, the code that the result was made by), of the study's current results."""
        found = self._db.execute(
            "SELECT key, json_extract(spec, '$.arm.module'), json_extract(result, '$.code') FROM runs"
            " WHERE result IS NOT NULL AND key IN (SELECT key FROM plan WHERE study = ? AND current = 1)",
            (study,),
        )
        return {key: (module, code) for key, module, code in found}

    def failure_codes(self) -> dict[str, str]:
        """The code that each failed run failed with, by key."""
        return dict(
            self._db.execute("SELECT key, code FROM failures JOIN runs USING (key) WHERE state = 'failed'")
        )

    def curve(self, key: str) -> list[tuple[int, dict[str, float]]]:
        found = self._db.execute("SELECT epoch, metrics FROM epochs WHERE key = ? ORDER BY epoch", (key,))
        return [(epoch, json.loads(metrics)) for epoch, metrics in found]

    def attempts(self, key: str) -> list[Attempt]:
        found = self._db.execute(
            "SELECT number, state, started, ended, message FROM attempts WHERE key = ? ORDER BY number",
            (key,),
        )
        return [Attempt(*row) for row in found]

    def seconds_spent(self, key: str) -> float:
        """Seconds of the run's attempts since it was last planned anew or given up: those it goes on from."""
        seconds = 0.0
        past = [attempt for attempt in self.attempts(key) if attempt.state != "running"]
        for attempt in reversed(past):
            if attempt.state != "interrupted" or attempt.ended is None:
                break
            length = datetime.fromisoformat(attempt.ended) - datetime.fromisoformat(attempt.started)
            seconds += max(0.0, length.total_seconds())
        return seconds
