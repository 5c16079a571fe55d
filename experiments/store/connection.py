"""Opening a store, for reading or for writing."""

import os
import sqlite3
from pathlib import Path
from typing import Literal, overload
from urllib.parse import quote

from user_error import UserError

from . import filesystem, schema
from .reader import StoreReader
from .schema import TABLE
from .writer import StoreWriter


@overload
def open_store(path: Path | str, *, readonly: Literal[True]) -> StoreReader: ...


@overload
def open_store(path: Path | str, *, readonly: Literal[False] = False) -> StoreWriter: ...


@overload
def open_store(path: Path | str, *, readonly: bool) -> StoreReader: ...


def open_store(path: Path | str, *, readonly: bool = False) -> StoreReader:
    """Open a store; unless `readonly`, create it if it does not exist.

    A writer must hold the store's lock (`store.lock.hold_lock`). Raises UserError if there is no store, if its table
    cannot be read, if it lies on a network file system, or if a newer version has written it.
    """
    path = Path(path)
    table = path / TABLE
    if readonly and not table.exists():
        raise UserError(
            f"{path}: no run store here (`python -m experiments run STUDY --store {path}` makes one)"
        )
    filesystem.reject_network_filesystem(path)
    try:
        connection = _connect(path, readonly=readonly)
        schema.prepare_schema(connection, table, readonly=readonly)
    except sqlite3.OperationalError as error:
        raise UserError(
            f"{table}: cannot be opened as a run store by user {os.getuid()} ({error})"
        ) from error
    except sqlite3.DatabaseError as error:
        raise UserError(
            f"{table}: cannot be opened as a run store ({error});"
            f" `python -m experiments store rebuild --store {path}` builds the table again from the run folders"
        ) from error
    except OSError as error:
        raise UserError(
            f"{path}: no run store can be created here by user {os.getuid()} ({error.strerror})"
        ) from error
    return StoreReader(path, connection) if readonly else StoreWriter(path, connection)


def _connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """Connect to the store's table. WAL mode lets readers and the writer work at the same time."""
    table = path / TABLE
    if readonly and not os.access(path, os.W_OK):  # a read-only disk: SQLite needs no lock
        uri = f"file:{quote(str(table.absolute()))}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True, isolation_level=None)
    path.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(table, timeout=30, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection
