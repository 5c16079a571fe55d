"""A study as it was planned: its arms with what was resolved of them, and the comparisons that it asks for."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from .run_spec import Scalar


class PlanModel(BaseModel):
    """A piece of a plan. Unknown keys are kept: a record may be of a newer version."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Family(PlanModel):
    """One family of comparisons: a baseline, and the arms that are compared with it."""

    name: str
    role: str
    title: str
    baseline: str
    arms: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


class MatchedWidth(PlanModel):
    """How near a capacity-matched arm comes to its target in one setting."""

    width: float
    target: int
    reached: int
    off: float
    """Relative difference of what was reached from the target."""


class TunedOptions(PlanModel):
    """The options that won an arm's search in one setting."""

    options: dict[str, Scalar] = {}
    site: str = "block"
    learning_rate: float


class PlannedArm(PlanModel):
    """An arm of a plan, with its part in the argument."""

    module: str = "none"
    options: dict[str, Scalar] = {}
    site: str = "block"
    width: float = 1.0
    native: Literal["keep", "strip", "replace"] = "keep"
    role: str = "arm"
    """A role of `study_spec.Role`, or "tuned": at the options that win its search."""
    expect: Literal["BETTER", "WORSE"] | None = None
    seed_shift: int = 0
    matched: Literal["params", "macs"] | None = None
    of: str | None = None
    paired: Literal["weights", "data", "nothing"] = "weights"
    """Whether it starts from the baseline's weights, or shares only data order with it."""
    reached: dict[str, MatchedWidth] | None = None
    """Setting -> width, of a capacity-matched arm."""
    tuned: dict[str, TunedOptions] | None = None
    """Setting -> the options that won, of a tuned arm."""


class Resolved(PlanModel):
    """What was decided or found while the study was planned."""

    dtypes: dict[str, str] = {}
    """Setting -> what `dtype: auto` came to."""
    data: dict[str, list[str]] = {}
    """Setting -> facts about its data, for people."""


class StudyRow(PlanModel):
    """A study as it was last planned: its spec, the comparisons it asks for, and its resolved arms."""

    name: str
    spec: dict[str, JsonValue]
    families: list[Family] = []
    arms: dict[str, PlannedArm] = {}
    warnings: list[str] = []
    resolved: Resolved = Resolved()

    def content(self) -> dict[str, JsonValue]:
        """As JSON: what was given, and nothing else."""
        return self.model_dump(mode="json", exclude_unset=True)
