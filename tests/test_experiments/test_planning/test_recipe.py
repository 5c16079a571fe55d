"""Recipes: defaults are filled in, keys that change nothing are refused, and steps are timed."""

import time

import pytest
import torch

from experiments.config.run_spec import RecipeSpec
from experiments.planning.recipe import measure_step, resolve_augmentation, resolve_recipe
from tests.test_experiments.made import setting


def test_strengths_that_change_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="randaugment_operations: changes nothing without"):
        resolve_augmentation(RecipeSpec(randaugment_operations=2), "classification")
    with pytest.raises(ValueError, match="mixup: masks cannot be mixed"):
        resolve_augmentation(RecipeSpec(mixup=0.2), "segmentation")
    assert resolve_augmentation(RecipeSpec(randaugment=9), "segmentation").randaugment_operations == 2


def test_the_dice_weight_of_segmentation_is_1_unless_the_study_gives_one() -> None:
    assert resolve_recipe(setting("segmentation")).dice == 1.0
    assert resolve_recipe(setting("segmentation", dice=0.25)).dice == 0.25
    assert resolve_recipe(setting()).dice is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 1, "select": "best_val"}, "recipe.select: best_val changes nothing with one epoch"),
        ({"dice": 1.0}, "recipe.dice: 1.0 changes nothing in classification"),
        ({"dice_classes": "all"}, "recipe.dice_classes: all changes nothing in classification"),
    ],
)
def test_keys_that_change_nothing_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve_recipe(setting("classification", **changes))


def test_the_classes_of_a_dice_loss_without_weight_change_nothing() -> None:
    with pytest.raises(ValueError, match=r"recipe\.dice_classes: all changes nothing with dice: 0"):
        resolve_recipe(setting("segmentation", dice=0.0, dice_classes="all"))


class Step(torch.nn.Module):
    """Notes the dtype in which autocast computes each of its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(4, 4))
        self.dtypes: list[torch.dtype] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = x @ self.weight
        self.dtypes.append(out.dtype)
        return out


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_step_is_timed_at_its_dtype_as_the_faster_of_two_after_a_warm_up(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 9.0, 10.0, 13.0, 20.0, 22.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    network = Step()
    assert measure_step(network, torch.ones(2, 4), dtype) == 2.0
    assert network.dtypes == [dtype] * 3
    assert network.weight.grad is not None
