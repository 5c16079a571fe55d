"""What the contracts are checked on: a module as built or randomized, its variants, reproducible maps."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..build import construct
from ..catalog import Entry
from ..options import Scalar, read_options

WIDTH = 32
GRIDS = ((15, 17), (8, 8), (3, 5), (1, 1))


@contextmanager
def fixed_seed(seed: int) -> Iterator[None]:
    """Seed the global generator in the body of a `with`, and restore its state afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def fresh_module(
    entry: Entry, options: Mapping[str, Scalar] | None = None, *, channels: int = WIDTH
) -> nn.Module:
    """Build the module with its initial weights, from seed 0."""
    with fixed_seed(0):
        return construct(entry, [channels], options or {})


def randomize(module: nn.Module, seed: int = 1) -> nn.Module:
    """Redraw every weight, bias and running statistic, so that the module is no longer at its start; return it."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            scale = 0.5 if parameter.dim() < 2 else parameter[0].numel() ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * scale)
        for name, buffer in module.named_buffers():
            if name.endswith("running_var"):
                buffer.copy_(torch.rand(buffer.shape, generator=generator, dtype=torch.float64) + 0.5)
    return module


def images(
    batch: int, channels: int, grid: tuple[int, int], seed: int = 2, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Draw random maps of mean 0.3, (batch, channels, *grid), the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, *grid, generator=generator, dtype=torch.float64).add(0.3).to(dtype)


def inputs(entry: Entry, x_BCHW: Tensor) -> tuple[Tensor, ...]:
    """Return the arguments of forward: x, and for a two-input module a context of half the size."""
    if entry.kind != "two_input":
        return (x_BCHW,)
    batch, channels, height, width = x_BCHW.shape
    grid = (max(height // 2, 1), max(width // 2, 1))
    return x_BCHW, images(batch, channels, grid, seed=3, dtype=x_BCHW.dtype)


def variants(entry: Entry, channels: int = WIDTH) -> Iterator[dict[str, Scalar]]:
    """Yield all defaults, then each option at each value that fits, with the others at their defaults."""
    yield {}
    for name, option in read_options(entry.make).items():
        for value in values_of(option.domain):
            if str(value) != str(option.default) and _fits(entry, {name: value}, channels):
                yield {name: value}


def _fits(entry: Entry, options: Mapping[str, Scalar], channels: int) -> bool:
    """Tell whether the module can be built; one whose groups must divide the channels may raise ValueError."""
    if "narrow" not in entry.exemptions:
        return True
    try:
        with torch.device("meta"):
            fresh_module(entry, options, channels=channels)
    except ValueError:
        return False
    return True


def values_of(domain: Any) -> tuple[Scalar, ...]:
    """Return all values of a domain, or its two ends."""
    return domain.values() or (domain.low, domain.high)
