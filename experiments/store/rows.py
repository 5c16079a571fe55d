"""The rows of the store's table, as named tuples, and the states of a run."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from ..config.run_result import RunResult


def now() -> str:
    """Return the current time in UTC, as ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


State = Literal[
    "planned", "running", "finished", "diverged", "pruned", "failed", "out_of_memory", "interrupted"
]
"""The life cycle of a run. `planned` becomes `running`, and then one of the others.

`interrupted` runs resume from their checkpoint. `failed` and `out_of_memory` runs are tried again on request, or when
the code has changed. The others have a sealed result.
"""
ENDED: tuple[State, ...] = ("finished", "diverged", "pruned", "failed", "out_of_memory")
"""States that a run does not leave by itself."""
HAS_RESULT: tuple[State, ...] = ("finished", "diverged", "pruned")
"""States with a sealed result in the run's folder."""


class PlannedCell(NamedTuple):
    """One cell of a study's plan, to be stored: its position in the study, and the run that fills it."""

    role: Literal["run", "trial"]
    setting: str
    arm: str
    seed: int
    key: str
    spec: Mapping[str, Any]
    trial: int | None = None
    generation: int | None = None


class PlanRow(NamedTuple):
    """One cell of a study's plan with everything that is recorded of its run."""

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
    result: RunResult | None


class Cell(NamedTuple):
    """One cell of a study's plan with the few numbers of its run that counting and queueing need; fast to read."""

    role: str
    setting: str
    arm: str
    seed: int
    trial: int | None
    current: bool
    key: str
    state: State
    primary: str | None
    """Name of the primary metric; None without a result."""
    test: float | None
    validation: float | None
    seconds: float | None
    peak_bytes: int | None


class Attempt(NamedTuple):
    """One execution of a run; `started` and `ended` are ISO 8601."""

    number: int
    state: str
    started: str
    ended: str | None
    message: str


def expected_seconds(cells: Iterable[Cell]) -> dict[str, float]:
    """Compute the mean seconds of the finished runs of each setting."""
    spent: dict[str, list[float]] = {}
    for cell in cells:
        if cell.state == "finished" and cell.seconds is not None:
            spent.setdefault(cell.setting, []).append(cell.seconds)
    return {setting: sum(seconds) / len(seconds) for setting, seconds in spent.items()}
