"""The table's schema: created, checked, and migrated after a backup; a newer one is an error."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from user_error import UserError

from ..config.atomic_write import replacing

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

# A run's few numbers are in a table of their own, so that 100,000 runs are counted within a second.
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
# The digest of the code that a run failed with: it is tried again when the code has changed.
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
"""Schema version -> statements that lead to it from the version before."""


def prepare_schema(connection: sqlite3.Connection, table: Path, *, readonly: bool) -> None:
    """Bring the table to the current schema, after a backup; if `readonly`, change nothing on disk.

    Raises UserError if a newer version wrote the table, or if it is empty and `readonly`.
    """
    version = _version(connection)
    if version > SCHEMA:
        raise UserError(
            f"{table}: written by a newer version (schema {version}, this one reads {SCHEMA}); update this program"
        )
    if readonly and version == 0:
        raise UserError(f"{table.parent}: no run store here (its table is empty)")
    if readonly:
        _emulate_current_schema(connection, version)
    elif version < SCHEMA:
        if version:
            back_up(connection, table.with_name(f"{TABLE}.schema{version}"))
        _migrate(connection)


def _emulate_current_schema(connection: sqlite3.Connection, version: int) -> None:
    """Add what readers need of the current schema as temporary tables of this connection."""
    if version < 2:
        connection.execute("PRAGMA temp_store = MEMORY")
        _execute(connection, _SUMMARIES_OF_OLD)


def _execute(connection: sqlite3.Connection, statements: str) -> None:
    """Execute statements that are separated by semicolons, inside the current transaction."""
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(statement)


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Copy the table to `path`, which exists only once the copy is complete."""
    with replacing(path) as part:
        copy = sqlite3.connect(part)
        connection.backup(copy)
        copy.close()


def _migrate(connection: sqlite3.Connection) -> None:
    """Apply all migrations in one transaction: after a kill the table has the old schema or the new one."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have migrated it meanwhile
        for step in range(version + 1, SCHEMA + 1):
            _execute(connection, MIGRATIONS[step])
            connection.execute(f"PRAGMA user_version = {step}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    """Return the schema version of the table; 0 for an empty one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
