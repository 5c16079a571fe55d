"""The run store's table: plan, runs, attempts, epochs. The only truth; everything else is a view of it.

Floor 0: standard library only. SQLite in WAL mode, `BEGIN IMMEDIATE` for every write, one supervisor a
store (`experiments.engines.lock`), so that nothing is lost or run twice. Workers never open it.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from . import run_folder

SCHEMA = 1
TABLE = "store.sqlite"
State = Literal[
    "planned", "running", "finished", "diverged", "pruned", "failed", "out_of_memory", "interrupted"
]
ENDED: tuple[State, ...] = ("finished", "diverged", "pruned", "failed", "out_of_memory")
HAS_RESULT: tuple[State, ...] = ("finished", "diverged", "pruned")

_TABLES = """
CREATE TABLE IF NOT EXISTS studies (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'planned', result TEXT);
CREATE TABLE IF NOT EXISTS plan (
    study TEXT NOT NULL, role TEXT NOT NULL, setting TEXT NOT NULL, arm TEXT NOT NULL, seed INTEGER NOT NULL,
    trial INTEGER NOT NULL DEFAULT -1, generation INTEGER, current INTEGER NOT NULL DEFAULT 1,
    key TEXT NOT NULL REFERENCES runs(key),
    PRIMARY KEY (study, role, setting, arm, seed, trial));
CREATE TABLE IF NOT EXISTS attempts (
    key TEXT NOT NULL REFERENCES runs(key), number INTEGER NOT NULL, state TEXT NOT NULL, started TEXT NOT NULL,
    ended TEXT, message TEXT NOT NULL DEFAULT '', PRIMARY KEY (key, number));
