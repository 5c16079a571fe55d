"""Change the records of a synthetic study, and read the cautions that follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analysis import frames
from analysis.comparing import compare
from analysis.comparing.cautions.caution import Caution
from experiments.config.run_result import RunResult
from experiments.store import PlanRow, StoreWriter, open_store
from tests.test_analysis.synthetic_store import CLOCK, QUICK

# without the arm that stays INCONCLUSIVE, so that no further seeds have to be simulated
DECIDED = {label: arm for label, arm in QUICK.items() if label != "sse"}


@contextmanager
def writable_store(path: Path) -> Iterator[StoreWriter]:
    """Open a store for changes and close it again."""
    store = open_store(path)
    yield store
    store.close()


def cautions_on(path: Path, topic: str) -> list[Caution]:
    """Compare the study in a store and return its cautions on one topic."""
    return [c for c in compare(frames.read(path, "made")).cautions if c.topic == topic]


def find_row(store: StoreWriter, arm: str, seed: int, setting: str = "classification") -> PlanRow:
    """Return the row of one run."""
    return next(
        r
        for r in store.plan_rows("made")
        if (r.arm, r.seed, r.setting, r.role) == (arm, seed, setting, "run")
    )


def change_result(store: StoreWriter, row: PlanRow, **changes: object) -> None:
    """Overwrite fields of a run's result."""
    content = dict(row.result.content()) if row.result else {"key": row.key, "state": "finished"}
    store.end_attempt(row.key, "finished", now=CLOCK, result=RunResult.model_validate(content | changes))
