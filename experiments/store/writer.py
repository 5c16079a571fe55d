"""The store's readers and writers."""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from user_error import UserError

from . import filesystem, run_folder, schema
from .rows import Attempt, Cell, Planned, PlanRow, State, StudyRow
from .schema import TABLE


class Store:
    """The table beside its run folders. Reading never blocks the supervisor, nor it the readers."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection

    def close(self) -> None:
        self._db.close()

    def discard(self) -> None:
        """Remove the table's files of a store in which nothing is recorded."""
        assert not self.studies()
        self._db.close()
        for name in (TABLE, f"{TABLE}-wal", f"{TABLE}-shm"):
            (self.path / name).unlink(missing_ok=True)

    def folder(self, key: str) -> Path:
        return run_folder.folder_of(self.path, key)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Reading

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
        return StudyRow(name, **json.loads(found[0]))

    def rows(self, study: str, *, key: str | None = None) -> Iterator[PlanRow]:
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
                None if result is None else json.loads(result),
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

    def result(self, key: str) -> dict[str, Any] | None:
        found = self._db.execute("SELECT result FROM runs WHERE key = ?", (key,)).fetchone()
        return None if found is None or found[0] is None else json.loads(found[0])

    def spec(self, key: str) -> dict[str, Any]:
        """The run's spec; raises UserError for a key that is not recorded."""
        found = self._db.execute("SELECT spec FROM runs WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise UserError(f"{self.path}: no run has the key {key!r}")
        content: dict[str, Any] = json.loads(found[0])
        return content

    def keys(self, start: str = "") -> list[str]:
        """Keys that begin with `start` (short keys as people type them)."""
        return [
            key
            for (key,) in self._db.execute(
                "SELECT key FROM runs WHERE key GLOB ? ORDER BY key", (start.replace("*", "") + "*",)
            )
        ]

    def codes(self, study: str) -> dict[str, tuple[str, str]]:
        """Key -> (the arm's module, the code that the result was made by), of the study's current results."""
        found = self._db.execute(
            "SELECT key, json_extract(spec, '$.arm.module'), json_extract(result, '$.code') FROM runs"
            " WHERE result IS NOT NULL AND key IN (SELECT key FROM plan WHERE study = ? AND current = 1)",
            (study,),
        )
        return {key: (module, code) for key, module, code in found}

    def failures(self) -> dict[str, str]:
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

    def spent(self, key: str) -> float:
        """Seconds of the run's attempts since it was last planned anew or given up: those it goes on from."""
        seconds = 0.0
        past = [attempt for attempt in self.attempts(key) if attempt.state != "running"]
        for attempt in reversed(past):
            if attempt.state != "interrupted" or attempt.ended is None:
                break
            length = datetime.fromisoformat(attempt.ended) - datetime.fromisoformat(attempt.started)
            seconds += max(0.0, length.total_seconds())
        return seconds

    # Writing: supervisors only

    def save_study(self, row: StudyRow, cells: Iterable[Planned]) -> None:
        """Record a study's plan. Cells that left it stay, marked; runs that are there already stay as they are."""
        self.describe(row)
        with self._writing() as db:
            db.execute("UPDATE plan SET current = 0 WHERE study = ?", (row.name,))
            self._insert(db, row.name, cells)
        self._write_plan(row.name)

    def describe(self, row: StudyRow) -> None:
        """Record a study's row and leave its cells as they are."""
        body = json.dumps({key: value for key, value in row._asdict().items() if key != "name"})
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO studies VALUES (?, ?)", (row.name, body))

    def add(self, study: str, cells: Iterable[Planned]) -> None:
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
        plan = {"study": self.study(study)._asdict(), "cells": cells.fetchall()}
        run_folder.write_json(plan_file(self.path, study), plan, indent=None)

    def add_runs(self, specs: Mapping[str, Mapping[str, Any]]) -> None:
        """Add runs, by key, that no study need have planned."""
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO runs (key, spec) VALUES (?, ?)",
                [(key, json.dumps(spec, sort_keys=True)) for key, spec in specs.items()],
            )

    def take_over(self, source: "Store", study: str, keys: Iterable[str]) -> None:
        """Copy what another store has recorded of the study's runs; both have them planned."""
        with self._writing() as db:
            for key in keys:
                (state, result) = source._db.execute(
                    "SELECT state, result FROM runs WHERE key = ?", (key,)
                ).fetchone()
                db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, result, key))
                if result is not None:
                    row = _summary(key, json.loads(result))
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

    def _insert(self, db: sqlite3.Connection, study: str, cells: Iterable[Planned]) -> None:
        for cell in cells:
            spec = json.dumps(cell.spec, sort_keys=True)
            db.execute("INSERT OR IGNORE INTO runs (key, spec) VALUES (?, ?)", (cell.key, spec))
            trial = -1 if cell.trial is None else cell.trial
            place = (study, cell.role, cell.setting, cell.arm, cell.seed, trial, cell.generation, 1, cell.key)
            db.execute("INSERT OR REPLACE INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", place)

    def start(self, key: str, *, now: str) -> int:
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

    def epoch(self, key: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        """Record an epoch's metrics; a resumed run says the same again, which changes nothing."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", (key, epoch, json.dumps(metrics)))

    def end(
        self,
        key: str,
        state: State,
        *,
        now: str,
        message: str = "",
        result: Mapping[str, Any] | None = None,
        code: str | None = None,
    ) -> None:
        """Close the run's open attempt. Durable before it returns: the one write that may not roll back.

        `code`: the digest of the code that it failed with.
        """
        content = None if result is None else json.dumps(result, sort_keys=True)
        self._db.execute("PRAGMA synchronous = FULL")
        with self._writing() as db:
            db.execute(
                "UPDATE attempts SET state = ?, ended = ?, message = ? WHERE key = ? AND ended IS NULL",
                (state, now, message, key),
            )
            db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, content, key))
            if result is not None:
                db.execute(
                    "INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?)", _summary(key, result)
                )
            if code is not None:
                db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?)", (key, code))
        self._db.execute("PRAGMA synchronous = NORMAL")

    def record_ended(self, ended: Iterable[tuple[str, State, Mapping[str, Any]]], *, now: str) -> None:
        """Many runs at once, each with its one attempt, state and result: another store's, in one transaction."""
        with self._writing() as db:
            for key, state, result in ended:
                attempt = (key, state, result.get("started", now), result.get("ended", now))
                db.execute("INSERT OR REPLACE INTO attempts VALUES (?, 1, ?, ?, ?, '')", attempt)
                content = json.dumps(result, sort_keys=True)
                db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, content, key))
                db.execute(
                    "INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?)", _summary(key, result)
                )
                for epoch, metrics in result["curve"]:
                    row = key, epoch, json.dumps(metrics)
                    db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", row)

    def interrupt(self, *, now: str) -> list[str]:
        """Close what a dead supervisor left running; return those keys. Only under the store's lock."""
        open_ = [key for (key,) in self._db.execute("SELECT key FROM runs WHERE state = 'running'")]
        for key in open_:
            self.end(key, "interrupted", now=now, message="the supervisor ended")
        return open_

    def reset(self, keys: Iterable[str]) -> None:
        """Plan runs anew: after a damaged record, changed code, or on request. Attempts stay on record."""
        with self._writing() as db:
            for key in keys:
                db.execute("UPDATE runs SET state = 'planned', result = NULL WHERE key = ?", (key,))
                db.execute("DELETE FROM epochs WHERE key = ?", (key,))
                db.execute("DELETE FROM summaries WHERE key = ?", (key,))


