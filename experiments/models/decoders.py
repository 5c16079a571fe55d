"""A decoder of segmentation_models_pytorch upon a backbone: the only file that names SMP."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import segmentation_models_pytorch as smp
from torch import Tensor, nn

from user_error import UserError

from ..config.run_spec import DecoderSpec
from ..config.suggestions import nearest
from . import neck
from .width import scale_channels

NECK_ENCODER = "backbone with a neck"


def build_on_encoder(
    decoder: DecoderSpec,
    backbone: str,
    *,
    width: float,
    channels: int,
    classes: int,
    pretrained: bool,
    args: dict[str, Any],
) -> nn.Module:
    """Upon SMP's own encoder of a timm backbone, created with `args`; UserError where SMP refuses the backbone."""
    try:
        network: nn.Module = smp.create_model(
            decoder.name,
            f"tu-{backbone}",
            encoder_weights=True if pretrained else None,
            in_channels=channels,
            classes=classes,
            **args,
            **_decoder_arguments(decoder, width),
        )
        return network
    except (ValueError, IndexError, TypeError) as error:
        if not _is_refusal(error):
            raise
        raise UserError(
            f"decoder: {backbone} does not halve its grid as SMP's {decoder.name} needs; "
            "neck: 128 beside its name makes such maps; a plain vision transformer also takes decoder: {name: dpt}"
        ) from error


def _is_refusal(error: Exception) -> bool:
    """SMP says so, or indexes stages that are not there, or asks for an output stride that not all of timm have."""
    words = ("downsampling pattern", "'output_stride'")
    return isinstance(error, IndexError) or any(word in str(error) for word in words)


def build_on_neck(
    decoder: DecoderSpec, backbone: nn.Module, example: Tensor, *, width: float, classes: int
) -> nn.Module:
    """Upon any backbone by way of `neck.Pyramid`."""
    if decoder.name == "dpt":
        raise UserError("decoder.neck: dpt reads a vision transformer's own maps; leave the neck out")
    known = inspect.signature(smp.MODEL_ARCHITECTURES_MAPPING[decoder.name].__init__).parameters
    for name in decoder.args.keys() - known.keys():  # SMP drops them in silence
        raise UserError(f"decoder.args: {decoder.name} has no argument {name!r}{nearest(name, known)}")
    with _register_encoder(backbone, example, channels=decoder.neck or 0):
        network: nn.Module = smp.create_model(
            decoder.name,
            NECK_ENCODER,
            encoder_weights=None,
            in_channels=example.shape[1],
            classes=classes,
            **_decoder_arguments(decoder, width),
        )
    network.register_forward_hook(neck.resize_to_images)
    return network


@contextmanager
def _register_encoder(backbone: nn.Module, example: Tensor, *, channels: int) -> Iterator[None]:
    """SMP knows the backbone with its neck as an encoder, for a while."""
    encoder = partial(neck.Pyramid, backbone, example, channels=channels)
    smp.encoders.encoders[NECK_ENCODER] = {"encoder": encoder, "params": {}}
    try:
        yield
    finally:
        del smp.encoders.encoders[NECK_ENCODER]


def _decoder_arguments(decoder: DecoderSpec, width: float) -> dict[str, Any]:
    """The decoder's channels follow the encoder's; a decoder that has no such argument stays as it is."""
    name = "decoder_channels"
    if width == 1.0:
        return dict(decoder.args)
    known = inspect.signature(smp.MODEL_ARCHITECTURES_MAPPING[decoder.name].__init__).parameters
    if name not in known:
        return dict(decoder.args)
    default = known[name].default
    has = {name: list(default) if isinstance(default, tuple) else default}
    return scale_channels(has | decoder.args, width)
