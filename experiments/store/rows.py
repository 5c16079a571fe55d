"""What the store's table holds, as named tuples. Floor 0: standard library only."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from ..config.run_result import RunResult


def now() -> str:
    """UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


State = Literal[
    "planned", "running", "finished", "diverged", "pruned", "failed", "out_of_memory", "interrupted"
]
ENDED: tuple[State, ...] = ("finished", "diverged", "pruned", "failed", "out_of_memory")
HAS_RESULT: tuple[State, ...] = ("finished", "diverged", "pruned")


class PlannedCell(NamedTuple):
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
    """One cell of a study's plan with all that is recorded of its run."""

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
    """One cell of a study's plan with a few numbers of its run: what counting and queueing need, read fast."""

    role: str
    setting: str
    arm: str
    seed: int
    trial: int | None
    current: bool
    key: str
    state: State
    primary: str | None
    """Name of the primary metric, of runs that have a result."""
    test: float | None
    validation: float | None
    seconds: float | None
    peak_bytes: int | None


class Attempt(NamedTuple):
    """One execution of a run."""

    number: int
    state: str
    started: str
    ended: str | None
    message: str


def expected_seconds(cells: Iterable[Cell]) -> dict[str, float]:
    """Setting -> mean seconds of its finished runs."""
    spent: dict[str, list[float]] = {}
    for cell in cells:
        if cell.state == "finished" and cell.seconds is not None:
            spent.setdefault(cell.setting, []).append(cell.seconds)
    return {setting: sum(found) / len(found) for setting, found in spent.items()}
