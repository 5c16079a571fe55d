"""Reading the store's table: plans, states, results, curves, attempts.

Any number of processes may read while a supervisor writes; neither blocks the other (SQLite's write-ahead log).
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from user_error import UserError

from ..config.run_result import Metrics, RunResult
from ..config.study_plan import StudyRow
from . import run_folder
from .rows import Attempt, Cell, PlanRow, State


class StoreReader:
    """A store for reading: it never changes the table or a run's folder."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection

    def close(self) -> None:
        """Close the connection; the object cannot be used afterwards."""
        self._db.close()

    def folder(self, key: str) -> Path:
        """Return the folder of a run's files."""
        return run_folder.folder_of(self.path, key)

    def studies(self) -> list[str]:
        """List the names of all recorded studies."""
        return [name for (name,) in self._db.execute("SELECT name FROM studies ORDER BY name")]

    def damage(self) -> str | None:
        """Run SQLite's quick check; return what is wrong with the table, or None."""
        try:
            (answer,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            return str(error)
        return None if answer == "ok" else str(answer)

    def study(self, name: str) -> StudyRow:
        """Return a study as it was last planned. Raises UserError, with the recorded names, if there is none."""
        row = self._db.execute("SELECT body FROM studies WHERE name = ?", (name,)).fetchone()
        if row is None:
            known = ", ".join(self.studies()) or "none yet"
            raise UserError(f"{self.path}: no study {name!r} is recorded here (recorded: {known})")
        return StudyRow.model_validate({"name": name, **json.loads(row[0])})

    def plan_rows(self, study: str, *, key: str | None = None) -> Iterator[PlanRow]:
        """Iterate over the cells of a study's plan with everything recorded of their runs, in a fixed order.

        Cells of earlier plans and trials of a search are included. `key`: only the cells that this run fills.
        """
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
        """Iterate over the cells of a study's plan with a few numbers of their runs, without specs and results."""
        cells = self._db.execute(
            "SELECT role, setting, arm, seed, trial, current, plan.key, state, primary_metric, test, validation,"
            " seconds, peak_bytes FROM plan JOIN runs USING (key) LEFT JOIN summaries ON summaries.key = plan.key"
            " WHERE study = ? ORDER BY role, setting, arm, trial, seed",
            (study,),
        )
        for role, setting, arm, seed, trial, current, *rest in cells:
            yield Cell(role, setting, arm, seed, None if trial < 0 else trial, bool(current), *rest)

    def states(self) -> dict[str, State]:
        """Return the state of every recorded run, by key."""
        return dict(self._db.execute("SELECT key, state FROM runs"))

    def counts(self, study: str) -> dict[str, int]:
        """Count the runs of the study's current plan by state, each key once."""
        counted = self._db.execute(
            "SELECT state, COUNT(*) FROM runs WHERE key IN"
            " (SELECT key FROM plan WHERE study = ? AND current = 1) GROUP BY state",
            (study,),
        )
        return dict(counted.fetchall())

    def state(self, key: str) -> State | None:
        """Return the state of a run; None if it is not recorded."""
        row = self._db.execute("SELECT state FROM runs WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def result(self, key: str) -> RunResult | None:
        """Return the result of a run; None if it has none."""
        row = self._db.execute("SELECT result FROM runs WHERE key = ?", (key,)).fetchone()
        return None if row is None or row[0] is None else RunResult.model_validate_json(row[0])

    def spec(self, key: str) -> dict[str, Any]:
        """Return the spec of a run. Raises UserError if the key is not recorded."""
        row = self._db.execute("SELECT spec FROM runs WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise UserError(f"{self.path}: no run has the key {key!r}")
        content: dict[str, Any] = json.loads(row[0])
        return content

    def keys_with_prefix(self, prefix: str = "") -> list[str]:
        """List the keys of all runs that begin with `prefix`, sorted."""
        return [
            key
            for (key,) in self._db.execute(
                "SELECT key FROM runs WHERE key GLOB ? ORDER BY key", (prefix.replace("*", "") + "*",)
            )
        ]

    def result_codes(self, study: str) -> dict[str, tuple[str, str]]:
        """Return key -> (module, code digest) of all results in the study's current plan."""
        results = self._db.execute(
            "SELECT key, json_extract(spec, '$.arm.module'), json_extract(result, '$.code') FROM runs"
            " WHERE result IS NOT NULL AND key IN (SELECT key FROM plan WHERE study = ? AND current = 1)",
            (study,),
        )
        return {key: (module, code) for key, module, code in results}

    def failure_codes(self) -> dict[str, str]:
        """Return key -> digest of the code that the run failed with, of all failed runs."""
        return dict(
            self._db.execute("SELECT key, code FROM failures JOIN runs USING (key) WHERE state = 'failed'")
        )

    def curve(self, key: str) -> list[tuple[int, Metrics]]:
        """Return (epoch, metrics) of a run's recorded epochs, counted from 1; None is a metric that is not defined."""
        epochs = self._db.execute("SELECT epoch, metrics FROM epochs WHERE key = ? ORDER BY epoch", (key,))
        return [(epoch, json.loads(metrics)) for epoch, metrics in epochs]

    def attempts(self, key: str) -> list[Attempt]:
        """List the attempts of a run, in order."""
        rows = self._db.execute(
            "SELECT number, state, started, ended, message FROM attempts WHERE key = ? ORDER BY number",
            (key,),
        )
        return [Attempt(*row) for row in rows]

    def seconds_spent(self, key: str) -> float:
        """Sum the seconds of the interrupted attempts that the run would resume from."""
        seconds = 0.0
        past = [attempt for attempt in self.attempts(key) if attempt.state != "running"]
        for attempt in reversed(past):
            if attempt.state != "interrupted" or attempt.ended is None:
                break
            length = datetime.fromisoformat(attempt.ended) - datetime.fromisoformat(attempt.started)
            seconds += max(0.0, length.total_seconds())
        return seconds
