"""Training objectives: the loss, the metrics, and what is recorded of each example."""

from typing import Protocol

from torch import Tensor

from ..config.run_spec import RecipeSpec, Task
from .classification import Classification
from .metrics import Evaluation
from .segmentation import Segmentation


class Tally(Protocol):
    """Collects the batches of a split; `evaluation` computes the metrics over all of them."""

    def add(self, logits: Tensor, targets: Tensor) -> None: ...

    def evaluation(self) -> Evaluation: ...


class Objective(Protocol):
    """Loss and metrics of a task, for given classes and a recipe."""

    primary: str
    classes: tuple[str, ...]

    @property
    def ignore_index(self) -> int | None:
        """Target value of pixels that do not count; None in classification."""

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor: ...

    def tally(self) -> Tally: ...


def create_objective(
    task: Task, *, classes: tuple[str, ...], ignore_index: int | None, recipe: RecipeSpec
) -> Objective:
    """Create the objective of a task for a data set's classes."""
    if task == "classification":
        return Classification(classes, label_smoothing=recipe.label_smoothing)
    return Segmentation(
        classes,
        ignore_index=ignore_index,
        dice=1.0 if recipe.dice is None else recipe.dice,
        dice_of_all=recipe.dice_classes == "all",
        label_smoothing=recipe.label_smoothing,
    )
