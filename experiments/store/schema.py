"""The table's schema: made, checked, migrated (a backup first), or refused by name."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from user_error import UserError

SCHEMA = 3
TABLE = "store.sqlite"

_RUNS = """
CREATE TABLE studies (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE runs (
    key TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'planned', result TEXT);
CREATE TABLE plan (
    study TEXT NOT NULL, role TEXT NOT NULL, setting TEXT NOT NULL, arm TEXT NOT NULL, seed INTEGER NOT NULL,
    trial INTEGER NOT NULL DEFAULT -1, generation INTEGER, current INTEGER NOT NULL DEFAULT 1,
    key TEXT NOT NULL REFERENCES runs(key),
    PRIMARY KEY (study, role, setting, arm, seed, trial));
CREATE TABLE attempts (
    key TEXT NOT NULL REFERENCES runs(key), number INTEGER NOT NULL, state TEXT NOT NULL, started TEXT NOT NULL,
    ended TEXT, message TEXT NOT NULL DEFAULT '', PRIMARY KEY (key, number));
CREATE TABLE epochs (
    key TEXT NOT NULL REFERENCES runs(key), epoch INTEGER NOT NULL, metrics TEXT NOT NULL,
    PRIMARY KEY (key, epoch)) WITHOUT ROWID;
CREATE INDEX plan_by_key ON plan (key);
CREATE INDEX runs_by_state ON runs (state);
"""

# A run's few numbers lie apart from its spec and result, so that 100,000 runs are counted in a second.
_SUMMARIES = """
CREATE TABLE summaries (
    key TEXT PRIMARY KEY REFERENCES runs(key), primary_metric TEXT, test REAL, validation REAL, seconds REAL,
    peak_bytes INTEGER) WITHOUT ROWID;
CREATE INDEX states_of_runs ON runs (key, state);
INSERT INTO summaries"""
_SUMMARIZE = """
SELECT key, json_extract(result, '$.primary'),
    json_extract(result, '$.metrics.' || json_extract(result, '$.primary')),
    json_extract(result, '$.validation.' || json_extract(result, '$.primary')),
    json_extract(result, '$.seconds'), json_extract(result, '$.peak_bytes')
    FROM runs WHERE result IS NOT NULL;
"""
# The code that a run failed with: an error is final only until the code changes.
_FAILURES = (
    "CREATE TABLE failures (key TEXT PRIMARY KEY REFERENCES runs(key), code TEXT NOT NULL) WITHOUT ROWID;"
)
_SUMMARIES_OF_OLD = f"""
CREATE TEMP TABLE summaries AS SELECT '' AS key, '' AS primary_metric, 0.0 AS test, 0.0 AS validation,
    0.0 AS seconds, 0 AS peak_bytes WHERE 0;
INSERT INTO temp.summaries {_SUMMARIZE}
CREATE UNIQUE INDEX temp.summaries_by_key ON summaries (key);
"""

MIGRATIONS: Mapping[int, str] = {1: _RUNS, 2: _SUMMARIES + _SUMMARIZE, 3: _FAILURES}
"""Schema version -> what leads to it from the one before."""


def prepare_schema(connection: sqlite3.Connection, table: Path, *, readonly: bool) -> None:
    """Bring the table to this version's schema. Raises UserError, one line, where that cannot be."""
    version = _version(connection)
    if version > SCHEMA:
        raise UserError(
            f"{table}: written by a newer version (schema {version}, this one reads {SCHEMA}); update this suite"
        )
    if readonly and version == 0:
        raise UserError(f"{table.parent}: no run store here (its table was never finished)")
    if readonly:
        _emulate_current_schema(connection, version)
    elif version < SCHEMA:
        if version:
            back_up(connection, table.with_name(f"{TABLE}.schema{version}"))
        _migrate(connection)


def _emulate_current_schema(connection: sqlite3.Connection, version: int) -> None:
    """What readers need of today's schema, for this connection alone: whoever reads changes nothing."""
    if version < 2:
        connection.execute("PRAGMA temp_store = MEMORY")
        _execute(connection, _SUMMARIES_OF_OLD)


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(statement)


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """A whole copy of the table beside it, there only once it is whole."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    copy = sqlite3.connect(part)
    connection.backup(copy)
    copy.close()
    part.replace(path)


def _migrate(connection: sqlite3.Connection) -> None:
    """All steps in one transaction: killed at any moment, the table has the old schema or the new."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # somebody else may just have done it
        for step in range(version + 1, SCHEMA + 1):
            _execute(connection, MIGRATIONS[step])
            connection.execute(f"PRAGMA user_version = {step}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
