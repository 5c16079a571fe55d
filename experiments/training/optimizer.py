"""From a recipe to timm's optimizer, learning-rate schedule and moving average of the weights."""

from typing import Any, NamedTuple

import torch
from timm.optim._optim_factory import OptimInfo, create_optimizer_v2, get_optimizer_info, list_optimizers
from timm.scheduler.cosine_lr import CosineLRScheduler
from timm.scheduler.scheduler import Scheduler
from timm.scheduler.step_lr import StepLRScheduler
from timm.utils.model_ema import ModelEmaV3
from torch import nn
from torch.optim import Optimizer

from user_error import UserError, nearest

from ..config.run_spec import RecipeSpec
from .weight_decay import group_parameters

FUSED_OPTIMIZERS = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.Adagrad)
"""Optimizers with one kernel for all weights; on small networks the loop over weights takes a twentieth of a run."""


class OptimizerSetup(NamedTuple):
    """Optimizer, schedule and moving average of one training.

    `schedule.step_update(n)` sets the learning rate of step n; it has no state of its own to save.
    """

    optimizer: Optimizer
    schedule: Scheduler
    average: ModelEmaV3 | None


def resolve_momentum(recipe: RecipeSpec) -> RecipeSpec:
    """Set the recipe's momentum: 0.9 if it is not given and the optimizer has one.

    Raises UserError if timm has no such optimizer, or if a momentum is given that the optimizer ignores.
    """
    known = [str(name) for name in list_optimizers()]
    if recipe.optimizer not in known:
        raise UserError(
            f"recipe.optimizer: no {recipe.optimizer!r} in timm{nearest(recipe.optimizer, known)}"
        )
    if _info(recipe.optimizer).has_momentum:
        return recipe.model_copy(update={"momentum": 0.9 if recipe.momentum is None else recipe.momentum})
    if recipe.momentum is not None:
        raise UserError(
            f"recipe.momentum: {recipe.optimizer} has no momentum, so {recipe.momentum} changes nothing; leave it out"
        )
    return recipe


def _info(name: str) -> OptimInfo:
    info = get_optimizer_info(name)
    assert isinstance(info, OptimInfo)
    return info


def create_optimizer(network: nn.Module, recipe: RecipeSpec, *, steps: int) -> OptimizerSetup:
    """Create the optimizer of a training of `steps` steps.

    What scales or shifts channels or positions gets no weight decay (`weight_decay`).
    """
    recipe = resolve_momentum(recipe)
    fusible = all(weight.is_floating_point() for weight in network.parameters())
    one_kernel: dict[str, Any] = (
        {"fused": True} if fusible and _info(recipe.optimizer).opt_class in FUSED_OPTIMIZERS else {}
    )
    optimizer = create_optimizer_v2(
        group_parameters(network, recipe.weight_decay),
        opt=recipe.optimizer,
        lr=recipe.learning_rate,
        weight_decay=0.0,  # each group has its own
        momentum=0.0 if recipe.momentum is None else recipe.momentum,
        **one_kernel,
    )
    if one_kernel and isinstance(optimizer, torch.optim.SGD):
        optimizer.register_step_pre_hook(_start_late_momentum)
    average = None if recipe.ema is None else ModelEmaV3(network, decay=recipe.ema, use_warmup=True)
    return OptimizerSetup(optimizer, _create_schedule(optimizer, recipe, steps), average)


def _start_late_momentum(optimizer: Optimizer, args: object, kwargs: object) -> None:
    """Give weights whose first gradient comes in a later step a momentum of zero; a step pre-hook.

    torch's fused kernel takes momenta for all weights of a group or for none. A step from zero gives the same values
    as the first one of a weight, which sets its momentum to the gradient.
    """
    for group in optimizer.param_groups:
        moved = [weight for weight in group["params"] if weight.grad is not None]
        late = [weight for weight in moved if optimizer.state[weight].get("momentum_buffer") is None]
        if group["momentum"] and len(late) < len(moved):
            for weight in late:
                optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)


def _create_schedule(optimizer: Optimizer, recipe: RecipeSpec, steps: int) -> Scheduler:
    warmup = round(recipe.warmup * steps)
    if recipe.schedule == "constant":
        return StepLRScheduler(
            optimizer, decay_t=steps + 1, warmup_t=warmup, warmup_lr_init=0.0, t_in_epochs=False
        )
    return CosineLRScheduler(
        optimizer,
        t_initial=max(1, steps - warmup),
        warmup_t=warmup,
        warmup_lr_init=0.0,
        warmup_prefix=True,
        t_in_epochs=False,
    )
