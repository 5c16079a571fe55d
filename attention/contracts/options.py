"""Contracts on options and cost: every option has an effect, and the declared cost equals the counted one."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from ..canonical import canonicalize_entry
from ..catalog import Entry
from ..macs import count_macs
from ..options import Scalar, read_options
from .errors import ContractError, require
from .example_inputs import WIDTH, fixed_seed, fresh_module, images, inputs, randomize, values_of, variants


def options_matter(entry: Entry) -> None:
    """Give option values with different canonical forms different parameters, outputs or gradients."""
    for name, option in read_options(entry.make).items():
        values = values_of(option.domain)
        base = _base_where_active(entry, name, values)
        distinct: dict[str, Scalar] = {}
        for value in values:
            options = canonicalize_entry(entry, {**base, name: value}, [256])
            if str(options) in distinct:
                continue
            for other in distinct.values():
                same = _is_same_module(entry, {**base, name: value}, {**base, name: other})
                require(not same, f"{name}={value} and {name}={other} build the same module")
            distinct[str(options)] = value


def _base_where_active(entry: Entry, name: str, values: tuple[Scalar, ...]) -> dict[str, Scalar]:
    """Find values of the other options at which this option has an effect."""
    for base in variants(entry, 256):
        forms = {str(canonicalize_entry(entry, {**base, name: value}, [256])) for value in values}
        if name not in base and len(forms) > 1:
            return base
    raise ContractError(f"{name} has no effect while the other options are at their defaults")


def _is_same_module(entry: Entry, left: dict[str, Scalar], right: dict[str, Scalar]) -> bool:
    return all(_is_equal(a, b) for a, b in zip(_observe(entry, left), _observe(entry, right), strict=False))


def _is_equal(left: Any, right: Any) -> bool:
    both = isinstance(left, Tensor) and isinstance(right, Tensor)
    return torch.equal(left, right) if both else bool(left == right)


def _observe(entry: Entry, options: dict[str, Scalar]) -> Iterator[Any]:
    """Yield shapes and initial values of parameters, then the randomized module's output and input gradient."""
    module = fresh_module(entry, options, channels=256).double()
    yield {name: tuple(p.shape) for name, p in module.named_parameters()}
    yield from [p.detach().clone() for p in module.parameters()]
    x = images(2, 256, (15, 17), dtype=torch.float64).requires_grad_()
    with fixed_seed(3):
        y = randomize(module).train()(*inputs(entry, x))
    yield y.detach()
    y.square().sum().backward()
    yield x.grad


def cost(entry: Entry) -> None:
    """Declare the multiply-accumulates that torch counts, at every option."""
    for options in variants(entry):
        module, counted = _count(entry, options)
        if not hasattr(module, "macs"):
            raise ContractError("it has no method macs(height, width)")
        declared = module.macs(15, 17)
        require(
            declared == counted,
            f"{options or 'defaults'}: macs declares {declared}, but {counted} were counted",
        )


def _count(entry: Entry, options: dict[str, Scalar]) -> tuple[Any, int]:
    """Build the module and count its MACs on the meta device, or on the CPU if it does not run there."""
    arguments = inputs(entry, images(1, WIDTH, (15, 17)))
    try:
        with torch.device("meta"):
            module = fresh_module(entry, options).eval()
            return module, count_macs(module, tuple(each.to("meta") for each in arguments))
    except Exception:  # a module that makes tensors of its own or reads values
        module = fresh_module(entry, options).eval()
        return module, count_macs(module, arguments)
