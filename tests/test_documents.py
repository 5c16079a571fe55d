"""What is written for people, against what the code accepts."""

import re

import pytest

from experiments.config import run_spec, study_spec
from tests.sources import ROOT

PARTS = [
    study_spec.StudySpec,
    study_spec.SettingSpec,
    run_spec.DatasetSpec,
    run_spec.BackboneSpec,
    run_spec.DecoderSpec,
    run_spec.RecipeSpec,
    study_spec.StudyArm,
    study_spec.GridDesign,
    study_spec.OneFactorDesign,
    study_spec.LeaveOneOutDesign,
    study_spec.SearchSpec,
    study_spec.LearningRates,
    study_spec.Limits,
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_of_a_study_file_is_explained(part: type[run_spec.Part]) -> None:
    named = set(re.findall(r"`(\w+)", (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")))
    assert set(part.model_fields) - {"kind"} <= named
