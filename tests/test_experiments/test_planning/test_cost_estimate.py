"""The estimate of hours and memory on a GPU."""

import pytest
import torch

from experiments.config.run_spec import RunSpec
from experiments.models.build import Shape, build_plain
from experiments.models.cost import measure_cost
from experiments.planning import cost_estimate
from experiments.planning.cost_estimate import PASSES, SUSTAINED, GpuCost
from tests.test_experiments.made import run_spec

SHAPE = Shape(1, 48, 48, 10)


def estimate_gpu_cost(run: RunSpec, shape: Shape, *, examples: int) -> GpuCost:
    cost = cost_estimate.estimate_gpu_cost(run, shape, examples=examples)
    assert cost is not None
    return cost


def test_hours_grow_with_examples_epochs_and_multiply_adds() -> None:
    once = estimate_gpu_cost(run_spec(epochs=1), SHAPE, examples=1000).hours
    assert estimate_gpu_cost(run_spec(epochs=3), SHAPE, examples=2000).hours == pytest.approx(6 * once)
    macs = measure_cost(build_plain(run_spec(), SHAPE), SHAPE.example()).macs
    assert macs is not None
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


def test_a_network_that_does_not_run_on_the_meta_device_has_no_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class ReadsAValue(torch.nn.Flatten):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * float(x.mean())

    monkeypatch.setattr(cost_estimate, "build_plain", lambda run, shape: ReadsAValue())
    assert cost_estimate.estimate_gpu_cost(run_spec(), SHAPE._replace(height=47), examples=10) is None
