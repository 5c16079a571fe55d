"""A pyramid of maps from any backbone, for decoders that need a grid halved stage by stage.

segmentation_models_pytorch refuses vision transformers, mixers and others whose stages share one grid. Here each
stride 4, 8, 16 and 32 gets the deepest of the stages whose grids are nearest to it, brought there bilinearly, then a
1x1 convolution and a norm: the simple feature pyramid of ViTDet (Li et al., ECCV 2022, https://arxiv.org/abs/2203.16527,
figure 2a) with interpolation in place of its transposed convolutions, which know only powers of two. Images may have
any size: the grids are those of the next multiple of the largest stride, and the scores are brought back.
"""

import math
from functools import partial

import torch
from torch import Tensor, nn

import attention
from attention.layers.resampling import region_means, resized


class Pyramid(nn.Module):
    """An encoder as SMP's decoders ask for it: the image, an empty map for stride 2, then `channels` a stride."""

    output_stride = 1
    """What SMP asks an image's sides to be multiples of."""

    def __init__(
        self, model: nn.Module, example: Tensor, *, channels: int, depth: int = 5, output_stride: int = 32
    ) -> None:
        super().__init__()
        self.model = model
        self.strides = [min(2**level, output_stride) for level in range(2, depth + 1)]
        self.out_channels = [example.shape[1], 0, *[channels] * len(self.strides)]
        stages = attention.sites(model, "stage", example=example)
        nearest = [_nearest_stage(stages, example, stride) for stride in self.strides]
        self.taps = [attention.tap(model, stage) for stage in nearest]
        _remove_unused_head(model, example, [stage.path for stage in nearest])
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(stage.channels, channels, 1, bias=False), nn.BatchNorm2d(channels))
            for stage in nearest
        )

    def forward(self, x_BCHW: Tensor) -> list[Tensor]:
        whole = self.strides[-1]
        height, width = (-(-side // whole) * whole for side in x_BCHW.shape[2:])
        self.model(x_BCHW)
        found = [x_BCHW, x_BCHW.new_empty(x_BCHW.shape[0], 0, height // 2, width // 2)]
        for stride, tap, level in zip(self.strides, self.taps, self.levels, strict=True):
            found.append(level(_resample(tap.map(), height // stride, width // stride)))
        return found

    def set_in_channels(self, in_channels: int, pretrained: bool = True) -> None:
        """Nothing: the backbone was made for the image's channels."""

    def make_dilated(self, output_stride: int) -> None:
        """Nothing: the strides follow the constructor's `output_stride`."""


def _remove_unused_head(model: nn.Module, example: Tensor, read: list[str]) -> None:
    """Put an identity for each part of the model that runs behind the maps and that the rest can do without.

    A classifier's last layers would count among the segmenter's parameters and learn nothing.
    """
    ended = _call_order(model, example)
    last = max(at for at, name in enumerate(ended) if name in read)
    before = {name.split(".")[0] for name in ended[: last + 1]}
    behind = dict.fromkeys(name.split(".")[0] for name in reversed(ended[last + 1 :]) if name)
    for name in behind:
        part = model.get_submodule(name)
        if name in before or not any(True for _ in part.parameters()):
            continue
        model.set_submodule(name, nn.Identity())
        try:
            _run(model, example)
        except Exception:  # another's model: whatever it raises, it needs this part
            model.set_submodule(name, part)


def _call_order(model: nn.Module, example: Tensor) -> list[str]:
    """The names of the modules in the order in which their calls end."""
    found: list[str] = []

    def note(name: str, module: nn.Module, args: object, output: object) -> None:
        found.append(name)

    handles = [part.register_forward_hook(partial(note, name)) for name, part in model.named_modules()]
    _run(model, example)
    for handle in handles:
        handle.remove()
    return found


def _run(model: nn.Module, example: Tensor) -> None:
    was = model.training
    with torch.no_grad():
        model.eval()(example)
    model.train(was)


def _resample(map_BCHW: Tensor, height: int, width: int) -> Tensor:
    """Means of regions towards fewer places, interpolation towards more."""
    if map_BCHW.shape[2:] == (height, width):
        return map_BCHW
    return (region_means if height < map_BCHW.shape[2] else resized)(map_BCHW, height, width)


def resize_to_images(network: nn.Module, images: tuple[Tensor], scores_BCHW: Tensor) -> Tensor:
    """A forward hook of a segmenter with a neck: the scores at the images' size."""
    height, width = images[0].shape[2:]
    return scores_BCHW if scores_BCHW.shape[2:] == (height, width) else resized(scores_BCHW, height, width)


def _nearest_stage(stages: list[attention.Site], example: Tensor, stride: int) -> attention.Site:
    wanted = example.shape[-2] * example.shape[-1] / stride**2
    return min(reversed(stages), key=lambda stage: abs(math.log(math.prod(stage.grid) / wanted)))
