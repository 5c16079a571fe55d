"""What is trained for: the loss, the metrics, and what is kept of each example."""

from typing import Protocol

from torch import Tensor

from ..config.run_spec import RecipeSpec, Task
from .classification import Classification
from .metrics import Evaluation
from .segmentation import Segmentation


class Tally(Protocol):
    """Adds up batches of a split; `evaluation` ends it."""

    def add(self, logits: Tensor, targets: Tensor) -> None: ...

    def evaluation(self) -> Evaluation: ...


class Objective(Protocol):
    """A task bound to its classes and recipe."""

    primary: str
    classes: tuple[str, ...]

    @property
    def ignored(self) -> int | None:
        """The value of pixels that do not count; none in classification."""

    def loss(self, logits: Tensor, targets: Tensor) -> Tensor: ...

    def tally(self) -> Tally: ...


def create_objective(
    task: Task, *, classes: tuple[str, ...], ignore_index: int | None, recipe: RecipeSpec
) -> Objective:
    """The task's loss and metrics for a data set's classes."""
    if task == "classification":
        return Classification(classes, label_smoothing=recipe.label_smoothing)
    return Segmentation(
        classes,
        ignore_index=ignore_index,
        dice=1.0 if recipe.dice is None else recipe.dice,
        label_smoothing=recipe.label_smoothing,
    )
