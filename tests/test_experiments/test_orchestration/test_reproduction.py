"""Reproduction: the same bits, a difference within the spread over seeds, or a run that cannot be run."""

from pathlib import Path
from typing import Any

import pytest

from experiments.orchestration.engines.engine import Event
from experiments.orchestration.reproduction import (
    EXIT_CODES,
    draw_sample,
    find_obstacle,
    judge,
    list_ended,
    reproduce,
    seed_spread,
)
from experiments.reproducibility.comparison import Outcome
from experiments.store import StoreWriter, run_folder
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row


def test_a_sample_depends_on_its_seed_only() -> None:
    keys = [f"{number:02}" for number in range(50)]
    assert draw_sample(keys, 5, seed=0) == draw_sample(keys[::-1], 5, seed=0)
    assert draw_sample(keys, 5, seed=0) != draw_sample(keys, 5, seed=1)
    assert len(set(draw_sample(keys, 5, seed=0))) == 5
    assert draw_sample(keys, 99, seed=0) == keys


SPECS = [run_spec(seed=seed) for seed in range(4)]


HASHES = {"initial": "i", "backbone": "b", "data": "d"}


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


def test_all_ended_runs_are_selected_and_the_spread_is_over_seeds(ended: StoreWriter) -> None:
    assert list_ended(ended, "small") == sorted(spec.key for spec in SPECS)
    assert seed_spread(ended, SPECS[0].key) == pytest.approx(0.1)


def test_a_run_without_an_intact_result_has_a_reason(ended: StoreWriter) -> None:
    assert find_obstacle(ended, SPECS[0].key) is None
    assert find_obstacle(ended, SPECS[3].key) == "has no result (state: failed; error: KeyError: 'x')"
    path = ended.folder(SPECS[0].key) / run_folder.PREDICTIONS
    path.write_bytes(b"torn")
    assert str(path) in str(find_obstacle(ended, SPECS[0].key))
    refused = Event(SPECS[1].key, "refused", "dataset: no data set 'mine'")
    assert judge(ended, refused, Path()) == (Outcome.NOT_RUNNABLE, "dataset: no data set 'mine'")


class RepeatingEngine:
    """An engine that returns the recorded result of each run, with the changes that `changed` has for its key."""

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
def test_the_last_line_counts_the_verdicts_and_the_exit_code_follows_from_them(
    changed: dict[int, dict[str, Any]],
    more: list[int],
    code: int,
    last: str,
    ended: StoreWriter,
    tmp_path: Path,
) -> None:
    lines: list[str] = []
    engine: Any = RepeatingEngine(ended, {SPECS[number].key: change for number, change in changed.items()})
    keys = [SPECS[number].key for number in (0, 1, 2, *more)]
    assert reproduce(ended, keys, cache=tmp_path, engine=engine, notify=lines.append) == code
    assert lines[-1] == last
    assert len(lines) == len(keys) + 1
    assert all("classification none seed" in text for text in lines[:-1])


def test_every_outcome_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(Outcome)
