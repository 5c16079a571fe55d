"""A repeated run is compared bit by bit, and on another numeric identity with the spread over seeds."""

import copy
from typing import Any

import pytest

from experiments.config.run_result import RunResult
from experiments.reproducibility.comparison import Outcome, compare, first_difference, metric_difference

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


def compared(changes: dict[str, Any], losses: list[float] = STEPS, over_seeds: float | None = None) -> Any:
    fresh_content = copy.deepcopy(RECORDED) | changes
    recorded, fresh = RunResult.model_validate(RECORDED), RunResult.model_validate(fresh_content)
    return compare(recorded, fresh, steps=(STEPS, losses), spread=over_seeds)


def test_the_same_bits_are_called_identical() -> None:
    assert compared({}) == (Outcome.IDENTICAL, "")
    assert compared({"probes": {"latency_ms": 3.0}, "seconds": 9}) == (Outcome.IDENTICAL, "")


@pytest.mark.parametrize(
    ("changes", "losses", "says"),
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
def test_the_first_difference_in_the_order_of_training_is_named(
    changes: dict[str, Any], losses: list[float], says: str
) -> None:
    verdict = compared(changes, losses)
    assert verdict.outcome == Outcome.DIFFERENT
    assert says in verdict.text


@pytest.mark.parametrize(
    ("over_seeds", "expected"),
    [(0.006, Outcome.WITHIN), (0.004, Outcome.DIFFERENT), (None, Outcome.DIFFERENT)],
)
def test_another_numeric_identity_is_compared_with_the_spread_over_seeds(
    over_seeds: float | None, expected: Outcome
) -> None:
    changes = {"identity": {"threads": 2, "torch": "2"}, "metrics": {"accuracy": 0.51}}
    verdict = compared(changes, over_seeds=over_seeds)
    assert verdict.outcome == expected
    assert "other numeric identity: threads" in verdict.text
    assert "off by +1.000 points" in verdict.text


def test_another_numeric_identity_that_gives_the_same_bits_is_identical() -> None:
    assert compared({"identity": {"threads": 2, "torch": "2"}}).outcome == Outcome.IDENTICAL


def result(**changes: Any) -> RunResult:
    return RunResult.model_validate(copy.deepcopy(RECORDED) | changes)


def test_the_difference_is_that_of_the_test_split_or_else_of_validation() -> None:
    other = {"metrics": {"accuracy": 0.25}, "validation": {"accuracy": 0.7}}
    assert metric_difference(result(), result(**other)) == -0.25
    assert metric_difference(result(metrics=None), result(**other)) == pytest.approx(0.1)
    assert metric_difference(result(), result(metrics={"accuracy": None})) is None


def test_losses_that_were_not_recorded_are_not_compared() -> None:
    verdict = compare(result(), result(), steps=([], [0.5]), spread=None)
    assert verdict.outcome == Outcome.IDENTICAL
    assert first_difference(result(), result(), ([], [0.5])) == "after the last step"


def test_a_run_without_a_metric_is_different_on_another_numeric_identity() -> None:
    fresh = result(identity={"threads": 2}, state="diverged", metrics=None, validation=None)
    verdict = compare(result(), fresh, steps=(STEPS, STEPS), spread=1.0)
    assert verdict.outcome == Outcome.DIFFERENT
    assert "no metric to compare" in verdict.text
