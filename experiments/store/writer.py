"""Writing the store's table: one supervisor at a time, which holds the store's lock.

A run's end is durable before it is reported; everything else may roll back after a power failure and is made again.
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
    """The table beside its run folders, for its supervisor."""

    def delete_empty_table(self) -> None:
        """Remove the table's files of a store in which nothing is recorded."""
        assert not self.studies()
        self._db.close()
        for name in (TABLE, f"{TABLE}-wal", f"{TABLE}-shm"):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def save_study(self, row: StudyRow, cells: Iterable[PlannedCell]) -> None:
        """Record a study's plan. Cells that left it stay, marked; runs that are there already stay as they are."""
        self.update_study(row)
        with self._writing() as db:
            db.execute("UPDATE plan SET current = 0 WHERE study = ?", (row.name,))
            self._insert(db, row.name, cells)
        self._write_plan(row.name)

    def update_study(self, row: StudyRow) -> None:
        """Record a study's row and leave its cells as they are."""
        body = json.dumps({key: value for key, value in row.content().items() if key != "name"})
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO studies VALUES (?, ?)", (row.name, body))

    def add_cells(self, study: str, cells: Iterable[PlannedCell]) -> None:
        """Add cells to a study's plan (a search's next generation, its winners)."""
        with self._writing() as db:
            self._insert(db, study, cells)
        self._write_plan(study)

    def _write_plan(self, study: str) -> None:
        """The plan beside the table, for people and for `store rebuild`."""
        cells = self._db.execute(
            "SELECT role, setting, arm, seed, trial, generation, current, key FROM plan WHERE study = ?",
            (study,),
        )
        plan = {"study": self.study(study).content(), "cells": cells.fetchall()}
        run_folder.write_json(plan_file(self.path, study), plan, indent=None)

    def add_runs(self, specs: Mapping[str, Mapping[str, Any]]) -> None:
        """Add runs, by key, that no study need have planned."""
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO runs (key, spec) VALUES (?, ?)",
                [(key, json.dumps(spec, sort_keys=True)) for key, spec in specs.items()],
            )

    def copy_records(self, source: StoreReader, study: str, keys: Iterable[str]) -> None:
        """Copy what another store has recorded of the study's runs; both have them planned."""
        with self._writing() as db:
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
            left = source._db.execute(
                "SELECT study, role, setting, arm, seed, trial FROM plan WHERE study = ? AND current = 0",
                (study,),
            )
            db.executemany(
                "UPDATE plan SET current = 0"
                " WHERE study = ? AND role = ? AND setting = ? AND arm = ? AND seed = ? AND trial = ?",
                left.fetchall(),
            )

    def _insert(self, db: sqlite3.Connection, study: str, cells: Iterable[PlannedCell]) -> None:
        for cell in cells:
            spec = json.dumps(cell.spec, sort_keys=True)
            db.execute("INSERT OR IGNORE INTO runs (key, spec) VALUES (?, ?)", (cell.key, spec))
            trial = -1 if cell.trial is None else cell.trial
            place = (study, cell.role, cell.setting, cell.arm, cell.seed, trial, cell.generation, 1, cell.key)
            db.execute("INSERT OR REPLACE INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", place)

    def start_attempt(self, key: str, *, now: str) -> int:
        """Open the run's next attempt; return its number, from 1."""
        with self._writing() as db:
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
        """Record an epoch's metrics; a resumed run says the same again, which changes nothing."""
        with self._writing() as db:
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
        """Close the run's open attempt. Durable before it returns: the one write that may not roll back.

        `code`: the digest of the code that it failed with.
        """
        content = None if result is None else _result_json(result)
        self._db.execute("PRAGMA synchronous = FULL")
        with self._writing() as db:
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
        """Many runs at once, each with its one attempt, state and result: another store's, in one transaction."""
        with self._writing() as db:
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
        """Close what a dead supervisor left running; return those keys. Only under the store's lock."""
        open_ = [key for (key,) in self._db.execute("SELECT key FROM runs WHERE state = 'running'")]
        for key in open_:
            self.end_attempt(key, "interrupted", now=now, message="the supervisor ended")
        return open_

    def reset_runs(self, keys: Iterable[str]) -> None:
        """Plan runs anew: after a damaged record, changed code, or on request. Attempts stay on record."""
        with self._writing() as db:
            for key in keys:
                db.execute("UPDATE runs SET state = 'planned', result = NULL WHERE key = ?", (key,))
                db.execute("DELETE FROM epochs WHERE key = ?", (key,))
                db.execute("DELETE FROM summaries WHERE key = ?", (key,))


def plan_file(store: Path, study: str) -> Path:
    """studies/<name>.json below the store: the study's row and cells as the table has them."""
    return store / "studies" / f"{study}.json"


def _result_json(result: RunResult) -> str:
    return json.dumps(result.content(), sort_keys=True)


def _summary_row(key: str, result: RunResult) -> tuple[Any, ...]:
    """The run's row among the summaries."""
    scores = (result.score("test"), result.score("validation"))
    return key, result.primary, *scores, result.seconds, result.peak_bytes
