"""The trials of a search: what was proposed, and what the store has recorded of it."""

from typing import Any, NamedTuple

from optuna.distributions import BaseDistribution

from ..config.run_spec import ArmSpec
from ..store import PlannedCell

LEARNING_RATE = "learning_rate"


class TrialOutcome(NamedTuple):
    """The recorded outcome of a trial's run."""

    state: str
    value: float | None
    """The primary validation metric of a finished trial; None if it is not defined."""
    curve: dict[int, float]
    """Epoch -> primary validation metric, where it is defined."""


class Trial(NamedTuple):
    """A proposal and its outcome (None: its run has not ended)."""

    number: int
    generation: int
    params: dict[str, Any]
    planned: PlannedCell
    outcome: TrialOutcome | None


class Search(NamedTuple):
    """One arm's search in one setting, as far as the store has it; the winner is None until it is complete."""

    setting: str
    arm: str
    distributions: dict[str, BaseDistribution]
    trials: list[Trial]
    winner: ArmSpec | None
    winner_rate: float | None
