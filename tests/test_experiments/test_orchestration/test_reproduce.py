"""A run made again is the same, bit by bit, or is not called so."""

from pathlib import Path
from typing import Any

import pytest

from experiments.orchestration.engines.engine import Event
from experiments.orchestration.reproduce import EXIT, judge, population, reproduce, sample, spread, unrunnable
from experiments.reproducibility.comparison import Outcome
from experiments.store import StoreWriter, run_folder
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

HASHES = {"initial": "i", "backbone": "b", "data": "d"}


def test_a_sample_is_a_function_of_its_seed() -> None:
    keys = [f"{number:02}" for number in range(50)]
    assert sample(keys, 5, seed=0) == sample(keys[::-1], 5, seed=0)
    assert sample(keys, 5, seed=0) != sample(keys, 5, seed=1)
    assert len(set(sample(keys, 5, seed=0))) == 5
    assert sample(keys, 99, seed=0) == keys


SPECS = [run_spec(seed=seed) for seed in range(4)]


@pytest.fixture
def ended(store: StoreWriter) -> StoreWriter:
    """Three finished runs, and one that failed."""
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    for number, spec in enumerate(SPECS[:3]):
        metrics = {"accuracy": 0.5 + number / 10, "loss": 1.0}
        finish(store, spec, metrics=metrics, identity={"threads": 1}, hashes=HASHES)
    store.start_attempt(SPECS[3].key, now=NOW)
    store.end_attempt(SPECS[3].key, "failed", now=NOW, message="error: KeyError: 'x'")
    return store


def test_all_that_has_ended_is_run_again_and_the_spread_is_that_of_its_seeds(ended: StoreWriter) -> None:
    assert population(ended, "small") == sorted(spec.key for spec in SPECS)
    assert spread(ended, SPECS[0].key) == pytest.approx(0.1)


def test_what_cannot_be_run_again_says_why(ended: StoreWriter) -> None:
    assert unrunnable(ended, SPECS[0].key) is None
    assert unrunnable(ended, SPECS[3].key) == "has no result (state: failed; error: KeyError: 'x')"
    path = ended.folder(SPECS[0].key) / run_folder.PREDICTIONS
    path.write_bytes(b"torn")
    assert str(path) in str(unrunnable(ended, SPECS[0].key))
    refused = Event(SPECS[1].key, "refused", "dataset: no data set 'mine'")
    assert judge(ended, refused, Path()) == (Outcome.NOT_RUNNABLE, "dataset: no data set 'mine'")


class Again:
    """An engine that gives each run the result that is recorded, but for what `changed` says of its key."""

    def __init__(self, store: StoreWriter, changed: dict[str, dict[str, Any]]) -> None:
        self.store, self.changed, self.names, self.free = store, changed, list[str](), 1

    def start(self, name: str, work: str, payload: dict[str, Any], *, log: Path) -> None:
        assert (work, payload["folder"] in str(log)) == ("train", True)
        self.names.append(name)
        self.free = 0

    def wait(self, seconds: float) -> list[Event]:
        key, self.free = self.names.pop(), 1
        recorded = self.store.result(key)
        assert recorded is not None
        result = {**recorded.content(), **self.changed.get(key, {})}
        return [Event(key, "epoch", (1, {})), Event(key, "done", result)]


@pytest.mark.parametrize(
    ("changed", "more", "code", "last"),
    [
        ({}, [], 0, "3 runs: 3 BIT-IDENTICAL"),
        ({}, [3], 3, "4 runs: 3 BIT-IDENTICAL, 1 NOT RUNNABLE"),
        ({1: {"final_weights": "x"}}, [], 0, "3 runs: 3 BIT-IDENTICAL"),
        ({1: {"metrics": {"accuracy": 0.0}}}, [3], 1, "4 runs: 2 BIT-IDENTICAL, 1 DIFFERENT, 1 NOT RUNNABLE"),
        (
            {1: {"metrics": {"accuracy": 0.59}, "identity": {"threads": 2}}},
            [],
            0,
            "3 runs: 2 BIT-IDENTICAL, 1 WITHIN SEED SPREAD",
        ),
    ],
)
def test_the_last_line_counts_and_the_exit_code_tells(
    changed: dict[int, dict[str, Any]],
    more: list[int],
    code: int,
    last: str,
    ended: StoreWriter,
    tmp_path: Path,
) -> None:
    told: list[str] = []
    engine: Any = Again(ended, {SPECS[number].key: change for number, change in changed.items()})
    keys = [SPECS[number].key for number in (0, 1, 2, *more)]
    assert reproduce(ended, keys, cache=tmp_path, engine=engine, said=told.append) == code
    assert told[-1] == last
    assert len(told) == len(keys) + 1
    assert all("classification none seed" in text for text in told[:-1])


def test_every_outcome_has_an_exit_code() -> None:
    assert set(EXIT) == set(Outcome)