CREATE TABLE IF NOT EXISTS epochs (
    key TEXT NOT NULL REFERENCES runs(key), epoch INTEGER NOT NULL, metrics TEXT NOT NULL,
    PRIMARY KEY (key, epoch)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS plan_by_key ON plan (key);
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (state);
"""


class StudyRow(NamedTuple):
    """A study as it was last planned: its spec, the comparisons it asks for, and its resolved arms."""

    name: str
    spec: dict[str, Any]
    families: list[dict[str, Any]]
    arms: dict[str, dict[str, Any]]
    warnings: list[str]
    resolved: dict[str, Any]


class Planned(NamedTuple):
    """One cell of a study's plan, to be stored: where it stands in the study, and which run fills it."""

    role: Literal["run", "trial"]
    setting: str
    arm: str
    seed: int
    key: str
    spec: Mapping[str, Any]
    trial: int | None = None
    generation: int | None = None


class PlanRow(NamedTuple):
    """One cell of a study's plan with what is recorded of its run."""

    study: str
    role: str
    setting: str
    arm: str
    seed: int
    trial: int | None
    generation: int | None
    current: bool
    key: str
    state: State
    spec: dict[str, Any]
    result: dict[str, Any] | None


class Attempt(NamedTuple):
    """One execution of a run."""

    number: int
    state: str
    started: str
    ended: str | None
    message: str


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

    def study(self, name: str) -> StudyRow:
        """Raises ValueError that names the studies there are."""
        found = self._db.execute("SELECT body FROM studies WHERE name = ?", (name,)).fetchone()
        if found is None:
            known = ", ".join(self.studies()) or "none yet"
            raise ValueError(f"{self.path}: no study {name!r} is recorded here (recorded: {known})")
        return StudyRow(name, **json.loads(found[0]))

    def rows(self, study: str) -> Iterator[PlanRow]:
        """Every cell of the study's plan, trials included, in a fixed order."""
        cells = self._db.execute(
            "SELECT study, role, setting, arm, seed, trial, generation, current, plan.key, state, spec, result"
            " FROM plan JOIN runs USING (key) WHERE study = ? ORDER BY role, setting, arm, trial, seed",
            (study,),
        )
        for study_, role, setting, arm, seed, trial, generation, current, key, state, spec, result in cells:
            yield PlanRow(
                study_, role, setting, arm, seed, None if trial < 0 else trial, generation, bool(current), key,
                state, json.loads(spec), None if result is None else json.loads(result),
            )  # fmt: skip

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
        """The run's spec; raises ValueError for a key that is not recorded."""
        found = self._db.execute("SELECT spec FROM runs WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise ValueError(f"{self.path}: no run has the key {key!r}")
        content: dict[str, Any] = json.loads(found[0])
        return content

    def keys(self, start: str = "") -> list[str]:
        """Keys that begin with `start` (short keys as people type them)."""
        return [key for (key,) in self._db.execute("SELECT key FROM runs WHERE key GLOB ? ORDER BY key",
                                                   (start.replace("*", "") + "*",))]  # fmt: skip

    def curve(self, key: str) -> list[tuple[int, dict[str, float]]]:
        found = self._db.execute("SELECT epoch, metrics FROM epochs WHERE key = ? ORDER BY epoch", (key,))
        return [(epoch, json.loads(metrics)) for epoch, metrics in found]

    def attempts(self, key: str) -> list[Attempt]:
        found = self._db.execute(
            "SELECT number, state, started, ended, message FROM attempts WHERE key = ? ORDER BY number",
            (key,),
        )
        return [Attempt(*row) for row in found]

    # Writing: supervisors only

    def save_study(self, row: StudyRow, cells: Iterable[Planned]) -> None:
        """Record a study's plan. Cells that left it stay, marked; runs that are there already stay as they are."""
        self.describe(row)
        with self._writing() as db:
            db.execute("UPDATE plan SET current = 0 WHERE study = ?", (row.name,))
            self._insert(db, row.name, cells)

    def describe(self, row: StudyRow) -> None:
        """Record a study's row and leave its cells as they are."""
        body = json.dumps({key: value for key, value in row._asdict().items() if key != "name"})
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO studies VALUES (?, ?)", (row.name, body))

    def add(self, study: str, cells: Iterable[Planned]) -> None:
        """Add cells to a study's plan (a search's next generation, its winners)."""
        with self._writing() as db:
            self._insert(db, study, cells)

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
            db.execute("INSERT INTO attempts (key, number, state, started) VALUES (?, ?, 'running', ?)",
                       (key, last + 1, now))  # fmt: skip
            db.execute("UPDATE runs SET state = 'running' WHERE key = ?", (key,))
        return int(last) + 1

    def epoch(self, key: str, epoch: int, metrics: Mapping[str, float | None]) -> None:
        """Record an epoch's metrics; a resumed run says the same again, which changes nothing."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", (key, epoch, json.dumps(metrics)))

    def end(
        self, key: str, state: State, *, now: str, message: str = "", result: Mapping[str, Any] | None = None
    ) -> None:
        """Close the run's open attempt. Durable before it returns: the one write that may not roll back."""
        content = None if result is None else json.dumps(result, sort_keys=True)
        self._db.execute("PRAGMA synchronous = FULL")
        with self._writing() as db:
            db.execute("UPDATE attempts SET state = ?, ended = ?, message = ? WHERE key = ? AND ended IS NULL",
                       (state, now, message, key))  # fmt: skip
            db.execute("UPDATE runs SET state = ?, result = ? WHERE key = ?", (state, content, key))
        self._db.execute("PRAGMA synchronous = NORMAL")

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


def open_store(path: Path | str, *, readonly: bool = False) -> Store:
    """Open a store, made if it is not there and `readonly` is false.

    Raises ValueError, one line: no store here, not a store, or a store of a newer version.
    """
    path = Path(path)
    table = path / TABLE
    if readonly and not table.exists():
        raise ValueError(
            f"{path}: no run store here (`python -m experiments run STUDY --store {path}` makes one)"
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(table, timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if readonly and version == 0:
            raise ValueError(f"{path}: no run store here (its table was never finished)")
        if version > SCHEMA:
            raise ValueError(
                f"{table}: written by a newer version (schema {version}, this one reads {SCHEMA})"
            )
        if version < SCHEMA and not readonly:
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
    except (sqlite3.Error, OSError) as error:
        raise ValueError(f"{table}: cannot be opened as a run store ({error})") from error
    return Store(path, connection)
