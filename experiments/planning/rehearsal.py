"""The rehearsal of a plan: each distinct network is trained for a step on two images, with its optimizer.

What would end every run of an arm is told before anything runs: an optimizer that does not work here, a module that
cannot be trained, or that changes itself or the program in its first forward.
"""

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

import attention
from attention.contracts.first_step import STEPS, CallWatch, explain_step, require_finite
from attention.own_code import find_location, is_interrupt, read_settings, restore_settings
from user_error import UserError, describe_error, first_line, own_code_place

from ..config.faults import is_fault_of_ours
from ..config.run_spec import ArmSpec, RunSpec
from ..models.blueprint import Blueprints, network_key
from ..models.build import Shape
from ..models.cost import measure_cost
from ..reproducibility.seeding import local_seed
from ..training.objective import create_objective
from ..training.trainer import Diverged, Training

BATCH = 2
"""Images of a step: batch norm needs two values of each channel."""
MOST_PARAMETERS = 150_000_000
"""Networks with more are not rehearsed: with gradients and an optimizer they may not fit beside other work."""
RECIPE = {"optimizer", "momentum", "weight_decay", "clip_gradient", "ema", "dice", "dtype", "memory_format"}
"""The keys of a recipe that decide whether a network can be trained."""
NO_MEMORY = ("out of memory", "can't allocate", "cannot allocate", "bad_alloc")


class _Split(NamedTuple):
    images: Tensor
    targets: Tensor


class Rehearsals:
    """Trains each distinct network of a plan for a step; `warnings` names what could not be rehearsed or counted."""

    def __init__(self, blueprints: Blueprints, device: torch.device) -> None:
        self.blueprints, self.device = blueprints, device
        self.warnings: dict[str, None] = {}
        self._done: set[str] = set()

    def rehearse(self, run: RunSpec, shape: Shape) -> None:
        """Train the run's network for a step, and evaluate it on one image, on two images of noise.

        Raises UserError that names recipe key, backbone or module, for a user's own module with file and line.
        """
        key = f"{network_key(run, shape)} {run.recipe.model_dump_json(include=RECIPE)}"
        if key in self._done:
            return
        network = self.blueprints.plugged(run, shape)
        try:
            if _is_too_large(network):
                self._warn(run, "its training step was not rehearsed: it has over 150 million parameters")
            else:
                self._train(network, run, shape)
        except BaseException as error:
            if is_interrupt(error) or not self._can_be_told(error, run):
                raise
            where = "" if network.training else " (on one image, in evaluation)"
            raise self._explain(error, run, shape, where) from error
        self._done.add(key)

    def _train(self, network: nn.Module, run: RunSpec, shape: Shape) -> None:
        is_own = _is_own(run.arm)
        _watch_modules(network, run.arm)
        try:
            fault = train_step(network, run, shape, self.device, steps=STEPS if is_own else 1)
            if fault:
                self._warn(run, f"{fault} on noise: its runs may diverge")
        except (RuntimeError, MemoryError) as error:
            if own_code_place(error) or not _lacks_memory(error):
                raise
            self._warn(run, "its training step was not rehearsed: the memory does not suffice here")
        if is_own:
            self._check_cost(run, shape)

    def _check_cost(self, run: RunSpec, shape: Shape) -> None:
        cost = measure_cost(self.blueprints.plugged(run, shape), shape.example())
        if cost.macs is None:
            self._warn(run, f"its multiply-adds cannot be counted and stay undefined: {cost.reason}")

    def _warn(self, run: RunSpec, text: str) -> None:
        name = run.backbone.name if run.arm.module == "none" else f"{run.arm.module} in {run.backbone.name}"
        self.warnings[f"{name}: {text}"] = None

    def _can_be_told(self, error: BaseException, run: RunSpec) -> bool:
        """Tell whether an error is the user's: of an own module, a library, or a UserError."""
        if isinstance(error, UserError) or _is_own(run.arm) or _is_of_optimizer(error):
            return True
        return isinstance(error, Exception) and not is_fault_of_ours(error)

    def _explain(self, error: BaseException, run: RunSpec, shape: Shape, where: str) -> UserError:
        """Return the error as one line with its place. Raises UserError if the network without modules fails too.

        where: in which part of the rehearsal it was raised, if that is not the training.
        """
        if run.arm.module != "none" and not own_code_place(error):
            bare = ArmSpec(width=run.arm.width, native=run.arm.native)
            self.rehearse(run.model_copy(update={"arm": bare}), shape)
        if _is_own(run.arm) and not _is_of_optimizer(error):
            return self._explain_own(error, run, shape, where)
        if isinstance(error, UserError):
            return error
        if _is_of_optimizer(error):
            others = [name for name in ("sgd", "adamw") if name != run.recipe.optimizer]
            return UserError(
                f"{run.recipe.optimizer} cannot train this network here ({describe_error(error)})",
                place="recipe.optimizer",
                hint=f"take another, such as {' or '.join(others)}",
            )
        text = (
            f"cannot be trained in {run.recipe.memory_format}, {run.recipe.dtype} ({describe_error(error)})"
        )
        if run.arm.module == "none":
            return UserError(f"backbone: {run.backbone.name} {text}")
        return UserError(f"{run.arm.module} at site {run.arm.site!r} {text}")

    def _explain_own(self, error: BaseException, run: RunSpec, shape: Shape, where: str) -> UserError:
        location = find_location(attention.find(run.arm.module).make)
        explained = explain_step(
            error,
            location,
            lambda: train_step(self.blueprints.plugged(run, shape), run, shape, self.device, steps=STEPS),
        )
        hint = "or set recipe.memory_format: contiguous" if "view size is not" in str(explained) else ""
        return UserError(str(explained), place=f"module {run.arm.module}{where}", hint=hint)


