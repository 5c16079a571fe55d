"""A pyramid of maps from any backbone, for decoders that need a grid halved stage by stage.

segmentation_models_pytorch rejects vision transformers, mixers and others whose stages share one grid. Here each of
the strides 4, 8, 16 and 32 takes the stage whose grid is nearest to it (the deepest of several), resampled to the
stride's grid, followed by a 1x1 convolution and a batch norm: the simple feature pyramid of ViTDet (Li et al., ECCV
2022, https://arxiv.org/abs/2203.16527, figure 2a) with interpolation in place of its transposed convolutions, which
only handle powers of two. Images may have any size: the grids are those of the next multiple of the largest stride,
and the scores are resized back.
"""

import math
from functools import partial

import torch
from torch import Tensor, nn

import attention
from attention.layers.resampling import region_means, resize


class Pyramid(nn.Module):
    """An encoder with SMP's interface: it returns the image, an empty map for stride 2, then one map per stride."""

    output_stride = 1
    """SMP requires the sides of an image to be multiples of this."""

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
        """Return the maps of images (B,C,H,W), for strides 1, 2 and then each of `strides`."""
        largest = self.strides[-1]
        height, width = (-(-side // largest) * largest for side in x_BCHW.shape[2:])
        self.model(x_BCHW)
        maps = [x_BCHW, x_BCHW.new_empty(x_BCHW.shape[0], 0, height // 2, width // 2)]
        for stride, tap, level in zip(self.strides, self.taps, self.levels, strict=True):
            maps.append(level(_resample(tap.map(), height // stride, width // stride)))
        return maps

    def set_in_channels(self, in_channels: int, pretrained: bool = True) -> None:
        """Do nothing (part of SMP's interface): the backbone already has the image's channels."""

    def make_dilated(self, output_stride: int) -> None:
        """Do nothing (part of SMP's interface): the strides follow the constructor's `output_stride`."""


def _remove_unused_head(model: nn.Module, example: Tensor, used: list[str]) -> None:
    """Replace each part of the model that runs after the used maps by an identity, if the rest runs without it.

    The last layers of a classifier would otherwise count among the parameters and never learn anything.
    """
    order = _call_order(model, example)
    last = max(index for index, name in enumerate(order) if name in used)
    before = {name.split(".")[0] for name in order[: last + 1]}
    after = dict.fromkeys(name.split(".")[0] for name in reversed(order[last + 1 :]) if name)
    for name in after:
        part = model.get_submodule(name)
        if name in before or not any(True for _ in part.parameters()):
            continue
        model.set_submodule(name, nn.Identity())
        try:
            _run(model, example)
        except Exception:  # timm models raise anything; each error means that the part is needed
            model.set_submodule(name, part)


def _call_order(model: nn.Module, example: Tensor) -> list[str]:
    """Return the names of all modules in the order in which their calls end."""
    order: list[str] = []

    def record(name: str, module: nn.Module, args: object, output: object) -> None:
        order.append(name)

    handles = [part.register_forward_hook(partial(record, name)) for name, part in model.named_modules()]
    _run(model, example)
    for handle in handles:
        handle.remove()
    return order


def _run(model: nn.Module, example: Tensor) -> None:
    """Run the model once in evaluation mode, without gradients, and restore its mode."""
    was_training = model.training
    with torch.no_grad():
        model.eval()(example)
    model.train(was_training)


def _resample(map_BCHW: Tensor, height: int, width: int) -> Tensor:
    """Resample a map to a grid: region means to a smaller grid, bilinear interpolation to a larger one."""
    if map_BCHW.shape[2:] == (height, width):
        return map_BCHW
    return (region_means if height < map_BCHW.shape[2] else resize)(map_BCHW, height, width)


def resize_to_images(network: nn.Module, images: tuple[Tensor], scores_BCHW: Tensor) -> Tensor:
    """Resize a segmenter's scores to the size of its images (a forward hook)."""
    height, width = images[0].shape[2:]
    return scores_BCHW if scores_BCHW.shape[2:] == (height, width) else resize(scores_BCHW, height, width)


def _nearest_stage(stages: list[attention.Site], example: Tensor, stride: int) -> attention.Site:
    """Return the stage whose grid is nearest to that of the stride; the deepest if several are."""
    target = example.shape[-2] * example.shape[-1] / stride**2
    return min(reversed(stages), key=lambda stage: abs(math.log(math.prod(stage.grid) / target)))
