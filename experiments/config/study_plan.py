"""A planned study: its resolved arms, and the comparisons between them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from .run_spec import Scalar


class PlanModel(BaseModel):
    """Base class of plans: frozen; unknown keys are kept, since a newer version may have written them."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Family(PlanModel):
    """A family of comparisons: a baseline, and the arms that are compared with it."""

    name: str
    role: str
    title: str
    baseline: str
    arms: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


class MatchedWidth(PlanModel):
    """The width of a capacity-matched arm in one setting, and how close its cost comes to the target."""

    width: float
    target: int
    reached: int
    off: float
    """Relative difference of `reached` from `target`."""


class TunedOptions(PlanModel):
    """The winner of an arm's search in one setting."""

    options: dict[str, Scalar] = {}
    site: str = "block"
    learning_rate: float


class PlannedArm(PlanModel):
    """An arm of a plan, with its role in the comparisons."""

    module: str = "none"
    options: dict[str, Scalar] = {}
    site: str = "block"
    width: float = 1.0
    native: Literal["keep", "strip", "replace"] = "keep"
    role: str = "arm"
    """A role of `study_spec.Role`, or "tuned": the arm with the options that win its search."""
    expect: Literal["BETTER", "WORSE"] | None = None
    seed_shift: int = 0
    matched: Literal["params", "macs"] | None = None
    of: str | None = None
    paired: Literal["weights", "data", "nothing"] = "weights"
    """What it shares with the baseline: initial weights and data order, data order only, or nothing."""
    reached: dict[str, MatchedWidth] | None = None
    """Setting -> matched width, of a capacity-matched arm."""
    tuned: dict[str, TunedOptions] | None = None
    """Setting -> winner of the search, of a tuned arm."""


class Resolved(PlanModel):
    """Facts that were resolved while the study was planned."""

    dtypes: dict[str, str] = {}
    """Setting -> the type that `dtype: auto` chose."""
    data: dict[str, list[str]] = {}
    """Setting -> facts about its data, for the user."""


class StudyRow(PlanModel):
    """A study as it was last planned: its spec, its comparisons, and its resolved arms."""

    name: str
    spec: dict[str, JsonValue]
    families: list[Family] = []
    arms: dict[str, PlannedArm] = {}
    warnings: list[str] = []
    resolved: Resolved = Resolved()
    codes: dict[str, str] = {}
    """Module -> digest of the code that the study was last planned with; results of another one are stale."""

    def content(self) -> dict[str, JsonValue]:
        """Return the fields that are set, as JSON."""
        return self.model_dump(mode="json", exclude_unset=True)
