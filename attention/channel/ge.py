"""Gather-excite (Hu et al., NeurIPS 2018, https://arxiv.org/abs/1810.12348), section 3.

Gather: means over windows of 2e - 1 at stride e (extent 0: the whole map), or with gather="conv" log2(e) depthwise
3x3 convolutions of stride 2 with batch norms. Excite: sigmoid of the gathered values, each repeated over its
window, with excite="mlp" after a 1x1 bottleneck (GE-theta+). y = x * gate: for an extent a spatial gate.
The defaults are GE-theta+ of extent 4: with extent 0, means and a bottleneck it is SE.
Departures: with extent 0 only means are gathered (the authors' depthwise convolution there is as large as the map,
https://github.com/hujie-frank/GENet, models/RN50-GEP.prototxt, and so fixes its size); hidden width max(C // r,
min_hidden); start="identity" doubles the gate and zeroes the last layer, which excite="plain", without weights, does
not have: it starts where the paper starts.
"""

from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, opened, silence
from ..layers.resampling import repeated
from ..options import Choice, MinHidden, Reduction, hidden_width


class GatherExcite(nn.Module):
    """Weigh each window's channels by what was gathered around it. x_BCHW -> BCHW."""

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
            *(layer for i in range(steps) for layer in _step(channels, i < steps - 1))
        )
        hidden = hidden_width(channels, reduction, min_hidden)
        layers = [nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, channels, 1)]
        self.excite = nn.Sequential(*(layers if excite == "mlp" else ()))
        if excite == "mlp":
            silence(self.excite[-1], start)

    @staticmethod
    def inactive(*, extent: int, excite: str, **_: object) -> set[str]:
        """Without an extent nothing is convolved; without the bottleneck there is nothing to start."""
        idle = {"gather"} if extent == 0 else set()
        return idle | ({"reduction", "min_hidden", "start"} if excite == "plain" else set())

    @staticmethod
    def starts_as_identity(*, excite: str, start: str, **_: object) -> bool:
        """Only the bottleneck can be silenced."""
        return excite == "mlp" and start == "identity"

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each channel at each place, (B, C, H, W) or (B, C, 1, 1)."""
        gate = opened(self.excite(self._gathered(x_BCHW)), self.start)
        height, width = x_BCHW.shape[2:]
        return repeated(gate, height, width, self.extent) if self.extent else gate

    def _gathered(self, x_BCHW: Tensor) -> Tensor:
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
        """Multiply-accumulates of one sample's convolutions."""
        total, convolutions = 0, [layer for layer in self.gather if isinstance(layer, nn.Conv2d)]
        for _ in convolutions:
            height, width = -(-height // 2), -(-width // 2)
            total += 9 * self.channels * height * width
        if self.extent and not convolutions:
            height, width = -(-height // self.extent), -(-width // self.extent)
        places = height * width if self.extent else 1
        layers = [layer for layer in self.excite if isinstance(layer, nn.Conv2d)]
        return total + places * sum(layer.weight.numel() for layer in layers)


def _step(channels: int, more: bool) -> list[nn.Module]:
    """Halve the map by a depthwise convolution; the norm cancels a bias."""
    convolution = nn.Conv2d(channels, channels, 3, stride=2, padding=1, groups=channels, bias=False)
    return [convolution, nn.BatchNorm2d(channels), *([nn.ReLU()] if more else [])]
