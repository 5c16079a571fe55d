"""The messages between a supervisor and its workers: JSON values, which any engine can carry."""

from typing import NotRequired, TypedDict

from pydantic import BaseModel, ConfigDict, JsonValue

from ..config.study_plan import StudyRow, TunedOptions
from ..run.slot import Slot
from ..store import PlannedCell


class Origin(TypedDict):
    """The launch that a run belongs to, for the run's manifest."""

    study: str
    attempt: int
    command: list[str]
    given: dict[str, JsonValue]
    """The keys that the study file itself sets for this run; everything else in its spec follows from these."""


class TrainPayload(TypedDict):
    """A run to train: its spec as JSON, its folder, the data cache, and its slot (default: the CPU)."""

    spec: str
    folder: str
    cache: str
    slot: NotRequired[Slot]
    keep_weights: bool
    origin: NotRequired[Origin]


class StudyPayload(TypedDict):
    """A study as JSON, the data cache, the store's folder, and setting -> what `dtype: auto` resolved to."""

    study: str
    cache: str
    store: str
    dtypes: dict[str, str]
    device: NotRequired[str]
    path: NotRequired[str]
    """The journal to write."""


class PlanAnswer(BaseModel):
    """A planned study: its row, its runs, and the GPUs with their free bytes."""

    model_config = ConfigDict(frozen=True)

    study: StudyRow
    cells: list[PlannedCell]
    cards: list[tuple[str, int]] = []


class ProposalAnswer(BaseModel):
    """The runs that a study's searches have proposed so far, and the winners: arm -> setting -> options."""

    model_config = ConfigDict(frozen=True)

    cells: list[PlannedCell]
    tuned: dict[str, dict[str, TunedOptions]]
