"""Augmentation that a recipe cannot have is an error when the study is planned."""

import pytest

from experiments.config.run_spec import RecipeSpec
from experiments.planning.recipe import _resolved_augmentation


def test_strengths_that_change_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="randaugment_operations: changes nothing without"):
        _resolved_augmentation(RecipeSpec(randaugment_operations=2), "classification")
    with pytest.raises(ValueError, match="mixup: masks cannot be mixed"):
        _resolved_augmentation(RecipeSpec(mixup=0.2), "segmentation")
    assert _resolved_augmentation(RecipeSpec(randaugment=9), "segmentation").randaugment_operations == 2
