"""Global response normalization (Woo et al., CVPR 2023, https://arxiv.org/abs/2301.00808), algorithm 1.

n_c = ||x_c|| / mean over channels of ||x||, y = x + gamma_c x n_c + beta_c. gamma and beta start at zero: the
paper's own start is the identity. Departure: none; norms are taken in at least float32.
"""

import torch
from torch import Tensor, nn


class Grn(nn.Module):
    """Scale each channel by its norm relative to the mean norm of all channels. x_BCHW -> BCHW."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        wide = torch.promote_types(x_BCHW.dtype, torch.float32)
        length = torch.linalg.vector_norm(x_BCHW, dim=(2, 3), keepdim=True, dtype=wide)
        response = (length / (length.mean(1, keepdim=True) + 1e-6)).to(x_BCHW.dtype)
        return torch.addcmul(self.beta, x_BCHW, 1 + self.gamma * response)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0
