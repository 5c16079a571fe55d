"""The estimate of hours and memory on a GPU."""

import pytest
import torch

from experiments.models.build import Shape, build_plain
from experiments.models.cost import measure_cost
from experiments.planning.cost_estimate import PASSES, SUSTAINED, estimate_gpu_cost
from tests.test_experiments.made import run_spec

SHAPE = Shape(1, 48, 48, 10)


def test_hours_grow_with_examples_epochs_and_multiply_adds() -> None:
    once = estimate_gpu_cost(run_spec(epochs=1), SHAPE, examples=1000).hours
    assert estimate_gpu_cost(run_spec(epochs=3), SHAPE, examples=2000).hours == pytest.approx(6 * once)
    macs = measure_cost(build_plain(run_spec(), SHAPE), SHAPE.example()).macs
    assert once == pytest.approx(2 * PASSES * macs * 1000 / SUSTAINED / 3600)


def test_the_memory_agrees_with_what_autograd_saves_on_a_cpu() -> None:
    network = build_plain(run_spec(), SHAPE).train()
    kept: dict[tuple[int, int], int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.data_ptr(), tensor.numel()] = tensor.numel() * tensor.element_size()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(torch.zeros(16, 1, 48, 48))
    counted = estimate_gpu_cost(run_spec(batch_size=16), SHAPE, examples=1000).bytes
    assert 0.7 < counted / sum(kept.values()) < 1.6


def test_the_line_names_what_was_assumed() -> None:
    assert "computed for 20 TFLOP/s sustained" in estimate_gpu_cost(
        run_spec(), SHAPE, examples=1000
    ).describe(12)