def _is_own(arm: ArmSpec) -> bool:
    return arm.module != "none" and bool(attention.find(arm.module).source)


def _watch_modules(network: nn.Module, arm: ArmSpec) -> None:
    """Let an arm's modules raise UserError for values that are not finite, and own ones for what they may not do."""
    plugs = network.get_submodule("plugs").named_children() if arm.module != "none" else ()
    for name, module in plugs:
        site = name.replace("/", ".")
        if _is_own(arm):
            CallWatch(module, site)
        else:
            module.register_forward_hook(partial(require_finite, site))


def _is_too_large(network: nn.Module) -> bool:
    return sum(each.numel() for each in network.parameters()) > MOST_PARAMETERS


def _lacks_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or any(words in first_line(error).lower() for words in NO_MEMORY)


def _is_of_optimizer(error: BaseException) -> bool:
    """Tell whether an error comes from an optimizer: from its creation or its step."""
    frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(re.search(r"/(torch|timm)/optim/", code.co_filename) for code in frames)


def train_step(
    network: nn.Module, run: RunSpec, shape: Shape, device: torch.device, *, steps: int = 1
) -> str:
    """Train a network by the run's recipe on two images of noise a step, and evaluate it on one image.

    What the training sets in the whole program is put back. A loss that is not finite is no error; the text returned
    says so if loss or gradients of the first step are not, which no learning rate decides. It is empty otherwise.
    """
    recipe = run.recipe.model_copy(
        update={"batch_size": BATCH, "epochs": 1, "schedule": "constant", "warmup": 0.0}
    )
    classes = tuple(str(number) for number in range(shape.classes))
    objective = create_objective(run.task, classes=classes, ignore_index=None, recipe=recipe)
    with local_seed(0, "rehearsal"), _settings_of_a_run():
        train, validation = _draw_split(run, shape, BATCH * steps), _draw_split(run, shape, 1)
        training = Training(network, objective, train, validation, recipe, seed=0, device=str(device))
        return _fit(training)


def _fit(training: Training) -> str:
    """Train; return whether loss or gradients of the first step are not finite, as a text."""
    faults = list[str]()

    def look_at_gradients(optimizer: object, args: object, kwargs: object) -> None:
        gradients = [weight.grad for weight in training.network.parameters() if weight.grad is not None]
        if not training.losses and not all(bool(each.isfinite().all()) for each in gradients):
            faults.append("its gradients are not finite in the first step")

    training.optimization.optimizer.register_step_pre_hook(look_at_gradients)
    try:
        training.fit(report=lambda epoch, metrics: None, on_step_end=lambda training: None)
    except Diverged:
        if not training.losses:
            return "its loss is not finite in the first step"
    return faults[0] if faults else ""


def _draw_split(run: RunSpec, shape: Shape, count: int) -> _Split:
    """Draw images of noise, and targets that count the classes up."""
    images = torch.randint(0, 256, (count, shape.channels, shape.height, shape.width), dtype=torch.uint8)
    if run.task == "classification":
        return _Split(images, torch.arange(count) % shape.classes)
    pixels = torch.arange(count * shape.height * shape.width) % shape.classes
    return _Split(images, pixels.view(count, shape.height, shape.width).to(torch.uint8))


@contextmanager
def _settings_of_a_run() -> Iterator[None]:
    """Set deterministic algorithms, as a run does, and put every setting back at the end."""
    before = read_settings()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        restore_settings(before)
