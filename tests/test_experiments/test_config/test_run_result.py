"""A result is validated when it is read, and keeps what a newer version wrote."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from experiments.config.run_result import RunResult
from tests.test_experiments.made import outcome, run_spec


def test_the_score_is_the_primary_metric_of_the_split() -> None:
    result = outcome(run_spec())
    assert (result.score("test"), result.score("validation")) == (0.75, 0.8)


@pytest.mark.parametrize("metrics", [None, {}, {"accuracy": None}, {"loss": 0.5}])
def test_there_is_no_score_without_the_primary_metric(metrics: dict[str, Any] | None) -> None:
    assert outcome(run_spec(), metrics=metrics).score("test") is None


def test_the_content_has_what_is_set_and_nothing_else() -> None:
    given = {"key": "k", "state": "pruned", "primary": "iou", "code": "c"}
    assert RunResult.model_validate(given).content() == given
    assert RunResult.model_validate(given | {"metrics": None}).content() == given


def test_a_result_comes_back_from_json_as_it_was() -> None:
    result = outcome(
        run_spec(), curve=[[1, {"loss": 1 / 3}], [2, {"loss": None}]], plugs=[{"site": "a", "channels": 4}]
    )
    again = RunResult.model_validate_json(json.dumps(result.content()))
    assert again == result
    assert again.curve == [(1, {"loss": 1 / 3}), (2, {"loss": None})]


def test_keys_of_a_newer_version_are_kept() -> None:
    result = outcome(run_spec(), energy={"joules": 3})
    assert result.content()["energy"] == {"joules": 3}


@pytest.mark.parametrize(
    "change",
    [{"state": "running"}, {"metrics": {"accuracy": "high"}}, {"curve": [[1]]}, {"gpu": {"seconds": 1.0}}],
)
def test_a_result_of_the_wrong_shape_is_an_error(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        outcome(run_spec(), **change)


def test_a_result_never_changes() -> None:
    result: Any = outcome(run_spec())
    with pytest.raises(ValidationError, match="frozen"):
        result.state = "pruned"


def test_an_undefined_score_of_a_class_is_named_with_its_class() -> None:
    scores = {"name": "recall", "classes": ["cat", "sea lion", "dog"], "values": [0.5, None, None]}
    result = outcome(run_spec(), metrics={"accuracy": 0.5, "loss": None}, per_class=scores)
    assert result.undefined() == ["test/loss", "test/recall/sea_lion", "test/recall/dog"]


def test_where_no_class_has_a_score_the_metrics_say_so_and_not_each_class() -> None:
    scores = {"name": "iou", "classes": ["a", "b"], "values": [None, None]}
    result = outcome(run_spec(), metrics={"iou": None}, per_class=scores)
    assert result.undefined() == ["test/iou"]
