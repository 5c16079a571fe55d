"""Which places reach the output: each is moved once, all of them in one backward pass.

A gate behind token pooling, or on a branch whose output nobody reads, can do nothing and learns nothing; shapes do
not show it. The answer is the architecture's, so it must not depend on the weights that a seed has drawn, whose dead
ReLUs would pass for dead places: one looks with weights of its own, and again with others where a place seems dead.
Vectors, biases among them, are positive then, which keeps ReLUs open, and nothing is zero.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from user_error import UserError

from .plugs import plug, unplug
from .sites import Site
from .trace import evaluating

SEED = 20260
DRAWS = 3


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

    Up to three forwards and backwards of noise shaped like `example`, in evaluation mode. Raises UserError for a
    model that is plugged, and on the meta device, where nothing has a value.
    """
    if example.is_meta:
        raise UserError(
            "on the meta device nothing has a value: live places are looked for with real tensors"
        )
    found = [False] * len(places)
    for draw in range(DRAWS):
        generator = torch.Generator().manual_seed(SEED + draw)
        now = _looked(model, places, example, generator)
        found = [before or after for before, after in zip(found, now, strict=True)]
        if all(found):
            break
    return found


def _looked(
    model: nn.Module, places: Sequence[Site], example: Tensor, generator: torch.Generator
) -> list[bool]:
    noise = torch.randn(example.shape, generator=generator).to(example)
    shifts = [Shift() for _ in places]
    unused = iter(shifts)
    plug(model, [place._replace(vacates=False) for place in places], lambda place: next(unused))
    try:
        with evaluating(model), torch.enable_grad():
            output = torch.func.functional_call(model, _drawn(model, generator), (noise,))
        return _moved(output, shifts)
    finally:
        unplug(model)


def _drawn(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """All parameters and running statistics, without gradients, drawn anew; only numbers by themselves as they are."""
    found = {}
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        if value.is_floating_point():
            found[name] = _another(value, generator)
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            found[name] = torch.zeros_like(buffer)
        elif name.endswith("running_var"):
            found[name] = torch.ones_like(buffer)
    return found


def _another(value: Tensor, generator: torch.Generator) -> Tensor:
    if value.dim() == 0:
        return value if float(value.abs()) > 0 else torch.ones_like(value)
    if value.dim() == 1:
        return (0.5 + 0.5 * torch.rand(value.shape, generator=generator)).to(value)
    fan = max(value[0].numel(), 1)
    normal = torch.randn(value.shape, generator=generator)
    return normal.mul(math.sqrt(2 / fan)).to(value)


def _moved(output: object, shifts: Sequence[Shift]) -> list[bool]:
    """Whether a random mix of all outputs has a gradient at each shift."""
    total = sum(
        (leaf.float() * torch.linspace(0.5, 1.5, leaf.numel()).to(leaf).view_as(leaf)).sum()
        for leaf in tree_leaves(output)
        if isinstance(leaf, Tensor) and leaf.requires_grad
    )
    added = [shift.added for shift in shifts if shift.added is not None]
    if not isinstance(total, Tensor):
        return [False] * len(shifts)
    gradients = dict(zip(map(id, added), torch.autograd.grad(total, added, allow_unused=True), strict=True))
    found = (gradients.get(id(shift.added)) for shift in shifts)
    return [
        gradient is not None and bool((gradient.isfinite() & (gradient != 0)).any()) for gradient in found
    ]
