"""Contracts on gradients: every parameter learns, and gradients agree with finite differences."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.autograd.gradcheck import GradcheckError

from ..catalog import Entry
from ..options import Scalar
from .broken import BrokenError, _expect
from .example_inputs import WIDTH, fresh, images, inputs, randomised, variants


def gradients(entry: Entry) -> None:
    """Off the start, over 8 batches, every parameter gets a gradient above 1e-10 of the largest."""
    for options in variants(entry):
        module, dead = randomised(fresh(entry, options).double()).train(), list[str]()
        for seed in range(8):
            x = images(4, WIDTH, (15, 17), seed=seed, dtype=torch.float64).requires_grad_()
            y = module(*inputs(entry, x))
            (y * images(4, WIDTH, (15, 17), seed=90 + seed, dtype=torch.float64)).sum().backward()
            dead = _dead(module)
            if not dead:
                break
        _expect(not dead, f"{options or 'defaults'}: no gradient for {', '.join(dead)}")


def _dead(module: nn.Module) -> list[str]:
    """The trainable parameters without a gradient to speak of."""
    grads = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
    sizes = {name: 0.0 if grad is None else float(grad.abs().max()) for name, grad in grads.items()}
    return [name for name, size in sizes.items() if size <= 1e-10 * max(sizes.values(), default=0)]


def gradcheck(entry: Entry) -> None:
    """The gradients of input and parameters agree with finite differences, in float64 on tiny maps."""
    differences(entry, {})
    module = randomised(fresh(entry, channels=16).double()).eval()
    given = _tiny(entry)
    _checked(lambda *_: module(*given), (*given, *module.parameters()), fast=True)


def differences(entry: Entry, options: Mapping[str, Scalar]) -> None:
    """The inputs' gradients element by element: the fast mode lets an error of a hundredth pass."""
    module = randomised(fresh(entry, options, channels=16).double()).eval()
    _checked(module, _tiny(entry), fast=False)


def _tiny(entry: Entry) -> tuple[Tensor, ...]:
    return tuple(t.requires_grad_() for t in inputs(entry, images(1, 16, (3, 4), dtype=torch.float64)))


def _checked(function: Callable[..., Tensor], given: tuple[Tensor, ...], *, fast: bool) -> None:
    try:
        torch.autograd.gradcheck(function, given, fast_mode=fast)
    except GradcheckError as error:
        raise BrokenError(str(error).splitlines()[0]) from None
