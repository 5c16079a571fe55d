"""A training loop as a short script has it: all images on the card, no checkpoint, no loss read back at each step."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from experiments.config.run_spec import RecipeSpec
from experiments.training.trainer import Interrupted
from tests.benchmarks.gpu.synthetic import Images

MEAN, STD = 0.5, 0.25


def epoch(
    network: nn.Module, data: Images, recipe: RecipeSpec, *, device: str
) -> Callable[[Callable[[], None]], None]:
    """Return a function that trains one epoch and calls its argument after each step; Interrupted ends it."""
    steps = len(data.images) // recipe.batch_size
    network = network.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    images, targets = data.images.to(device), data.targets.to(device)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum or 0.0,
        weight_decay=recipe.weight_decay,
        nesterov=True,
        fused=True,
    )

    def train(after_step: Callable[[], None]) -> None:
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
        order = torch.randperm(len(images), device=device)[: steps * recipe.batch_size]
        try:
            for chosen in torch.split(order, recipe.batch_size):
                batch = augmented(images[chosen], recipe.shift)
                _step(network, optimizer, batch, targets[chosen], lower=recipe.dtype == "bfloat16")
                schedule.step()
                after_step()
        except Interrupted:
            return

    def train_and_wait(after_step: Callable[[], None]) -> None:
        train(after_step)
        if device != "cpu":
            torch.cuda.synchronize(device)

    return train_and_wait


def _step(
    network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, targets: Tensor, *, lower: bool
) -> None:
    with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=lower):
        logits: Tensor = network(images)
    loss = F.cross_entropy(logits.float(), targets)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    optimizer.step()


def augmented(images: Tensor, shift: int) -> Tensor:
    """Shift each image by up to `shift` pixels, its border reflected, flip every other one, and scale.

    images uint8 (B, C, H, W) -> float (B, C, H, W), channels_last.
    """
    batch, channels, height, width = images.shape
    padded = F.pad(images.float(), (shift,) * 4, mode="reflect")
    down, right = torch.randint(2 * shift + 1, (2, batch, 1), device=images.device)
    columns = torch.arange(width, device=images.device)
    flipped = torch.rand((batch, 1), device=images.device) < 0.5
    rows = torch.arange(height, device=images.device) + down
    columns = torch.where(flipped, width - 1 - columns, columns) + right
    index = (rows[:, :, None] * padded.shape[3] + columns[:, None, :]).view(batch, 1, -1)
    chosen = padded.flatten(2).gather(2, index.expand(-1, channels, -1)).view(batch, channels, height, width)
    scaled = (chosen / 255 - MEAN) / STD
    return scaled.contiguous(memory_format=torch.channels_last)
