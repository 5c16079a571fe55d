"""A study's specification rejects contradictions between its own fields."""

from typing import Any

import pytest
from pydantic import ValidationError

from experiments.config.run_spec import ArmSpec
from experiments.config.study_spec import StudyArm
from tests.test_experiments.made import content, study


def test_a_segmentation_setting_needs_a_decoder_and_a_classification_setting_takes_none() -> None:
    settings = content()["settings"]
    settings["classification"]["task"] = "segmentation"
    with pytest.raises(ValidationError, match="decoder"):
        study(settings=settings)


def test_a_positive_control_says_what_it_expects() -> None:
    with pytest.raises(ValidationError, match="expect"):
        StudyArm(role="positive_control")
    with pytest.raises(ValidationError, match="expect"):
        StudyArm(expect="BETTER")


def test_only_an_aa_arm_shifts_its_seeds() -> None:
    with pytest.raises(ValidationError, match="seed_shift"):
        StudyArm(seed_shift=1)
    with pytest.raises(ValidationError, match="seed_shift"):
        StudyArm(role="aa")


@pytest.mark.parametrize(
    ("arm", "paired"),
    [
        (StudyArm(), "weights"),
        (StudyArm(module="se"), "weights"),
        (StudyArm(width=1.5), "data"),
        (StudyArm(role="aa", seed_shift=9), "nothing"),
    ],
)
def test_an_arm_says_what_it_shares_with_the_baseline(arm: StudyArm, paired: str) -> None:
    assert arm.paired == paired


@pytest.mark.parametrize("seeds", [[], [1, 1]])
def test_a_study_names_each_seed_once(seeds: list[int]) -> None:
    with pytest.raises(ValidationError, match="at least one seed"):
        study(seeds=seeds)


def test_the_range_of_a_learning_rate_has_a_low_below_its_high() -> None:
    search = content()["search"] | {"learning_rates": {"classification": {"low": 0.3, "high": 0.3}}}
    with pytest.raises(ValidationError, match="below"):
        study(search=search)


@pytest.mark.parametrize("change", [{"module": "se"}, {"width": 1.5}, {"of": None}, {"matched": None}])
def test_a_matched_arm_takes_neither_module_nor_width_and_names_its_target(change: dict[str, Any]) -> None:
    assert StudyArm(matched="macs", of="cbam").paired == "data"
    with pytest.raises(ValidationError, match="matched"):
        StudyArm(**{"matched": "macs", "of": "cbam", **change})


def test_an_arm_of_a_study_is_an_arm_of_a_run_with_a_role() -> None:
    assert set(ArmSpec.model_fields) < set(StudyArm.model_fields)
    assert set(StudyArm.model_fields) - set(ArmSpec.model_fields) == {
        "role",
        "expect",
        "seed_shift",
        "matched",
        "of",
    }


def test_designs_are_distinguished_by_their_kind() -> None:
    factors = {"reduction": [4, 8], "start": None}
    designs: list[dict[str, Any]] = [
        {"kind": "grid", "module": "se", "factors": factors},
        {"kind": "one_factor", "reference": "cse", "factors": factors},
    ]
    found = study(designs=designs).designs
    assert [type(design).__name__ for design in found] == ["GridDesign", "OneFactorDesign"]
    assert [getattr(design, "factors", None) for design in found] == [
        {"reduction": (4, 8), "start": None}
    ] * 2


def test_a_factor_without_values_is_an_error() -> None:
    with pytest.raises(ValidationError, match="lists no value"):
        study(designs=[{"kind": "grid", "module": "se", "factors": {"reduction": []}}])
