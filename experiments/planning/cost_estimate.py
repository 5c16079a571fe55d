"""Estimate of a training's time and memory on one GPU: computed from its network, not measured."""

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from ..config.run_spec import ArmSpec, RecipeSpec, RunSpec
from ..models.build import Shape, build_plain
from ..models.cost import measure_cost
from ..reproducibility.seeding import local_seed

SUSTAINED = 20e12
"""FLOP/s that a training sustains: an assumption, named wherever the estimate is shown."""
PASSES = 3
"""Forward once; the backward pass costs about twice as much."""
FLOAT_BYTES = 4
COPIES = 4
"""What is held of each parameter: itself, its gradient, and up to two moments of the optimizer."""


class GpuCost(NamedTuple):
    """Hours of one training, and its peak memory in bytes, in float32."""

    hours: float
    bytes: int

    def describe(self, runs: int) -> str:
        """Return a line about `runs` trainings, one after another."""
        assumed = f"computed for {SUSTAINED / 1e12:.0f} TFLOP/s sustained"
        memory = f"{self.bytes / 1e9:.1f} GB of its memory"
        return f"{runs * self.hours:.1f} h for {runs} runs on one GPU, {memory} ({assumed})"


def estimate_gpu_cost(run: RunSpec, shape: Shape, *, examples: int) -> GpuCost | None:
    """Estimate the cost of the run's plain network on `examples` images; arms with modules cost a little more.

    None if the network cannot be counted, for example because it reads values, which the meta device does not have.
    """
    plain_run = run.model_copy(update={"arm": ArmSpec(), "recipe": RecipeSpec(), "seed": 0})
    image = _image_cost(plain_run.model_dump_json(), shape)
    if image is None:
        return None
    flops = 2 * PASSES * image.macs * examples * run.recipe.epochs
    memory = image.activation_bytes * run.recipe.batch_size + COPIES * FLOAT_BYTES * image.parameters
    return GpuCost(flops / SUSTAINED / 3600, memory)


class _ImageCost(NamedTuple):
    """Multiply-adds and activation bytes of one image, and the network's parameters."""

    macs: int
    parameters: int
    activation_bytes: int


@functools.cache
def _image_cost(run: str, shape: Shape) -> _ImageCost | None:
    """Return the cost of one image; cached, since settings often share a network."""
    with local_seed(0, "gpu cost"):
        network = build_plain(RunSpec.model_validate_json(run), shape)
    counted = measure_cost(network, shape.example())
    try:
        activation_bytes = _activation_bytes(network.to("meta").train(), shape)
    except Exception:
        return None
    return None if counted.macs is None else _ImageCost(counted.macs, counted.parameters, activation_bytes)


def _activation_bytes(network: torch.nn.Module, shape: Shape) -> int:
    """Return the bytes that autograd saves of one image for the backward pass, without parameters."""
    weights = {id(parameter) for parameter in network.parameters()}
    saved = 0

    def pack(tensor: Tensor) -> Tensor:
        nonlocal saved
        saved += 0 if id(tensor) in weights else tensor.numel() * tensor.element_size()
        return tensor

    images = shape.example().to("meta").expand(2, -1, -1, -1)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(images)
    return saved // 2
