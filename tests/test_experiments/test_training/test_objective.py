"""An objective is that of its task, with the recipe's weights and the data's classes."""

import pytest
import torch
from torch.nn import functional as F

from experiments.config.run_spec import PRIMARY, RecipeSpec, Task
from experiments.training.objective import create_objective
from experiments.training.segmentation import dice_loss

LOGITS, LABELS = (
    torch.randn(6, 3, generator=torch.Generator().manual_seed(0)),
    torch.tensor([0, 1, 2, 0, 1, 2]),
)
MASKS = torch.randint(0, 3, (2, 4, 5), generator=torch.Generator().manual_seed(1))
MAPS = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(2))
CLASSES = ("a", "b", "c")


@pytest.mark.parametrize("task", PRIMARY)
def test_the_primary_metric_is_that_of_the_task_and_is_computed(task: Task) -> None:
    objective = create_objective(task, classes=CLASSES, ignore_index=None, recipe=RecipeSpec())
    assert objective.primary == PRIMARY[task]
    tally = objective.tally()
    tally.add(*((LOGITS, LABELS) if task == "classification" else (MAPS, MASKS)))
    evaluation = tally.evaluation()
    assert objective.primary in evaluation.metrics
    assert evaluation.per_class.classes == list(CLASSES)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_classification_is_cross_entropy_with_the_recipes_smoothing(smoothing: float) -> None:
    recipe = RecipeSpec(label_smoothing=smoothing)
    objective = create_objective("classification", classes=CLASSES, ignore_index=None, recipe=recipe)
    expected = F.cross_entropy(LOGITS, LABELS, label_smoothing=smoothing)
    assert torch.equal(objective.loss(LOGITS, LABELS), expected)
    assert objective.ignore_index is None


@pytest.mark.parametrize(("dice", "weight"), [(None, 1.0), (0.0, 0.0), (0.5, 0.5)])
def test_the_loss_of_segmentation_has_the_recipes_weight_of_dice(dice: float | None, weight: float) -> None:
    recipe = RecipeSpec(dice=dice)
    objective = create_objective("segmentation", classes=CLASSES, ignore_index=2, recipe=recipe)
    expected = F.cross_entropy(MAPS, MASKS, ignore_index=2) + weight * dice_loss(MAPS, MASKS, 2)
    assert torch.allclose(objective.loss(MAPS, MASKS), expected)
    assert objective.ignore_index == 2
