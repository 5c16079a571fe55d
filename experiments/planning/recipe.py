"""A recipe with every default filled in; the faster dtype is measured where the study leaves it open."""

import time

import torch

from user_error import UserError

from ..config.run_spec import RecipeSpec
from ..config.study_spec import SettingSpec
from ..training import optimizer

FASTER = 1.15


def _step_seconds(network: torch.nn.Module, images: torch.Tensor, dtype: torch.dtype) -> float:
    """The faster of two forward and backward passes, after one to warm up."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
            out = network(images)
        out.float().square().mean().backward()
        if images.is_cuda:
            torch.cuda.synchronize(images.device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def _resolved_recipe(setting: SettingSpec) -> RecipeSpec:
    """The recipe with what depends on optimiser and task decided; what would change nothing is refused."""
    recipe = _resolved_augmentation(optimizer.resolve_momentum(setting.recipe), setting.task)
    if recipe.select == "best_val" and recipe.epochs == 1:
        raise UserError("recipe.select: best_val changes nothing with one epoch; leave it out")
    if setting.task == "segmentation":
        return recipe.model_copy(update={"dice": 1.0 if recipe.dice is None else recipe.dice})
    if recipe.dice is not None:
        raise UserError(f"recipe.dice: {recipe.dice} changes nothing in classification; leave it out")
    return recipe


def _resolved_augmentation(recipe: RecipeSpec, task: str) -> RecipeSpec:
    if recipe.randaugment is None and recipe.randaugment_operations is not None:
        raise UserError("recipe.randaugment_operations: changes nothing without recipe.randaugment")
    if recipe.mixup is not None and task == "segmentation":
        raise UserError("recipe.mixup: masks cannot be mixed; leave it out, or give recipe.cutmix")
    if recipe.randaugment is None:
        return recipe
    return recipe.model_copy(update={"randaugment_operations": recipe.randaugment_operations or 2})
