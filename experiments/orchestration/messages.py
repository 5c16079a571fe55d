"""What a supervisor sends to its workers with a job and gets back: JSON values, which any engine can carry."""

from typing import NotRequired, TypedDict

from pydantic import BaseModel, ConfigDict, JsonValue

from ..config.study_plan import StudyRow, TunedOptions
from ..run.slot import Slot
from ..store import PlannedCell


class Origin(TypedDict):
    """Where a run comes from, for its manifest."""

    study: str
    attempt: int
    command: list[str]
    given: dict[str, JsonValue]
    """What the study itself says of this run; all else in its spec is a default, or follows from this."""


class TrainPayload(TypedDict):
    """One run: its spec as JSON, its folder, the cache, its slot (default: the CPU), and whether weights are kept."""

    spec: str
    folder: str
    cache: str
    place: NotRequired[Slot]
    keep_weights: NotRequired[bool]
    origin: NotRequired[Origin]


class StudyPayload(TypedDict):
    """A study as JSON, the cache of data, the store's folder, and what `dtype: auto` came to by setting."""

    study: str
    cache: str
    store: str
    dtypes: dict[str, str]
    device: NotRequired[str]
    path: NotRequired[str]
    """Of the journal to be written."""


class PlanAnswer(BaseModel):
    """An expanded study: its row, its runs, a code digest for each module, and the graphics cards with their bytes."""

    model_config = ConfigDict(frozen=True)

    study: StudyRow
    cells: list[PlannedCell]
    codes: dict[str, str] = {}
    cards: list[tuple[str, int]] = []


class ProposalAnswer(BaseModel):
    """The runs of a study's searches that are known by now, and the winners: arm -> setting -> options."""

    model_config = ConfigDict(frozen=True)

    cells: list[PlannedCell]
    tuned: dict[str, dict[str, TunedOptions]]
