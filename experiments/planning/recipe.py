"""Resolving of recipes: every default filled in, and the time of a training step for `dtype: auto`."""

import time

import torch

from user_error import UserError

from ..config.run_spec import RecipeSpec
from ..config.study_spec import SettingSpec
from ..training import optimizer

DEFAULT_RANDAUGMENT_OPERATIONS = 2


def resolve_recipe(setting: SettingSpec) -> RecipeSpec:
    """Return the setting's recipe with the defaults that depend on its optimizer and task.

    Raises UserError for a key that would change nothing.
    """
    recipe = resolve_augmentation(optimizer.resolve_momentum(setting.recipe), setting.task)
    if recipe.select == "best_val" and recipe.epochs == 1:
        raise UserError("recipe.select: best_val changes nothing with one epoch; leave it out")
    if setting.task == "segmentation":
        if recipe.dice == 0 and recipe.dice_classes is not None:
            raise UserError(
                f"recipe.dice_classes: {recipe.dice_classes} changes nothing with dice: 0; leave it out"
            )
        return recipe.model_copy(update={"dice": 1.0 if recipe.dice is None else recipe.dice})
    for name in ("dice", "dice_classes"):
        if (value := getattr(recipe, name)) is not None:
            raise UserError(f"recipe.{name}: {value} changes nothing in classification; leave it out")
    return recipe


def resolve_augmentation(recipe: RecipeSpec, task: str) -> RecipeSpec:
    """Return the recipe with the default number of RandAugment operations, if it uses RandAugment.

    Raises UserError for a key that would change nothing, or that the task does not allow.
    """
    if recipe.randaugment is None and recipe.randaugment_operations is not None:
        raise UserError("recipe.randaugment_operations: changes nothing without recipe.randaugment")
    if recipe.mixup is not None and task == "segmentation":
        raise UserError("recipe.mixup: masks cannot be mixed; leave it out, or give recipe.cutmix")
    if recipe.randaugment is None:
        return recipe
    operations = recipe.randaugment_operations or DEFAULT_RANDAUGMENT_OPERATIONS
    return recipe.model_copy(update={"randaugment_operations": operations})


def measure_step(network: torch.nn.Module, images: torch.Tensor, dtype: torch.dtype) -> float:
    """Return the seconds of a forward and backward pass at a dtype: the faster of two, after one to warm up."""
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
