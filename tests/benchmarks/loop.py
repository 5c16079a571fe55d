"""Our training loop against one written by hand: `python -m tests.benchmarks.loop`, exit code 1 below 0.97x.

The same network, data, recipe and steps, in turn, in one process; the ratio of images a CPU second, paired by
round, and the lower end of its 95 % interval. The loop by hand does what a short script does: no position to
resume from, no random state of its own for each step, no check of the loss.
"""

import math
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from datasets.catalog import Split, Splits
from experiments.config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, RecipeSpec, RunSpec
from experiments.models.build import build
from experiments.reproducibility.determinism import fill_new_memory, prepare_process
from experiments.training.data import load_data, shape_of
from experiments.training.objective import create_objective
from experiments.training.trainer import Training
from tests.benchmarks.measuring import Ratio, paired

BOUND = 0.97
ROUNDS = 40
BATCH, EPOCHS, RATE, DECAY, MOMENTUM, CLIP = 64, 1, 0.1, 5e-4, 0.9, 1.0
RECIPE = RecipeSpec(
    epochs=EPOCHS,
    batch_size=BATCH,
    optimizer="sgd",
    learning_rate=RATE,
    weight_decay=DECAY,
    momentum=MOMENTUM,
    warmup=0.0,
    clip_gradient=CLIP,
    shift=0,
    contrast=0.0,
    brightness=0.0,
)
SPEC = RunSpec(
    task="classification",
    dataset=DatasetSpec(name="cluttered_digits", options={"train": 1280, "validation": 256, "test": 256}),
    backbone=BackboneSpec(name="resnet10t", args={"channels": [16, 32, 64, 128], "stem_width": 8}),
    arm=ArmSpec(module="se"),
    recipe=RECIPE,
    seed=0,
)


def ours(splits: Splits) -> None:
    """As a run trains."""
    network, _ = build(SPEC, shape_of(splits))
    goal = create_objective("classification", classes=splits.classes, ignore_index=None, recipe=RECIPE)
    training = Training(network, goal, splits.train, splits.validation, RECIPE, seed=0)
    training.fit(report=lambda epoch, metrics: None, on_step_end=lambda training: None)


def by_hand(splits: Splits) -> None:
    """As one would write it for this one experiment."""
    network, _ = build(SPEC, shape_of(splits))
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    sample = splits.train.images[:].double() / 255
    mean, std = (
        statistic.float().view(1, -1, 1, 1) for statistic in (sample.mean((0, 2, 3)), sample.std((0, 2, 3)))
    )
    matrices = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    optimizer = torch.optim.SGD(
        [{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}],
        lr=RATE,
        momentum=MOMENTUM,
        nesterov=True,
    )
    steps = len(splits.train.images) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS * steps)
    for _ in range(EPOCHS):
        network.train()
        for chosen in torch.split(torch.randperm(len(splits.train.images))[: steps * BATCH], BATCH):
            images = _scaled(splits.train.images[chosen], mean, std)
            loss = F.cross_entropy(network(images), splits.train.targets[chosen])
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
            schedule.step()
        _accuracy(network, splits.validation, mean, std)


def _scaled(images: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return ((images.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


def _accuracy(network: nn.Module, split: Split, mean: Tensor, std: Tensor) -> float:
    network.eval()
    with torch.inference_mode():
        right = sum(
            int(
                (
                    network(_scaled(split.images[start : start + 256], mean, std)).argmax(1)
                    == split.targets[start : start + 256]
                ).sum()
            )
            for start in range(0, len(split.images), 256)
        )
    return right / len(split.images)


def measure(rounds: int = ROUNDS) -> tuple[float, float, Ratio]:
    """Images a CPU second of both, and ours as a multiple of the other."""
    prepare_process()
    fill_new_memory(False)  # both, as in the steps of runs
    with tempfile.TemporaryDirectory() as cache:
        splits = load_data(SPEC, Path(cache))
        hand, mine, ratio = paired(lambda: by_hand(splits), lambda: ours(splits), rounds=rounds)
        images = EPOCHS * (len(splits.train.images) // BATCH) * BATCH
    return images / mine, images / hand, ratio


def main() -> int:
    mine, hand, ratio = measure()
    holds = ratio.low >= BOUND and math.isfinite(ratio.low)
    print(f"ours {mine:.0f}, by hand {hand:.0f} images a CPU second, {ROUNDS} paired rounds")
    print(f"{'ok  ' if holds else 'FAIL'} {ratio.mean:.3f}x, at least {ratio.low:.3f}x (bound {BOUND}x)")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
