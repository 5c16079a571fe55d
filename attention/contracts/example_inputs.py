"""What modules are tried with: a fresh or randomised module, its variants, maps that are the same every time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..catalog import Entry
from ..options import Scalar, read

WIDTH = 32
GRIDS = ((15, 17), (8, 8), (3, 5), (1, 1))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The global generator seeded for a while, and then as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def fresh(entry: Entry, options: Mapping[str, Scalar] | None = None, *, channels: int = WIDTH) -> nn.Module:
    """The module as a run would get it, from seed 0."""
    with seeded(0):
        module: nn.Module = cast(Any, entry.make)(channels, **(options or {}))
    return module


def randomised(module: nn.Module, seed: int = 1) -> nn.Module:
    """The module off its start: every weight, bias and running statistic drawn anew."""
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
    """Random maps, not centred on 0, (batch, channels, *grid)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, *grid, generator=generator, dtype=torch.float64).add(0.3).to(dtype)


def inputs(entry: Entry, x_BCHW: Tensor) -> tuple[Tensor, ...]:
    """What the module takes beside x: for two inputs a context of another size."""
    if entry.kind != "two_input":
        return (x_BCHW,)
    batch, channels, height, width = x_BCHW.shape
    grid = (max(height // 2, 1), max(width // 2, 1))
    return x_BCHW, images(batch, channels, grid, seed=3, dtype=x_BCHW.dtype)


def variants(entry: Entry, channels: int = WIDTH) -> Iterator[dict[str, Scalar]]:
    """The default, and each option at each of its values with the others at their defaults, where they fit."""
    yield {}
    for name, option in read(entry.make).items():
        for value in values_of(option.domain):
            if str(value) != str(option.default) and _fits(entry, {name: value}, channels):
                yield {name: value}


def _fits(entry: Entry, options: Mapping[str, Scalar], channels: int) -> bool:
    """Whether the module can be built; one whose groups divide the channels may refuse."""
    if "narrow" not in entry.exemptions:
        return True
    try:
        with torch.device("meta"):
            fresh(entry, options, channels=channels)
    except ValueError:
        return False
    return True


def values_of(domain: Any) -> tuple[Scalar, ...]:
    """All values of a domain, or its ends."""
    return domain.values() or (domain.low, domain.high)
