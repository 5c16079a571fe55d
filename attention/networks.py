"""Two small networks from tutorials on spatial attention, as backbones with interchangeable gates.

Both take images of any size and number of channels and return logits. `gate` builds a gate for a number of channels;
None leaves both positions to `plug`: `feature_info` names them, so that the site `stage` is where the gates were.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from .spatial.direct_conv import DirectConv

Gate = Callable[[int], nn.Module]


def _conv_block(in_channels: int, out_channels: int) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))


def _max_pool() -> nn.MaxPool2d:
    return nn.MaxPool2d(2, ceil_mode=True)


class GatedNet(nn.Module):
    """Apply features, gate, features, gate, global mean and classifier. images (B, in_chans, H, W) -> (B, classes)."""

    def __init__(
        self,
        first: nn.Module,
        second: nn.Module,
        head: nn.Module,
        widths: tuple[int, int],
        reductions: tuple[int, int],
        gate: Gate | None,
    ) -> None:
        super().__init__()
        gates = [nn.Identity() if gate is None else gate(width) for width in widths]
        self.first, self.gate1, self.second, self.gate2, self.head = first, gates[0], second, gates[1], head
        self.feature_info: list[dict[str, Any]] = [
            {"module": f"gate{i}", "num_chs": width, "reduction": reduction}
            for i, (width, reduction) in enumerate(zip(widths, reductions, strict=True), 1)
        ]

    def forward(self, images_BCHW: Tensor) -> Tensor:
        y_BCHW = self.gate1(self.first(images_BCHW))
        y_BCHW = self.gate2(self.second(y_BCHW))
        logits: Tensor = self.head(y_BCHW.mean((2, 3)))
        return logits


def spatial_attention_net(
    num_classes: int, *, in_chans: int = 3, width: int = 64, gate: Gate | None = DirectConv
) -> GatedNet:
    """Build six VGG-like convolutions of 1, 1, 2, 4, 4 and 8 widths, with gates after the third and the sixth."""
    first = nn.Sequential(
        _conv_block(in_chans, width), _conv_block(width, width), _max_pool(), _conv_block(width, 2 * width)
    )
    second = nn.Sequential(
        _conv_block(2 * width, 4 * width),
        _max_pool(),
        _conv_block(4 * width, 4 * width),
        _conv_block(4 * width, 8 * width),
    )
    return GatedNet(first, second, nn.Linear(8 * width, num_classes), (2 * width, 8 * width), (2, 4), gate)


def behavior_net(
    num_classes: int, *, in_chans: int = 3, width: int = 32, gate: Gate | None = DirectConv
) -> GatedNet:
    """Build three convolutions of 1, 2 and 4 widths, with gates before the last pooling and before the classifier."""
    first = nn.Sequential(
        _conv_block(in_chans, width),
        _max_pool(),
        _conv_block(width, 2 * width),
        _max_pool(),
        _conv_block(2 * width, 4 * width),
    )
    head = nn.Sequential(nn.Linear(4 * width, 8 * width), nn.ReLU(), nn.Linear(8 * width, num_classes))
    return GatedNet(first, _max_pool(), head, (4 * width, 4 * width), (4, 8), gate)


NETWORKS: dict[str, Callable[..., GatedNet]] = {
    "spatial_attention_net": spatial_attention_net,
    "behavior_net": behavior_net,
}
