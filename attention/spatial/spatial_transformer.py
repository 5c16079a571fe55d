"""Spatial transformer (Jaderberg et al., NeurIPS 2015, https://arxiv.org/abs/1506.02025), section 3.

A localization network computes theta from the map averaged to a grid, and the map is sampled bilinearly at the
transformed coordinates: affine (6 numbers), scale_translate (4) or rotation (1). The last layer starts at the identity
transform, which returns the map up to rounding (about 1e-6): an approximate identity.
Departures: the localization network is a perceptron of a pool x pool grid, so that it works at any size. The sampling
grid is computed in at least float32; theta acts on coordinates from -1 to 1 on both axes, as the paper's does, so that
on a map that is not square a rotation also shears; scale_translate has a scale for each axis (the paper's attention
form has one). On CUDA the map is sampled by `layers/grid_sampling.py`, because the backward of torch's `grid_sample`
is not deterministic there.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.grid_sampling import grid_sample
from ..layers.memory_format import match_memory_format
from ..layers.resampling import region_means
from ..options import Choice, MinHidden, Reduction, hidden_width

START = {
    "affine": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    "scale_translate": (1.0, 1.0, 0.0, 0.0),
    "rotation": (0.0,),
}


class SpatialTransformer(nn.Module):
    """Resample the map by a transform that a small localization network computes. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        transform: Annotated[str, Choice("affine", "scale_translate", "rotation")] = "affine",
        pool: Annotated[int, Choice(2, 3, 4)] = 4,
        reduction: Annotated[int, Reduction()] = 4,
        min_hidden: Annotated[int, MinHidden()] = 8,
        padding: Annotated[str, Choice("zeros", "border", "reflection")] = "border",
    ) -> None:
        super().__init__()
        self.transform, self.pool, self.padding = transform, pool, padding
        hidden = hidden_width(channels, reduction, min_hidden)
        self.look = nn.Linear(channels * pool**2, hidden)
        self.point = nn.Linear(hidden, len(START[transform]))
        nn.init.zeros_(self.point.weight)
        with torch.no_grad():
            self.point.bias.copy_(torch.tensor(START[transform]))

    def theta(self, x_BCHW: Tensor) -> Tensor:
        """Compute the transform of each sample as a matrix, (B, 2, 3), in at least float32."""
        grid_BF = region_means(x_BCHW, self.pool, self.pool).flatten(1)
        numbers = self.point(functional.relu(self.look(grid_BF)))
        numbers = numbers.to(torch.promote_types(numbers.dtype, torch.float32))
        if self.transform == "affine":
            matrix: Tensor = numbers.reshape(-1, 2, 3)
            return matrix
        zero = torch.zeros_like(numbers[:, 0])
        if self.transform == "rotation":
            cos, sin = torch.cos(numbers[:, 0]), torch.sin(numbers[:, 0])
            rows = (cos, -sin, zero, sin, cos, zero)
        else:
            scale_y, scale_x, shift_y, shift_x = numbers.unbind(1)
            rows = (scale_x, zero, shift_x, zero, scale_y, shift_y)
        return torch.stack(rows, 1).reshape(-1, 2, 3)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        y_BCHW = sample(x_BCHW, self.theta(x_BCHW), self.padding, deterministic=x_BCHW.is_cuda)
        return match_memory_format(y_BCHW.to(x_BCHW.dtype), x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products."""
        channels = self.look.in_features // self.pool**2
        means = channels * self.pool * height * (width + self.pool)
        return self.look.weight.numel() + self.point.weight.numel() + means


def sample(x_BCHW: Tensor, theta_B23: Tensor, padding: str, *, deterministic: bool) -> Tensor:
    """Sample the map where theta points, in the dtype of theta.

    `deterministic`: by advanced indexing, whose backward is deterministic on CUDA, where that of torch's is not.
    """
    device = "cuda" if x_BCHW.is_cuda else "cpu"  # autocast knows no meta device
    with torch.autocast(device, enabled=False):  # it would round the grid to bfloat16
        grid_BHW2 = functional.affine_grid(theta_B23, list(x_BCHW.shape), align_corners=False)
        map_BCHW = x_BCHW.to(grid_BHW2.dtype)
        if deterministic:
            return grid_sample(map_BCHW, grid_BHW2, padding)
        return functional.grid_sample(map_BCHW, grid_BHW2, padding_mode=padding, align_corners=False)
