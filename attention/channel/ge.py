"""Gather-excite (Hu et al., NeurIPS 2018, https://arxiv.org/abs/1810.12348), section 3.

Gather: means over windows of 2e - 1 at stride e (extent 0: the whole map), or with gather="conv" log2(e) depthwise
3x3 convolutions of stride 2 with batch norms. Excite: sigmoid of the gathered values, each repeated over its window;
excite="mlp" puts a 1x1 bottleneck before the sigmoid (GE-theta+). y = x * gate, a spatial gate unless extent is 0.
The defaults are GE-theta+ with extent 4; extent 0 with gather="mean" and a bottleneck is SE.
Departures: with extent 0 only means are gathered (the authors' depthwise convolution there is as large as the map,
https://github.com/hujie-frank/GENet, models/RN50-GEP.prototxt, which fixes the map's size); hidden width max(C // r,
min_hidden); start="identity" doubles the gate and zeroes the last layer, which excite="plain" does not have: it starts
as in the paper.
"""

from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, gate_factor, zero_init
from ..layers.resampling import repeat_windows
from ..options import Choice, MinHidden, Reduction, hidden_width


class GatherExcite(nn.Module):
    """Scale the channels of each window by the values gathered around it. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        extent: Annotated[int, Choice(0, 2, 4, 8)] = 4,
        gather: Annotated[str, Choice("mean", "conv")] = "conv",
        excite: Annotated[str, Choice("mlp", "plain")] = "mlp",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.channels, self.extent = channels, extent
        self.start = start if excite == "mlp" else "paper"
        steps = extent.bit_length() - 1 if gather == "conv" and extent else 0
        self.gather = nn.Sequential(
            *(layer for i in range(steps) for layer in _downsample(channels, i < steps - 1))
        )
        hidden = hidden_width(channels, reduction, min_hidden)
        layers = [nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, channels, 1)]
        self.excite = nn.Sequential(*(layers if excite == "mlp" else ()))
        if excite == "mlp":
            zero_init(self.excite[-1], start)

    @staticmethod
    def inactive(*, extent: int, excite: str, **_: object) -> set[str]:
        """Name options without effect: extent 0 has no convolution, excite="plain" no bottleneck to initialize."""
        unused = {"gather"} if extent == 0 else set()
        return unused | ({"reduction", "min_hidden", "start"} if excite == "plain" else set())

    @staticmethod
    def starts_as_identity(*, excite: str, start: str, **_: object) -> bool:
        """Tell whether a fresh module is an identity: only the bottleneck can be zeroed."""
        return excite == "mlp" and start == "identity"

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel at each position, (B, C, H, W), or (B, C, 1, 1) for extent 0."""
        gate = gate_factor(self.excite(self._gather(x_BCHW)), self.start)
        height, width = x_BCHW.shape[2:]
        return repeat_windows(gate, height, width, self.extent) if self.extent else gate

    def _gather(self, x_BCHW: Tensor) -> Tensor:
        if not self.extent:
            return x_BCHW.mean((2, 3), keepdim=True)
        if len(self.gather):
            gathered: Tensor = self.gather(x_BCHW)
            return gathered
        size = 2 * self.extent - 1
        return functional.avg_pool2d(x_BCHW, size, self.extent, size // 2, count_include_pad=False)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        total, convolutions = 0, [layer for layer in self.gather if isinstance(layer, nn.Conv2d)]
        for _ in convolutions:
            height, width = -(-height // 2), -(-width // 2)
            total += 9 * self.channels * height * width
        if self.extent and not convolutions:
            height, width = -(-height // self.extent), -(-width // self.extent)
        positions = height * width if self.extent else 1
        layers = [layer for layer in self.excite if isinstance(layer, nn.Conv2d)]
        return total + positions * sum(layer.weight.numel() for layer in layers)


def _downsample(channels: int, relu: bool) -> list[nn.Module]:
    """Build a depthwise convolution of stride 2 with its batch norm, which cancels a bias."""
    convolution = nn.Conv2d(channels, channels, 3, stride=2, padding=1, groups=channels, bias=False)
    return [convolution, nn.BatchNorm2d(channels), *([nn.ReLU()] if relu else [])]
