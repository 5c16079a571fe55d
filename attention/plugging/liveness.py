"""Which places reach the output: each is moved once, all of them in one backward pass.

A gate behind token pooling, or on a branch whose output nobody reads, can do nothing and learns nothing; shapes do
not show it. Parameters that start at zero (the last norm of a residual branch, a head) are random while one looks,
because behind them everything would seem dead.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from .plugs import plug, unplug
from .probe import evaluating
from .sites import Site

SMALL = 1e-3
SEED = 20260


class Shift(nn.Module):
    """Adds to a map, and keeps what was added to ask for its gradient; the map that came where it is swapped."""

    def __init__(self) -> None:
        super().__init__()
        self.added: Tensor | None = None

    def forward(self, x_BCHW: Tensor) -> Tensor:
        self.added = torch.zeros_like(x_BCHW).requires_grad_()
        return x_BCHW + self.added


def live(model: nn.Module, places: Sequence[Site], *, example: Tensor) -> list[bool]:
    """For each place whether its map has a part in the output; the model is left as it was, and unplugged.

    One forward and one backward pass of noise shaped like `example`, in evaluation mode. Raises ValueError for a
    model that is plugged, and on the meta device, where nothing has a value.
    """
    if example.is_meta:
        raise ValueError(
            "on the meta device nothing has a value: live places are looked for with real tensors"
        )
    generator = torch.Generator().manual_seed(SEED)
    noise = torch.randn(example.shape, generator=generator).to(example)
    shifts = [Shift() for _ in places]
    unused = iter(shifts)
    plug(model, [place._replace(vacates=False) for place in places], lambda place: next(unused))
    try:
        with evaluating(model), torch.enable_grad():
            output = torch.func.functional_call(model, _awake(model, generator), (noise,))
        return _moved(output, shifts)
    finally:
        unplug(model)


def _awake(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """All parameters, without gradients; those that are zero or nearly so random instead."""
    found = {}
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        if value.is_floating_point() and value.dim() and float(value.abs().max()) < SMALL:
            value = torch.randn(value.shape, generator=generator).to(value) * 0.1
        found[name] = value
    return found


def _moved(output: object, shifts: Sequence[Shift]) -> list[bool]:
    """Whether a random mix of all outputs has a gradient at each shift."""
    total = sum((leaf.float() * torch.linspace(0.5, 1.5, leaf.numel()).to(leaf).view_as(leaf)).sum() for leaf in
                tree_leaves(output) if isinstance(leaf, Tensor) and leaf.requires_grad)  # fmt: skip
    added = [shift.added for shift in shifts if shift.added is not None]
    if not isinstance(total, Tensor):
        return [False] * len(shifts)
    gradients = dict(zip(map(id, added), torch.autograd.grad(total, added, allow_unused=True), strict=True))
    found = (gradients.get(id(shift.added)) for shift in shifts)
    return [gradient is not None and bool((gradient != 0).any()) for gradient in found]
