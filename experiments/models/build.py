"""From a RunSpec to its network: a timm backbone, a decoder for segmentation, and the arm's modules plugged in.

The initial weights of backbone, decoder and head depend on the seed alone, never on the arm: they are drawn before
anything is plugged in, and the weights of each plugged module come from a seed of its site.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import timm
import torch
from torch import Tensor, nn

import attention
from attention.networks import NETWORKS
from user_error import UserError, first_line, nearest

from ..config.run_spec import ArmSpec, BackboneSpec, RunSpec
from ..reproducibility.seeding import local_seed
from . import decoders, placement
from .pretrained import loading_arguments
from .width import Arguments, SameWidth, add_width_arguments, scale_channels

_FROM_DATA = "comes from the data set"
_WEIGHTS = "weights are given by `pretrained: true` or a file, beside the name of the backbone"
_NOT_OURS = "changes what the network is used for"
RESERVED_ARGUMENTS = {
    "num_classes": _FROM_DATA,
    "in_chans": _FROM_DATA,
    "classes": _FROM_DATA,
    "in_channels": _FROM_DATA,
    "pretrained": _WEIGHTS,
    "pretrained_cfg": _WEIGHTS,
    "pretrained_cfg_overlay": _WEIGHTS,
    "checkpoint_path": _WEIGHTS,
    "encoder_weights": _WEIGHTS,
    "features_only": _NOT_OURS,
    "out_indices": _NOT_OURS,
    "encoder_name": _NOT_OURS,
    "aux_params": _NOT_OURS,
    "activation": _NOT_OURS,
}
"""Arguments of timm and SMP that a study may not set -> the reason."""


class PluggedModule(NamedTuple):
    """One module in the network: its site, the number of channels there, and its effective widths."""

    site: str
    channels: int
    effective: Arguments
    clamped: bool = False
    """Whether the hidden width is the minimum because the reduction would give less."""


class Shape(NamedTuple):
    """The shape that the data require of a network: input channels, height, width, and number of classes."""

    channels: int
    height: int
    width: int
    classes: int

    def example(self) -> Tensor:
        """Return one image of zeros, (1, C, H, W)."""
        return torch.zeros(1, self.channels, self.height, self.width)


def build(
    spec: RunSpec, shape: Shape, *, pretrained: Path | None = None
) -> tuple[nn.Module, list[PluggedModule]]:
    """Build the run's network with its initial weights; also return the modules that were plugged in.

    pretrained: a file of weights that `models.pretrained` has stored.
    Raises UserError for a backbone, decoder, module, option or site that does not exist or does not fit.
    """
    with local_seed(spec.seed, "weights"):
        network = build_plain(spec, shape, pretrained=pretrained)
    placement.strip_native_attention(network, spec.arm)
    return network, plug_arm(network, spec.arm, shape, seed=spec.seed)


def build_plain(spec: RunSpec, shape: Shape, *, pretrained: Path | None = None) -> nn.Module:
    """Build the network without modules, at the arm's width; weights come from the global generator or a file.

    Raises UserError if it cannot be built with the study's arguments.
    """
    try:
        return _build_unchecked(spec, shape, pretrained)
    except (UserError, MemoryError):
        raise
    except Exception as error:  # wrong arguments make timm and SMP raise errors of any class
        location = "backbone.args" if spec.decoder is None else "backbone.args or decoder"
        name = spec.backbone.name
        raise UserError(
            f"{location}: {name} cannot be built with these arguments ({first_line(error)})"
        ) from error


def _build_unchecked(spec: RunSpec, shape: Shape, pretrained: Path | None) -> nn.Module:
    """Build the network without modules; errors of timm and SMP pass as they are."""
    backbone, decoder, width = spec.backbone, spec.decoder, spec.arm.width
    args = _backbone_arguments(backbone, width) | loading_arguments(backbone, pretrained)
    if decoder is None:
        return _create_backbone(backbone.name, shape.classes, shape.channels, pretrained, args)
    if decoder.neck is not None:
        model = _create_backbone(backbone.name, 0, shape.channels, pretrained, args)
        return decoders.build_on_neck(decoder, model, shape.example(), width=width, classes=shape.classes)
    if backbone.name in NETWORKS:
        raise UserError(
            f"decoder: {backbone.name} is not timm's; neck: 64 beside the decoder's name takes it"
        )
    return decoders.build_on_encoder(
        decoder,
        backbone.name,
        width=width,
        channels=shape.channels,
        classes=shape.classes,
        pretrained=pretrained is not None,
        args=args,
    )


def _create_backbone(
    name: str, classes: int, channels: int, pretrained: Path | None, args: Arguments
) -> nn.Module:
    """Create a backbone of timm or `attention.networks`; `classes` 0: its scores are not used."""
    if name in NETWORKS:
        return NETWORKS[name](classes or 1, in_chans=channels, gate=None, **args)
    model: nn.Module = timm.create_model(
        name, num_classes=classes, in_chans=channels, pretrained=pretrained is not None, **args
    )
    return model


def _backbone_arguments(backbone: BackboneSpec, width: float) -> Arguments:
    """Return the backbone's arguments at a width. Raises SameWidth if it changes no number of channels."""
    if width == 1.0:
        return dict(backbone.args)
    plain = add_width_arguments(backbone.name, backbone.args)
    wide = scale_channels(plain, width)
    if wide == plain:
        raise SameWidth(f"width: {width} changes no number of channels")
    return wide


def check_backbone(name: str) -> None:
    """Raise UserError for an architecture that neither timm nor `attention.networks` has, and for an unknown tag.

    A tag chooses among timm's weights for an architecture: `resnet10t.c3_in1k`.
    """
    architecture, dot, _ = name.partition(".")
    known = [*NETWORKS, *timm.list_models()]
    if architecture not in known:
        raise UserError(f"backbone.name: timm has no {architecture!r}{nearest(architecture, known)}")
    tagged = timm.list_pretrained(architecture)
    if dot and name not in tagged:
        raise UserError(f"backbone.name: timm has no weights {name!r}{nearest(name, tagged)}")


def check_args(args: Mapping[str, Any], location: str) -> None:
    """Raise UserError for an argument that a study may not set."""
    for name in sorted(args.keys() & RESERVED_ARGUMENTS):
        raise UserError(f"{location}.{name}: {RESERVED_ARGUMENTS[name]}; leave it out")


def plug_arm(network: nn.Module, arm: ArmSpec, shape: Shape, *, seed: int) -> list[PluggedModule]:
    """Plug the arm's module in at each of its sites; do nothing for an arm without a module."""
    if arm.module == "none":
        return []
    sites = placement.live_sites(network, arm, shape.example())

    def build_at(site: attention.Site) -> nn.Module:
        with local_seed(seed, "plug", site.name):
            return placement.build_module(arm, site)

    attention.plug(network, sites, build_at)
    return [
        PluggedModule(
            site.name,
            site.channels,
            attention.effective_values(arm.module, arm.options, channels=site.channels),
            attention.is_hidden_width_clamped(arm.module, arm.options, site.channels),
        )
        for site in sites
    ]
