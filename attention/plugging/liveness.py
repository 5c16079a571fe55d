"""Which sites reach the output, by one backward pass through all of them.

A gate behind token pooling, or on a branch whose output is not used, has no effect and never learns; shapes do not show
it. The result must be a property of the architecture, not of the initial weights, whose dead ReLUs would look like dead
sites. Therefore the pass uses weights drawn here, and is repeated with others while a site seems dead. Vectors, such as
biases, are drawn positive, which keeps ReLUs active, and no weight is zero.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from user_error import UserError

from .plugs import plug, unplug
from .sites import Site
from .trace import evaluation_mode

SEED = 20260
DRAWS = 3


class ZeroShift(nn.Module):
    """Adds a zero map that requires a gradient, and keeps it for reading the gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.zeros: Tensor | None = None

    def forward(self, x_BCHW: Tensor) -> Tensor:
        self.zeros = torch.zeros_like(x_BCHW).requires_grad_()
        return x_BCHW + self.zeros


def reach_output(model: nn.Module, sites: Sequence[Site], *, example: Tensor) -> list[bool]:
    """Tell for each site whether its map reaches the model's output; the model is left unchanged.

    Runs up to three forward and backward passes of noise shaped like `example`, in evaluation mode. Raises UserError
    for a plugged model, and for an example on the meta device, where tensors have no values.
    """
    if example.is_meta:
        raise UserError(
            "the example is on the meta device, where tensors have no values: pass a tensor with data"
        )
    reached = [False] * len(sites)
    for draw in range(DRAWS):
        generator = torch.Generator().manual_seed(SEED + draw)
        now = _probe_once(model, sites, example, generator)
        reached = [before or after for before, after in zip(reached, now, strict=True)]
        if all(reached):
            break
    return reached


def _probe_once(
    model: nn.Module, sites: Sequence[Site], example: Tensor, generator: torch.Generator
) -> list[bool]:
    noise = torch.randn(example.shape, generator=generator).to(example)
    shifts = [ZeroShift() for _ in sites]
    remaining = iter(shifts)
    plug(model, [site._replace(replaces_module=False) for site in sites], lambda site: next(remaining))
    try:
        with evaluation_mode(model), torch.enable_grad():
            output = torch.func.functional_call(model, _draw_weights(model, generator), (noise,))
        return _receives_gradient(output, shifts)
    finally:
        unplug(model)


def _draw_weights(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """Draw new values for all parameters and running statistics, by name, without gradients."""
    state = {}
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        if value.is_floating_point():
            state[name] = _draw_tensor(value, generator)
    for name, buffer in model.named_buffers():
        if name.endswith("running_mean"):
            state[name] = torch.zeros_like(buffer)
        elif name.endswith("running_var"):
            state[name] = torch.ones_like(buffer)
    return state


def _draw_tensor(value: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a tensor of this shape: a scalar keeps its value, vectors are positive, matrices as in He et al., 2015."""
    if value.dim() == 0:
        return value if float(value.abs()) > 0 else torch.ones_like(value)
    if value.dim() == 1:
        return (0.5 + 0.5 * torch.rand(value.shape, generator=generator)).to(value)
    fan_in = max(value[0].numel(), 1)
    normal = torch.randn(value.shape, generator=generator)
    return normal.mul(math.sqrt(2 / fan_in)).to(value)


def _receives_gradient(output: object, shifts: Sequence[ZeroShift]) -> list[bool]:
    """Tell for each shift whether a weighted sum of all outputs has a gradient there."""
    total = sum(
        (leaf.float() * torch.linspace(0.5, 1.5, leaf.numel()).to(leaf).view_as(leaf)).sum()
        for leaf in tree_leaves(output)
        if isinstance(leaf, Tensor) and leaf.requires_grad
    )
    zeros = [shift.zeros for shift in shifts if shift.zeros is not None]
    if not isinstance(total, Tensor):
        return [False] * len(shifts)
    gradients = dict(zip(map(id, zeros), torch.autograd.grad(total, zeros, allow_unused=True), strict=True))
    shift_gradients = (gradients.get(id(shift.zeros)) for shift in shifts)
    return [
        gradient is not None and bool((gradient.isfinite() & (gradient != 0)).any())
        for gradient in shift_gradients
    ]
