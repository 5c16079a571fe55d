"""A search's trials: what was proposed, and what the records say became of it."""

from typing import Any, NamedTuple

from optuna.distributions import BaseDistribution

from ..config.run_spec import ArmSpec
from ..store import PlannedCell

LEARNING_RATE = "learning_rate"


class Seen(NamedTuple):
    """What the records say of one trial's run."""

    state: str
    value: float | None
    curve: dict[int, float]


class Trial(NamedTuple):
    """A proposal and what became of it (None: not ended)."""

    number: int
    generation: int
    params: dict[str, Any]
    planned: PlannedCell
    seen: Seen | None


class Search(NamedTuple):
    """One arm's search in one setting, as far as the records go."""

    setting: str
    arm: str
    distributions: dict[str, BaseDistribution]
    trials: list[Trial]
    winner: ArmSpec | None
    winner_rate: float | None
