"""What is written for people, against what the code accepts."""

import re

import pytest

from experiments import spec
from tests.sources import ROOT

PARTS = [
    spec.StudySpec, spec.SettingSpec, spec.DatasetSpec, spec.BackboneSpec, spec.DecoderSpec, spec.RecipeSpec,
    spec.StudyArm, spec.GridDesign, spec.OneFactorDesign, spec.LeaveOneOutDesign, spec.SearchSpec, spec.LearningRates,
    spec.Limits,
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_key_of_a_study_file_is_explained(part: type[spec.Part]) -> None:
    named = set(re.findall(r"`(\w+)", (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")))
    assert set(part.model_fields) - {"kind"} <= named
