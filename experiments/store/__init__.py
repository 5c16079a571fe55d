"""The run store: a table of plans, runs, attempts and epochs, beside one folder per run.

The table is SQLite in WAL mode. Any number of processes may read it (`StoreReader`). Only the supervisor that holds the
store's lock (`experiments.store.lock`) writes it (`StoreWriter`), each write in one `BEGIN IMMEDIATE` transaction: a
process that is killed leaves the state before or after a write. Workers write to their run's folder only.
"""

from ..config.study_plan import StudyRow
from .connection import open_store
from .reader import StoreReader
from .rows import ENDED, HAS_RESULT, Attempt, Cell, PlannedCell, PlanRow, State, expected_seconds
from .schema import SCHEMA, TABLE
from .writer import StoreWriter

__all__ = [
    "ENDED",
    "HAS_RESULT",
    "SCHEMA",
    "TABLE",
    "Attempt",
    "Cell",
    "PlanRow",
    "PlannedCell",
    "State",
    "StoreReader",
    "StoreWriter",
    "StudyRow",
    "expected_seconds",
    "open_store",
]
