"""A planned study is validated when it is read, and keeps what a newer version wrote."""

from typing import Any

import pytest
from pydantic import ValidationError

from experiments.config.study_plan import PlannedArm, StudyRow
from tests.test_experiments.made import study_row


def test_a_planned_study_comes_back_from_json_as_it_was() -> None:
    row = study_row()
    assert StudyRow.model_validate(row.content()) == row


def test_the_content_has_what_is_set_and_nothing_else() -> None:
    given: dict[str, Any] = {
        "name": "small",
        "spec": {},
        "families": [{"name": "f", "role": "main", "title": "F", "baseline": "none", "arms": ["se"]}],
        "arms": {"se": {"module": "se", "role": "tuned"}},
        "of_a_newer_version": 1,
    }
    assert StudyRow.model_validate(given).content() == given


def test_an_arm_without_fields_is_the_plain_network_on_the_baselines_weights() -> None:
    arm = PlannedArm()
    assert (arm.module, arm.width, arm.native, arm.role, arm.paired) == (
        "none",
        1.0,
        "keep",
        "arm",
        "weights",
    )


@pytest.mark.parametrize(
    "arm",
    [
        {"paired": "something"},
        {"native": "remove"},
        {"expect": "EQUAL"},
        {"reached": {"a": {"width": 1.5, "target": 10}}},
        {"tuned": {"a": {"options": {}}}},
    ],
)
def test_an_arm_of_the_wrong_shape_is_an_error(arm: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        StudyRow.model_validate({"name": "small", "spec": {}, "arms": {"se": arm}})
