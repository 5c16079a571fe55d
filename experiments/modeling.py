"""RunSpec -> network: a timm backbone, a decoder for segmentation, and the arm's modules plugged in.

The only file that names segmentation_models_pytorch. The backbone's, decoder's and head's first weights
depend on the seed alone, never on the arm: they are drawn before anything is plugged, and each plugged
module draws its own from a seed of its site.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor, nn

import attention

from .naming import nearest
from .seeding import seeded
from .spec import ArmSpec, BackboneSpec, RunSpec

WIDTHS = ("channels", "stem_width")


class Plugged(NamedTuple):
    """One module in the network: where, on how many channels, and its effective widths."""

    site: str
    channels: int
    effective: dict[str, Any]


class Shape(NamedTuple):
    """What a data set asks of a network: input channels, height, width, and number of classes."""

    channels: int
    height: int
    width: int
    classes: int

    def example(self) -> Tensor:
        """One empty image, (1, C, H, W)."""
        return torch.zeros(1, self.channels, self.height, self.width)


def build(spec: RunSpec, shape: Shape) -> tuple[nn.Module, list[Plugged]]:
    """The run's network with its first weights, and what was plugged.

    Raises ValueError, one line, for a backbone, decoder, module, option or site that cannot be.
    """
    with seeded(spec.seed, "weights"):
        network = plain(spec, shape)
    return network, plug_arm(network, spec.arm, shape, seed=spec.seed)


def plain(spec: RunSpec, shape: Shape) -> nn.Module:
    """The network without modules, at the arm's width, its weights from the global generator."""
    backbone = widened(spec.backbone, spec.arm.width)
    known = timm.list_models()
    if backbone.name not in known:
        raise ValueError(f"backbone.name: timm has no {backbone.name!r}{nearest(backbone.name, known)}")
    args: dict[str, Any] = dict(backbone.args)
    try:
        if spec.decoder is None:
            return timm.create_model(
                backbone.name, num_classes=shape.classes, in_chans=shape.channels, **args
            )
        network: nn.Module = smp.create_model(
            spec.decoder.name, f"tu-{backbone.name}", encoder_weights=None, in_channels=shape.channels,
            classes=shape.classes, **spec.decoder.args, **args,
        )  # fmt: skip
        return network
    except (TypeError, KeyError, RuntimeError, AssertionError) as error:
        place = "backbone.args" if spec.decoder is None else "backbone.args or decoder"
        raise ValueError(f"{place}: {backbone.name} cannot be built so ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def widened(backbone: BackboneSpec, width: float) -> BackboneSpec:
    """The backbone with its channels multiplied by `width`; raises ValueError where they are not given."""
    if width == 1.0:
        return backbone
    if "channels" not in backbone.args:
        raise ValueError(
            f"arm.width: {backbone.name} has no `channels` in backbone.args to multiply by {width}"
        )
    scaled = {name: _scaled(backbone.args[name], width) for name in WIDTHS if name in backbone.args}
    return BackboneSpec(name=backbone.name, args={**backbone.args, **scaled})


def _scaled(value: Any, width: float) -> Any:
    return (
        [_scaled(item, width) for item in value] if isinstance(value, list) else max(4, round(value * width))
    )


def plug_arm(network: nn.Module, arm: ArmSpec, shape: Shape, *, seed: int) -> list[Plugged]:
    """Put the arm's module at each of its sites; nothing for the arm without a module."""
    if arm.module == "none":
        return []
    places = attention.sites(network, arm.site, example=shape.example())

    def make(site: attention.Site) -> nn.Module:
        with seeded(seed, "plug", site.name):
            return attention.build(arm.module, site.channels, **arm.options)

    attention.plug(network, places, make)
    return [
        Plugged(
            site.name, site.channels, attention.effective(arm.module, arm.options, channels=site.channels)
        )
        for site in places
    ]


def plugged_channels(spec: RunSpec, shape: Shape) -> list[int]:
    """The channels at each of the arm's sites, found on an unplugged network of this backbone."""
    with seeded(0, "probe"):
        network = plain(spec, shape)
    return [site.channels for site in attention.sites(network, spec.arm.site, example=shape.example())]


def fingerprint(tensors: Sequence[tuple[str, Tensor]]) -> str:
    """SHA-256 over names, types, shapes and bytes, sorted by name: of the content, not of a file."""
    import hashlib

    total = hashlib.sha256()
    for name, tensor in sorted(tensors, key=lambda pair: pair[0]):
        plain_ = tensor.detach().contiguous()
        total.update(f"{name}:{plain_.dtype}:{tuple(plain_.shape)}".encode())
        total.update(plain_.flatten().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()
