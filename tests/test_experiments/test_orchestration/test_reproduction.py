"""Reproduction: the same bits, a difference within the spread over seeds, or a run that cannot be run."""

import copy
from pathlib import Path
from typing import Any

import pytest

from experiments.config.run_result import RunResult
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
from experiments.reproducibility.comparison import Outcome, compare
from experiments.store import StoreWriter, run_folder
from tests.test_experiments.made import NOW, cell, finish, run_spec, study_row

RECORDED: dict[str, Any] = {
    "key": "k",
    "state": "finished",
    "primary": "accuracy",
    "metrics": {"accuracy": 0.5},
    "validation": {"accuracy": 0.6},
    "final_weights": "abc",
    "identity": {"threads": 1, "torch": "2"},
    "code": "today",
    "hashes": {"initial": "i", "backbone": "b", "data": "d"},
    "curve": [[1, {"loss": 0.3}], [2, {"loss": 0.2}]],
}
STEPS = [0.4, 0.2, 0.3, 0.1]


def compare_with(
    changes: dict[str, Any], losses: list[float] = STEPS, over_seeds: float | None = None
) -> Any:
    fresh_content = copy.deepcopy(RECORDED) | changes
    recorded, fresh = RunResult.model_validate(RECORDED), RunResult.model_validate(fresh_content)
    return compare(recorded, fresh, steps=(STEPS, losses), spread=over_seeds)


def test_the_same_bits_are_called_identical() -> None:
    assert compare_with({}) == (Outcome.IDENTICAL, "")
    assert compare_with({"probes": {"latency_ms": 3.0}, "seconds": 9}) == (Outcome.IDENTICAL, "")


@pytest.mark.parametrize(
    ("changes", "losses", "message"),
    [
        (
            {"curve": [[1, {"loss": 0.3}], [2, {"loss": 0.2000000000000001}]]},
            STEPS,
            "from the end of epoch 2 on",
        ),
        ({}, [0.4, 0.2, 0.3, 0.1000000000000001], "from epoch 2, step 2 on"),
        ({"final_weights": "abd"}, [0.4, 0.3, 0.3, 0.1], "from epoch 1, step 2 on"),
        ({"final_weights": "abd"}, STEPS, "after the last step"),
        ({"metrics": {"accuracy": 0.51}}, STEPS, "accuracy off by +1.000 points"),
        ({"state": "diverged"}, STEPS, "after the last step"),
        ({"hashes": {"initial": "j", "data": "d"}}, STEPS, "other initial weights"),
        ({"hashes": {"initial": "i", "data": "e"}}, STEPS, "other data"),
        ({"metrics": {"accuracy": 0.51}, "code": "tomorrow"}, STEPS, "recorded with other code"),
    ],
)
def test_the_first_difference_is_named(changes: dict[str, Any], losses: list[float], message: str) -> None:
    verdict = compare_with(changes, losses)
    assert verdict.outcome == Outcome.DIFFERENT
    assert message in verdict.text


@pytest.mark.parametrize(
    ("over_seeds", "expected"),
    [(0.006, Outcome.WITHIN), (0.004, Outcome.DIFFERENT), (None, Outcome.DIFFERENT)],
)
def test_another_numeric_identity_is_held_against_the_spread_over_seeds(
    over_seeds: float | None, expected: Outcome
) -> None:
    changes = {"identity": {"threads": 2, "torch": "2"}, "metrics": {"accuracy": 0.51}}
    verdict = compare_with(changes, over_seeds=over_seeds)
    assert verdict.outcome == expected
    assert "other numeric identity: threads" in verdict.text
    assert "off by +1.000 points" in verdict.text


def test_another_numeric_identity_that_gives_the_same_bits_is_identical() -> None:
    assert compare_with({"identity": {"threads": 2, "torch": "2"}}).outcome == Outcome.IDENTICAL


def test_a_sample_depends_on_its_seed_only() -> None:
    keys = [f"{number:02}" for number in range(50)]
    assert draw_sample(keys, 5, seed=0) == draw_sample(keys[::-1], 5, seed=0)
    assert draw_sample(keys, 5, seed=0) != draw_sample(keys, 5, seed=1)
    assert len(set(draw_sample(keys, 5, seed=0))) == 5
    assert draw_sample(keys, 99, seed=0) == keys


SPECS = [run_spec(seed=seed) for seed in range(4)]


@pytest.fixture
def ended(store: StoreWriter) -> StoreWriter:
    """Three finished runs, and one that failed."""
    store.save_study(study_row(), [cell(spec) for spec in SPECS])
    for number, spec in enumerate(SPECS[:3]):
        metrics = {"accuracy": 0.5 + number / 10, "loss": 1.0}
        finish(store, spec, metrics=metrics, identity={"threads": 1}, hashes=RECORDED["hashes"])
    store.start(SPECS[3].key, now=NOW)
    store.end(SPECS[3].key, "failed", now=NOW, message="error: KeyError: 'x'")
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
