"""Learned hard attention: places are kept or dropped, and the choice is learned through a soft stand-in.

score = w . x + b at each place. top_k keeps the share of places with the highest scores. gumbel samples each place's
choice in training, with probability sigmoid(score) by logistic noise (Jang et al., ICLR 2017,
https://arxiv.org/abs/1611.01144), its stand-in being sigmoid((score + noise) / temperature), and in evaluation
keeps what has score >= 0. Both are straight-through (Bengio et al., 2013, https://arxiv.org/abs/1308.3432): hard values
forward, the sigmoid's gradient backward. Scores start at zero, and a place that ties is kept: top_k starts as the
identity, gumbel does in evaluation only. No bias for top_k, whose choice it cannot change.
"""

import math
from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """The hard value with the soft value's gradient."""
    return hard + (soft - soft.detach())


class TopK(nn.Module):
    """Keep the share of places with the highest learned scores. x_BCHW -> BCHW."""

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
        """1 where the score is among the highest, else 0, (B, 1, H, W)."""
        score: Tensor = self.score(x_BCHW)
        kept = math.ceil(score[0].numel() * self.percent / 100)
        least = score.detach().flatten(1).topk(kept, 1).values[:, -1]
        hard = (score >= least[:, None, None, None]).to(score.dtype)
        return straight_through(hard, torch.sigmoid(score))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolution."""
        return self.score.weight.numel() * height * width


class Gumbel(nn.Module):
    """Keep each place by a learned chance in training, by its score's sign in evaluation. x_BCHW -> BCHW.

    Noise comes from a generator of its own, seeded from `seed` and the count of training calls; both are
    buffers, so that a run resumed from a checkpoint draws what it would have drawn.
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
        """Standard logistic noise, (B, 1, H, W): the difference of two Gumbel variables."""
        if like.is_meta:
            return torch.empty_like(like)
        seed, calls = self.get_buffer("seed"), self.get_buffer("calls")
        generator = torch.Generator().manual_seed(int(seed) * 1_000_003 + int(calls))
        calls.add_(1)
        uniform = torch.rand(like.shape, generator=generator).clamp(1e-6, 1 - 1e-6)
        return torch.logit(uniform).to(like)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """1 where the place is kept, else 0, (B, 1, H, W)."""
        score: Tensor = self.score(x_BCHW)
        if self.training:
            score = (score + self._noise(score)) / self.temperature
        return straight_through((score >= 0).to(score.dtype), torch.sigmoid(score))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolution."""
        return self.score.weight.numel() * height * width
