"""Comparing a module with a reference: values, and gradients of input and parameters."""

import copy
import importlib
import io
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from attention.contracts.example_inputs import fixed_seed, images, randomize


def reference(name: str) -> Any:
    """A public library as it is: most ship no types."""
    return importlib.import_module(name)


def ours(make: Callable[[], nn.Module], seed: int = 5) -> nn.Module:
    """A module in float64, off its start."""
    with fixed_seed(seed):
        return randomize(make().double(), seed)


def copy_weights(source: nn.Module, target: nn.Module, names: Mapping[str, str]) -> nn.Module:
    """The target with the source's parameters and buffers, by name, reshaped where the layers differ."""
    state, found = dict(source.state_dict()), dict(target.double().state_dict())
    for theirs, mine in names.items():
        found[theirs] = state[mine].reshape(found[theirs].shape)
    target.load_state_dict(found)
    return target


def agree(
    module: Callable[..., Tensor], reference: Callable[..., Tensor], *given: Tensor, tolerance: float = 1e-9
) -> None:
    """Assert that values and the gradients of every input agree."""
    results = []
    for function in (module, reference):
        leaves = [t.detach().clone().requires_grad_() for t in given]
        y = function(*leaves)
        weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(77), dtype=torch.float64)
        torch.autograd.backward((y * weights).sum())
        results.append((y.detach(), *(leaf.grad for leaf in leaves)))
    for mine, theirs in zip(*results, strict=True):
        assert mine is not None
        assert theirs is not None
        torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=tolerance)


def parameters_agree(module: nn.Module, reference: nn.Module, names: Mapping[str, str], x: Tensor) -> None:
    """Assert that the gradients of the parameters, paired by name, agree."""
    for each in (module, reference):
        each.zero_grad()
        each(x).square().sum().backward()
    mine, theirs = dict(module.named_parameters()), dict(reference.named_parameters())
    for their_name, my_name in names.items():
        if my_name in mine:
            expected, found = theirs[their_name].grad, mine[my_name].grad
            assert expected is not None
            assert found is not None
            torch.testing.assert_close(found, expected.reshape(found.shape), rtol=1e-8, atol=1e-8)


def copy_model(copier: str, model: nn.Module) -> Any:
    """A copy of the model by `deepcopy` or `pickle`."""
    if copier == "deepcopy":
        return copy.deepcopy(model)
    buffer = io.BytesIO()
    torch.save(model, buffer)
    return torch.load(io.BytesIO(buffer.getvalue()), weights_only=False)


def batch_norm(x: Tensor, state: Mapping[str, Tensor], name: str, *, training: bool) -> Tensor:
    """Batch norm by its formula, from a module's weights and, in evaluation, its running statistics."""
    axes = [axis for axis in range(x.dim()) if axis != 1]
    mean = x.mean(axes) if training else state[f"{name}.running_mean"]
    variance = x.var(axes, correction=0) if training else state[f"{name}.running_var"]
    shape = [-1 if axis == 1 else 1 for axis in range(x.dim())]
    scale = state[f"{name}.weight"] / (variance + 1e-5).sqrt()
    return (x - mean.reshape(shape)) * scale.reshape(shape) + state[f"{name}.bias"].reshape(shape)


def example(batch: int = 2, channels: int = 32, height: int = 7, width: int = 9) -> Tensor:
    """Random maps in float64."""
    return images(batch, channels, (height, width), dtype=torch.float64)
