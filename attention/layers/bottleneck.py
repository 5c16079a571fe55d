"""The two-layer perceptron over channels that squeeze-and-excitation introduced and many gates share."""

from torch import Tensor, nn

from .gating import zero_init


class Bottleneck(nn.Module):
    """Compute W2 relu(W1 z): (B, C) -> (B, C) through `hidden` units; W2 is zero for an identity start."""

    def __init__(self, channels: int, hidden: int, *, bias: bool = True, start: str = "identity") -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, hidden, bias=bias)
        self.expand = nn.Linear(hidden, channels, bias=bias)
        zero_init(self.expand, start)

    def forward(self, z_BC: Tensor) -> Tensor:
        logits_BC: Tensor = self.expand(nn.functional.relu(self.reduce(z_BC)))
        return logits_BC

    def macs(self) -> int:
        """Count the multiply-accumulates of one sample."""
        return 2 * self.reduce.in_features * self.reduce.out_features
