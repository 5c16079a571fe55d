"""The run store's table: plan, runs, attempts, epochs. The only truth; everything else is a view of it.

Floor 0: standard library only. SQLite in WAL mode, `BEGIN IMMEDIATE` for every write, one supervisor a
store (`experiments.store.lock`), so that nothing is lost or run twice. Workers never open it.
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
