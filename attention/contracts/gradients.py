"""Contracts on gradients: every parameter receives one, and gradients agree with finite differences."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.autograd.gradcheck import GradcheckError

from ..catalog import Entry
from ..options import Scalar
from .errors import ContractError, require
from .example_inputs import WIDTH, fresh_module, images, inputs, randomize, variants


def gradients(entry: Entry) -> None:
    """Send every parameter of a randomized module a gradient above 1e-10 of the largest, within 8 batches."""
    for options in variants(entry):
        module, untrained = randomize(fresh_module(entry, options).double()).train(), list[str]()
        for seed in range(8):
            x = images(4, WIDTH, (15, 17), seed=seed, dtype=torch.float64).requires_grad_()
            y = module(*inputs(entry, x))
            (y * images(4, WIDTH, (15, 17), seed=90 + seed, dtype=torch.float64)).sum().backward()
            untrained = _untrained_parameters(module)
            if not untrained:
                break
        require(not untrained, f"{options or 'defaults'}: no gradient for {', '.join(untrained)}")


def _untrained_parameters(module: nn.Module) -> list[str]:
    """Name the trainable parameters whose gradient is missing or negligible."""
    grads = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    sizes = {name: 0.0 if grad is None else float(grad.abs().max()) for name, grad in grads.items()}
    return [name for name, size in sizes.items() if size <= 1e-10 * max(sizes.values(), default=0)]


def gradcheck(entry: Entry) -> None:
    """Compute gradients of input and parameters that agree with finite differences, in float64 on tiny maps."""
    check_finite_differences(entry, {})
    module = randomize(fresh_module(entry, channels=16).double()).eval()
    arguments = _tiny_inputs(entry)
    _gradcheck(lambda *_: module(*arguments), (*arguments, *module.parameters()), fast=True)


def check_finite_differences(entry: Entry, options: Mapping[str, Scalar]) -> None:
    """Check the inputs' gradients element by element, since the fast mode misses errors of 1 %."""
    module = randomize(fresh_module(entry, options, channels=16).double()).eval()
    _gradcheck(module, _tiny_inputs(entry), fast=False)


def _tiny_inputs(entry: Entry) -> tuple[Tensor, ...]:
    return tuple(t.requires_grad_() for t in inputs(entry, images(1, 16, (3, 4), dtype=torch.float64)))


def _gradcheck(function: Callable[..., Tensor], arguments: tuple[Tensor, ...], *, fast: bool) -> None:
    try:
        torch.autograd.gradcheck(function, arguments, fast_mode=fast)
    except GradcheckError as error:
        raise ContractError(str(error).splitlines()[0]) from None
