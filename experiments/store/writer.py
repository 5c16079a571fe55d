"""Writing the store's table: only for the supervisor that holds the store's lock.

Every write is one transaction, so a killed process leaves the state before or after it. The end of an attempt is on
disk before `end_attempt` returns; other writes may be lost in a power failure and are repeated by the next command.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..config.run_result import RunResult
from ..config.study_plan import StudyRow
from . import run_folder
from .reader import StoreReader
from .rows import PlannedCell, State
from .schema import TABLE


class StoreWriter(StoreReader):
    """A store for writing. Only one process may use it at a time: the one that holds the store's lock."""

    def delete_empty_table(self) -> None:
        """Delete the table of a store in which no study is recorded, and close the store."""
        assert not self.studies()
        self._db.close()
        for name in (TABLE, f"{TABLE}-wal", f"{TABLE}-shm"):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction: committed at the end of the context, rolled back on any exception."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def save_study(self, row: StudyRow, cells: Iterable[PlannedCell]) -> None:
        """Record a study with its plan. Cells that are no longer planned stay, marked as not current; so do their runs.

        Not one transaction: after a kill, the study may be recorded with its earlier cells, which planning repeats.
        """
        self.update_study(row)
        with self._transaction() as db:
            db.execute("UPDATE plan SET current = 0 WHERE study = ?", (row.name,))
            self._insert(db, row.name, cells)
        self._write_plan(row.name)

    def update_study(self, row: StudyRow) -> None:
        """Record a study's spec, comparisons and arms; leave its cells as they are."""
        body = json.dumps({key: value for key, value in row.content().items() if key != "name"})
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO studies VALUES (?, ?)", (row.name, body))

    def add_cells(self, study: str, cells: Iterable[PlannedCell]) -> None:
        """Add cells to a study's plan: the next generation of a search, or its winners."""
        with self._transaction() as db:
            self._insert(db, study, cells)
        self._write_plan(study)

    def _write_plan(self, study: str) -> None:
        """Write the plan to a JSON file beside the table, for the user and for `store rebuild`."""
        cells = self._db.execute(
            "SELECT role, setting, arm, seed, trial, generation, current, key FROM plan WHERE study = ?",
            (study,),
        )
        plan = {"study": self.study(study).content(), "cells": cells.fetchall()}
        run_folder.write_json(plan_file(self.path, study), plan, indent=None)

    def add_runs(self, specs: Mapping[str, Mapping[str, Any]]) -> None:
        """Add runs, key -> spec, without adding them to a plan; runs that are recorded already stay as they are."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO runs (key, spec) VALUES (?, ?)",
                [(key, json.dumps(spec, sort_keys=True)) for key, spec in specs.items()],
            )

    def copy_records(self, source: StoreReader, study: str, keys: Iterable[str]) -> None:
        """Copy the records of a study's runs from another store; the study must be planned in both."""
        with self._transaction() as db:
            for key in keys:
                (state, result) = source._db.execute(
                    "SELECT state, result FROM runs WHERE key = ?", (key,)
                ).fetchone()
                db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, result, key))
                if result is not None:
                    row = _summary_row(key, RunResult.model_validate_json(result))
                    db.execute("INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?)", row)
                for attempt in source.attempts(key):
                    db.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?)", (key, *attempt))
                for epoch, metrics in source.curve(key):
                    db.execute(
                        "INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", (key, epoch, json.dumps(metrics))
                    )
            outdated = source._db.execute(
                "SELECT study, role, setting, arm, seed, trial FROM plan WHERE study = ? AND current = 0",
                (study,),
            )
            db.executemany(
                "UPDATE plan SET current = 0"
                " WHERE study = ? AND role = ? AND setting = ? AND arm = ? AND seed = ? AND trial = ?",
                outdated.fetchall(),
            )

    def _insert(self, db: sqlite3.Connection, study: str, cells: Iterable[PlannedCell]) -> None:
        """Insert cells, and their runs if they are not recorded yet, inside an open transaction."""
        for cell in cells:
            spec = json.dumps(cell.spec, sort_keys=True)
            db.execute("INSERT OR IGNORE INTO runs (key, spec) VALUES (?, ?)", (cell.key, spec))
            trial = -1 if cell.trial is None else cell.trial
            position = (
                study,
                cell.role,
                cell.setting,
                cell.arm,
                cell.seed,
                trial,
                cell.generation,
                1,
                cell.key,
            )
            db.execute("INSERT OR REPLACE INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", position)

    def start_attempt(self, key: str, *, now: str) -> int:
        """Record the start of a run's next attempt; return its number, counted from 1."""
        with self._transaction() as db:
            (last,) = db.execute(
                "SELECT COALESCE(MAX(number), 0) FROM attempts WHERE key = ?", (key,)
            ).fetchone()
            db.execute(
                "INSERT INTO attempts (key, number, state, started) VALUES (?, ?, 'running', ?)",
                (key, last + 1, now),
            )
            db.execute("UPDATE runs SET state = 'running' WHERE key = ?", (key,))
        return int(last) + 1

    def record_epoch(self, key: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        """Record the metrics of an epoch, counted from 1. Repeating it, as a resumed run does, changes nothing."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", (key, epoch, json.dumps(metrics)))

    def end_attempt(
        self,
        key: str,
        state: State,
        *,
        now: str,
        message: str = "",
        result: RunResult | None = None,
        code: str | None = None,
    ) -> None:
        """Record the end of a run's open attempt, with the run's new state and result.

        It is on disk before this returns, so a run that was reported as ended never runs again.
        code: digest of the code, for a run that failed.
        """
        content = None if result is None else _result_json(result)
        self._db.execute("PRAGMA synchronous = FULL")
        with self._transaction() as db:
            db.execute(
                "UPDATE attempts SET state = ?, ended = ?, message = ? WHERE key = ? AND ended IS NULL",
                (state, now, message, key),
            )
            db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, content, key))
            if result is not None:
                db.execute(
                    "INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?)", _summary_row(key, result)
                )
            if code is not None:
                db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, code))
        self._db.execute("PRAGMA synchronous = NORMAL")

    def record_ended(self, ended: Iterable[RunResult], *, now: str) -> None:
        """Record many ended runs in one transaction, each with one attempt and its result (for `store rebuild`)."""
        with self._transaction() as db:
            for result in ended:
                key, state = result.key, result.state
                attempt = (key, state, result.started or now, result.ended or now)
                db.execute("INSERT OR REPLACE INTO attempts VALUES (?, 1, ?, ?, ?, '')", attempt)
                content = _result_json(result)
                db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, content, key))
                db.execute(
                    "INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?)", _summary_row(key, result)
                )
                for epoch, metrics in result.curve:
                    row = key, epoch, json.dumps(metrics)
                    db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", row)

    def interrupt_running(self, *, now: str) -> list[str]:
        """Mark runs that a killed supervisor left running as interrupted; return their keys."""
        running = [key for (key,) in self._db.execute("SELECT key FROM runs WHERE state = 'running'")]
        for key in running:
            self.end_attempt(key, "interrupted", now=now, message="the supervisor ended")
        return running

    def reset_runs(self, keys: Iterable[str]) -> None:
        """Set runs back to `planned` and drop their results and epochs; their attempts stay recorded."""
        with self._transaction() as db:
            for key in keys:
                db.execute("UPDATE runs SET state = 'planned', result = NULL WHERE key = ?", (key,))
                db.execute("DELETE FROM epochs WHERE key = ?", (key,))
                db.execute("DELETE FROM summaries WHERE key = ?", (key,))


def plan_file(store: Path, study: str) -> Path:
    """Return the file of a study's plan: studies/<name>.json in the store."""
    return store / "studies" / f"{study}.json"


def _result_json(result: RunResult) -> str:
    return json.dumps(result.content(), sort_keys=True)


def _summary_row(key: str, result: RunResult) -> tuple[Any, ...]:
    """Return a run's row of the table `summaries`."""
    scores = (result.score("test"), result.score("validation"))
    return key, result.primary, *scores, result.seconds, result.peak_bytes
