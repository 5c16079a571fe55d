"""The training loop: it writes no files and talks to no tracker or search, and it can be resumed.

All randomness of a step is a function of (seed, epoch, step), so a checkpoint needs no generator states: a resumed
training gives the same bits as one that was never stopped.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from datasets.augmentation.pipeline import Augmentation, Draws, epoch_order
from datasets.streaming import Rows, iterate_batches
from user_error import UserError

from ..config.run_spec import RecipeSpec, StopRule
from ..reproducibility.seeding import derive_seed
from .metrics import Evaluation
from .objective import Objective
from .optimizer import create_optimizer

EVALUATION_BATCH = 256
MAX_SAMPLED_VALUES = 20_000_000
"""Upper limit on the pixel values that mean and standard deviation are computed from, to bound the memory."""
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
Metrics = Mapping[str, float | None]
"""Metric name -> value; None if the metric is not defined."""
Report = Callable[[int, Metrics], None]


class ExampleSplit(Protocol):
    """One split: images uint8 (N,C,H,W) and targets (N,) or (N,H,W), as tensors or as rows decoded on indexing."""

    @property
    def images(self) -> Rows: ...

    @property
    def targets(self) -> Rows: ...


class Diverged(Exception):
    """Raised when the training, validation or test loss is NaN or infinite."""


class Interrupted(Exception):
    """Raised by the `on_step_end` callback to stop the training, which resumes from the last saved state."""


class Pruned(Exception):
    """Raised when a stop rule of the search ends the run."""


class Position(NamedTuple):
    """The progress of a training: completed epochs, and completed steps of the current epoch."""

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    """Sum of the losses of the current epoch's completed steps."""