def plan_file(store: Path, study: str) -> Path:
    """studies/<name>.json below the store: the study's row and cells as the table has them."""
    return store / "studies" / f"{study}.json"


def _summary(key: str, result: Mapping[str, Any]) -> tuple[Any, ...]:
    """The run's row among the summaries."""
    primary = result.get("primary")
    scores = (result.get(split, {}).get(primary) for split in ("metrics", "validation"))
    return key, primary, *scores, result.get("seconds"), result.get("peak_bytes")


def open_store(path: Path | str, *, readonly: bool = False) -> Store:
    """Open a store, made if it is not there and `readonly` is false.

    Raises UserError, one line: no store here, not a store, on a network file system, or of another version.
    """
    path = Path(path)
    table = path / TABLE
    if readonly and not table.exists():
        raise UserError(
            f"{path}: no run store here (`python -m experiments run STUDY --store {path}` makes one)"
        )
    filesystem.refuse_network(path)
    try:
        connection = _connected(path, readonly=readonly)
        schema.prepare(connection, table, readonly=readonly)
    except sqlite3.OperationalError as error:
        raise UserError(
            f"{table}: cannot be opened as a run store by user {os.getuid()} ({error})"
        ) from error
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{table}: cannot be opened as a run store ({error});"
            f" `python -m experiments store rebuild --store {path}` makes the table anew from the run folders"
        ) from error
    except OSError as error:
        raise UserError(
            f"{path}: no run store can be made here by user {os.getuid()} ({error.strerror})"
        ) from error
    return Store(path, connection)


def _connected(path: Path, *, readonly: bool) -> sqlite3.Connection:
    table = path / TABLE
    if readonly and not os.access(path, os.W_OK):  # a store on a read-only disk: nobody writes it meanwhile
        place = f"file:{quote(str(table.absolute()))}?mode=ro&immutable=1"
        return sqlite3.connect(place, uri=True, isolation_level=None)
    path.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(table, timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection
