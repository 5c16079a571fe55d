"""Contracts on options and cost: every option changes something, and the declared cost is the counted one."""

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ..canonical import canonical_of
from ..catalog import Entry
from ..options import Scalar, read
from .broken import BrokenError, _expect
from .example_inputs import WIDTH, fresh, images, inputs, randomised, seeded, values_of, variants


def options_matter(entry: Entry) -> None:
    """Two values of an option that are not one canonically differ in parameters, output or gradient."""
    for name, option in read(entry.make).items():
        values = values_of(option.domain)
        base = _active_base(entry, name, values)
        seen: dict[str, Scalar] = {}
        for value in values:
            options = canonical_of(entry, {**base, name: value}, [256])
            if str(options) in seen:
                continue
            for other in seen.values():
                same = _same_module(entry, {**base, name: value}, {**base, name: other})
                _expect(not same, f"{name}={value} and {name}={other} are the same module")
            seen[str(options)] = value


def _active_base(entry: Entry, name: str, values: tuple[Scalar, ...]) -> dict[str, Scalar]:
    """The other options' values at which this one does something."""
    for base in variants(entry, 256):
        forms = {str(canonical_of(entry, {**base, name: value}, [256])) for value in values}
        if name not in base and len(forms) > 1:
            return base
    raise BrokenError(f"{name} does nothing beside the defaults of the others")


def _same_module(entry: Entry, left: dict[str, Scalar], right: dict[str, Scalar]) -> bool:
    return all(_equal(a, b) for a, b in zip(_behaviour(entry, left), _behaviour(entry, right), strict=False))


def _equal(left: Any, right: Any) -> bool:
    both = isinstance(left, Tensor) and isinstance(right, Tensor)
    return torch.equal(left, right) if both else bool(left == right)


def _behaviour(entry: Entry, options: dict[str, Scalar]) -> Iterator[Any]:
    """Parameters' shapes and first values, then training-mode output and input gradient, randomised."""
    module = fresh(entry, options, channels=256).double()
    yield {name: tuple(p.shape) for name, p in module.named_parameters()}
    yield from [p.detach().clone() for p in module.parameters()]
    x = images(2, 256, (15, 17), dtype=torch.float64).requires_grad_()
    with seeded(3):
        y = randomised(module).train()(*inputs(entry, x))
    yield y.detach()
    y.square().sum().backward()
    yield x.grad


def cost(entry: Entry) -> None:
    """The declared multiply-accumulates are those counted, at every option."""
    for options in variants(entry):
        with torch.device("meta"):
            module = cast(Any, entry.make)(WIDTH, **options).eval()
            counted = count_macs(module, inputs_on_meta(entry, (15, 17)))
        if not hasattr(module, "macs"):
            raise BrokenError("it declares no macs(height, width)")
        declared = module.macs(15, 17)
        _expect(declared == counted, f"{options or 'defaults'}: declares {declared}, {counted} were counted")


def inputs_on_meta(entry: Entry, grid: tuple[int, int]) -> tuple[Tensor, ...]:
    """One sample without data, and its context where the module takes one."""
    return tuple(t.to("meta") for t in inputs(entry, images(1, WIDTH, grid)))


def count_macs(module: nn.Module, given: tuple[Tensor, ...]) -> int:
    """Multiply-accumulates of the convolutions, matrix products and attention of one forward."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*given)
    return int(counter.get_total_flops()) // 2
