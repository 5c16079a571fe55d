"""What a training would cost on one GPU: computed from its network, not measured."""

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from ..config.run_spec import ArmSpec, RecipeSpec, RunSpec
from ..models.build import Shape, build_plain
from ..models.cost import measure_cost
from ..reproducibility.seeding import local_seed

SUSTAINED = 20e12
"""FLOP/s that a training keeps up: an assumption, named wherever it is used."""
PASSES = 3
"""Forward, and twice as much backward."""


class GpuCost(NamedTuple):
    """Hours of one training and bytes at its largest, in float32."""

    hours: float
    bytes: int

    def text(self, runs: int) -> str:
        """For `runs` trainings, one after another."""
        assumed = f"computed for {SUSTAINED / 1e12:.0f} TFLOP/s sustained"
        memory = f"{self.bytes / 1e9:.1f} GB of its memory"
        return f"{runs * self.hours:.1f} h for {runs} runs on one GPU, {memory} ({assumed})"


def gpu_cost(run: RunSpec, shape: Shape, *, examples: int) -> GpuCost:
    """Of the run's plain network: arms with modules cost a little more."""
    needs = _needs(
        run.model_copy(update={"arm": ArmSpec(), "recipe": RecipeSpec(), "seed": 0}).model_dump_json(), shape
    )
    flops = 2 * PASSES * needs.macs * examples * run.recipe.epochs
    return GpuCost(flops / SUSTAINED / 3600, needs.kept * run.recipe.batch_size + 4 * 4 * needs.parameters)


class _Needs(NamedTuple):
    macs: int
    parameters: int
    kept: int


@functools.cache
def _needs(run: str, shape: Shape) -> _Needs:
    """Of one image, whatever the recipe: settings often share a network."""
    with local_seed(0, "gpu cost"):
        network = build_plain(RunSpec.model_validate_json(run), shape)
    spent = measure_cost(network, shape.example())
    return _Needs(spent.macs, spent.parameters, _kept_bytes(network.to("meta").train(), shape))


def _kept_bytes(network: torch.nn.Module, shape: Shape) -> int:
    """What autograd keeps of one image for the backward pass; parameters, gradients and moments not counted."""
    weights = {id(p) for p in network.parameters()}
    kept = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += 0 if id(tensor) in weights else tensor.numel() * tensor.element_size()
        return tensor

    images = shape.example().to("meta").expand(2, -1, -1, -1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(images)
    return kept // 2