class Training:
    """One training, from the initial weights or a restored state to its end.

    Raises UserError if a batch is larger than the training split.
    """

    def __init__(
        self,
        network: nn.Module,
        objective: Objective,
        train: ExampleSplit,
        validation: ExampleSplit,
        recipe: RecipeSpec,
        *,
        seed: int,
        stop: tuple[StopRule, ...] = (),
        device: str = "cpu",
    ) -> None:
        self.steps = len(train.images) // recipe.batch_size
        if self.steps == 0:
            raise UserError(
                f"recipe.batch_size: {recipe.batch_size} is more than the {len(train.images)} training examples"
            )
        self.device = torch.device(device)
        self.format: torch.memory_format = FORMATS[recipe.memory_format]
        self.network = place(network, self.device, self.format)
        self.objective, self.train, self.validation = objective, train, validation
        self.recipe, self.seed, self.stop = recipe, seed, stop
        self.augmentation = _create_augmentation(train, recipe, objective)
        self.optimization = create_optimizer(self.network, recipe, steps=self.steps * recipe.epochs)
        self.position = Position()
        self.best: tuple[float, dict[str, Tensor]] | None = None
        self.losses: list[float] = []
        """Loss of every completed step."""
        self.validated: Evaluation | None = None
        """Evaluation of `evaluated` on the validation split after the last epoch that this process completed."""

    @property
    def evaluated(self) -> nn.Module:
        """The network that is evaluated: the moving average of the weights if the recipe sets `ema`."""
        average: nn.Module | None = (
            None if self.optimization.average is None else self.optimization.average.module
        )
        return self.network if average is None else average

    def fit(self, *, report: Report, on_step_end: Callable[["Training"], None]) -> Evaluation:
        """Train to the end and evaluate the weights that `recipe.select` names on the validation split.

        `best_val` passes over epochs whose score is not defined; where it never is, the last weights count.

        report: called as `report(epoch, metrics)` after each epoch, counted from 1.
        on_step_end: called after each step; it may raise `Interrupted`.
        Raises Diverged if a loss is not finite, and Pruned if a stop rule applies.
        """
        while self.position.epoch < self.recipe.epochs:
            self._train_epoch(on_step_end)
            metrics = self._end_epoch()
            report(self.position.epoch, metrics)
            self._apply_stop_rules(metrics)
            on_step_end(self)
        if self.best is None and self.validated is not None:
            return self.validated
        if self.best is not None:
            self.evaluated.load_state_dict(self.best[1])
        return self.evaluate(self.evaluated, self.validation)

    def _train_epoch(self, on_step_end: Callable[["Training"], None]) -> None:
        epoch = self.position.epoch
        count = len(self.train.images)
        sequence = epoch_order(count, seed=self.seed, epoch=epoch)
        draws = self.augmentation.draw(count, seed=self.seed, epoch=epoch)
        self.network.train()
        remaining = torch.split(sequence, self.recipe.batch_size)[self.position.step : self.steps]
        for chosen, images, targets in iterate_batches(self.train.images, self.train.targets, remaining):
            step = self.position.step
            torch.manual_seed(derive_seed(self.seed, "step", epoch, step))
            loss = self._step(images, targets, draws[chosen])
            if not math.isfinite(loss):
                raise Diverged(f"the loss is {loss} at epoch {epoch + 1}, step {step + 1} of {self.steps}")
            self.losses.append(loss)
            self.position = Position(epoch, step + 1, self.position.loss + loss)
            if self.position.step < self.steps:
                on_step_end(self)

    def _step(self, images: Tensor, targets: Tensor, draws: Draws) -> float:
        images, targets = self.augmentation.apply(
            images.to(self.device), targets.to(self.device), draws.to(self.device)
        )
        optimizer, schedule, average = self.optimization
        step = self.position.epoch * self.steps + self.position.step
        schedule.step_update(step)
        loss = self.objective.loss(self._forward(self.network, images), targets)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        if self.recipe.clip_gradient is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_gradient)
        optimizer.step()
        if average is not None:
            average.update(self.network, step=step)
        return float(loss.detach())

    def _forward(self, network: nn.Module, images: Tensor) -> Tensor:
        """Compute the logits, in float32; the network itself runs in the recipe's dtype."""
        lower = self.recipe.dtype == "bfloat16"
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=lower):
            logits: Tensor = network(images.contiguous(memory_format=self.format))
        return logits.float()

    def _end_epoch(self) -> dict[str, float | None]:
        self.validated = self.evaluate(self.evaluated, self.validation)
        validation = self.validated.metrics
        check_loss(self.validated, f"the validation loss is {{}} after epoch {self.position.epoch + 1}")
        score = validation[self.objective.primary]
        if self.recipe.select == "best_val" and score is not None and self._is_best(score):
            self.best = score, {name: tensor.clone() for name, tensor in self.evaluated.state_dict().items()}
        metrics: dict[str, float | None] = {"train/loss": self.position.loss / self.steps}
        metrics |= {f"validation/{name}": value for name, value in validation.items()}
        self.position = Position(self.position.epoch + 1)
        return metrics

    def _is_best(self, score: float) -> bool:
        return self.best is None or score > self.best[0]

    def _apply_stop_rules(self, metrics: Metrics) -> None:
        score = metrics[f"validation/{self.objective.primary}"]
        if score is None:
            return
        for rule in self.stop:
            if rule.epoch == self.position.epoch < self.recipe.epochs and score < rule.below:
                raise Pruned(
                    f"{self.objective.primary} {score:.4f} after epoch {rule.epoch}, below {rule.below:.4f}"
                )

    def evaluate(self, network: nn.Module, split: ExampleSplit) -> Evaluation:
        """Evaluate the network on a whole split, in evaluation mode and without augmentation."""
        network.eval()
        tally = self.objective.tally()
        with torch.inference_mode():
            for start in range(0, len(split.images), EVALUATION_BATCH):
                logits = self.predict(network, split.images[start : start + EVALUATION_BATCH])
                tally.add(logits, split.targets[start : start + EVALUATION_BATCH].to(self.device))
        return tally.evaluation()

    def predict(self, network: nn.Module, images: Tensor) -> Tensor:
        """Compute the logits of images uint8 (B,C,H,W), without augmentation."""
        with torch.inference_mode():
            return self._forward(network, self.augmentation.normalize(images.to(self.device)))

    def state(self) -> dict[str, Any]:
        """Return everything a new process needs to resume: tensors and numbers only (`weights_only=True` loads it)."""
        return {
            "position": list(self.position),
            "network": self.network.state_dict(),
            "average": None
            if self.optimization.average is None
            else self.optimization.average.module.state_dict(),
            "optimizer": self.optimization.optimizer.state_dict(),
            "best": None if self.best is None else list(self.best),
            "losses": torch.tensor(self.losses, dtype=torch.float64),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Resume from what `state` returned, in this or another process."""
        epoch, step, loss = state["position"]
        self.position = Position(epoch, step, loss)
        self.network.load_state_dict(state["network"])
        if self.optimization.average is not None:
            self.optimization.average.module.load_state_dict(state["average"])
        self.optimization.optimizer.load_state_dict(state["optimizer"])
        self.best = None if state["best"] is None else (state["best"][0], state["best"][1])
        self.losses = state["losses"].tolist()


def place(network: nn.Module, device: torch.device, form: torch.memory_format) -> nn.Module:
    """Move a network to a device and its weights of four dimensions to a memory format, as `Module.to` does.

    `Module.to` also converts weights of five dimensions, such as those of a Conv3d, and fails: the format has four.
    """
    formats = {4: form, 5: torch.contiguous_format}
    network._apply(  # type: ignore[no-untyped-call]
        lambda tensor: tensor.to(device, memory_format=formats.get(tensor.dim(), torch.preserve_format))
    )
    return network


def check_loss(evaluation: Evaluation, text: str) -> None:
    """Raise Diverged with `text`, which has a place for the loss, if it is NaN or infinite; None is no divergence."""
    loss = evaluation.metrics["loss"]
    if loss is not None and not math.isfinite(loss):
        raise Diverged(text.format(loss))


def _create_augmentation(train: ExampleSplit, recipe: RecipeSpec, objective: Objective) -> Augmentation:
    """Create the recipe's augmentation.

    Mean and standard deviation are those of at most 1,000 evenly spaced training images.
    """
    sample_size = max(1, min(1000, MAX_SAMPLED_VALUES // math.prod(train.images.shape[1:])))
    sample = train.images[:: max(1, len(train.images) // sample_size)].double() / 255
    mean, std = sample.mean((0, 2, 3)).tolist(), sample.std((0, 2, 3)).clamp(min=1e-3).tolist()
    return Augmentation(
        shift=recipe.shift,
        flip=recipe.flip,
        contrast=recipe.contrast,
        brightness=recipe.brightness,
        crop=recipe.crop,
        randaugment=recipe.randaugment,
        operations=recipe.randaugment_operations or 2,
        mixup=recipe.mixup,
        cutmix=recipe.cutmix,
        cutout=recipe.cutout,
        classes=len(objective.classes),
        ignore=objective.ignore_index,
        mean=mean,
        std=std,
    )
