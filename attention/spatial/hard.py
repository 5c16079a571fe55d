"""Learned hard attention: positions are kept or dropped, and a soft surrogate trains the choice.

score = w . x + b at each position. top_k keeps the given percentage of positions with the highest scores. gumbel
samples in training, keeping a position with probability sigmoid(score) by logistic noise (Jang et al., ICLR 2017,
https://arxiv.org/abs/1611.01144); the surrogate is sigmoid((score + noise) / temperature). In evaluation it keeps the
positions with score >= 0. Both are straight-through estimators (Bengio et al., 2013, https://arxiv.org/abs/1308.3432):
hard values in the forward, the sigmoid's gradient in the backward. Scores start at zero and ties are kept, so that
top_k starts as the identity, gumbel only in evaluation. top_k has no bias, which could not change its choice.
"""

import math
from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """Return the hard value with the gradient of the soft value."""
    return hard + (soft - soft.detach())


class TopK(nn.Module):
    """Keep the positions with the highest learned scores, zero the rest. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        percent: Annotated[int, Choice(10, 25, 50, 75)] = 50,
    ) -> None:
        super().__init__()
        self.percent = percent
        self.score = nn.Conv2d(channels, 1, 1, bias=False)
        nn.init.zeros_(self.score.weight)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute 1 where the score is among the highest, else 0, (B, 1, H, W)."""
        score: Tensor = self.score(x_BCHW)
        count = math.ceil(score[0].numel() * self.percent / 100)
        threshold = score.detach().flatten(1).topk(count, 1).values[:, -1]
        hard = (score >= threshold[:, None, None, None]).to(score.dtype)
        return straight_through(hard, torch.sigmoid(score))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution."""
        return self.score.weight.numel() * height * width


class Gumbel(nn.Module):
    """Keep each position with a learned probability in training, by its score's sign in evaluation. x_BCHW -> BCHW.

    The noise comes from a separate generator, seeded from `seed` and the number of training calls. Both are buffers,
    so that a run resumed from a checkpoint draws the same noise as one that was not interrupted.
    """

    def __init__(self, channels: int, *, temperature: Annotated[float, Choice(0.5, 1.0, 2.0)] = 1.0) -> None:
        super().__init__()
        self.temperature = temperature
        self.score = nn.Conv2d(channels, 1, 1)
        for parameter in self.score.parameters():
            nn.init.zeros_(parameter)
        self.register_buffer("seed", torch.randint(2**31, ()))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))

    def _noise(self, like: Tensor) -> Tensor:
        """Draw standard logistic noise, (B, 1, H, W): the difference of two Gumbel variables."""
        if like.is_meta:
            return torch.empty_like(like)
        seed, calls = self.get_buffer("seed"), self.get_buffer("calls")
        generator = torch.Generator().manual_seed(int(seed) * 1_000_003 + int(calls))
        calls.add_(1)
        uniform = torch.rand(like.shape, generator=generator).clamp(1e-6, 1 - 1e-6)
        return torch.logit(uniform).to(like)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute 1 where the position is kept, else 0, (B, 1, H, W)."""
        score: Tensor = self.score(x_BCHW)
        if self.training:
            score = (score + self._noise(score)) / self.temperature
        return straight_through((score >= 0).to(score.dtype), torch.sigmoid(score))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution."""
        return self.score.weight.numel() * height * width
