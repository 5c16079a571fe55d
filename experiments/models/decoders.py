"""Decoders of segmentation_models_pytorch (SMP) on a backbone: the only file of the models that imports SMP."""

import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import segmentation_models_pytorch as smp
from torch import Tensor, nn

from user_error import UserError, first_line, nearest

from ..config.run_spec import DecoderSpec
from . import neck
from .width import Arguments, scale_channels

NECK_ENCODER = "backbone with a neck"


def build_on_encoder(
    decoder: DecoderSpec,
    backbone: str,
    *,
    width: float,
    channels: int,
    classes: int,
    pretrained: bool,
    args: Arguments,
) -> nn.Module:
    """Build a decoder on SMP's own encoder of a timm backbone, which is created with `args`.

    Raises UserError if SMP rejects the backbone, and for a decoder or argument that SMP does not have.
    """
    _check_names(decoder)
    try:
        with _decoder_in_errors(decoder):
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
            "neck: 128 beside the decoder's name adds such maps; or, for a plain ViT, decoder: {name: dpt}"
        ) from error


def _is_refusal(error: Exception) -> bool:
    """Whether SMP rejects the backbone: it says so, indexes a missing stage, or needs an output stride."""
    words = ("downsampling pattern", "'output_stride'")
    return isinstance(error, IndexError) or any(word in str(error) for word in words)


def build_on_neck(
    decoder: DecoderSpec, backbone: nn.Module, example: Tensor, *, width: float, classes: int
) -> nn.Module:
    """Build a decoder on any backbone through `neck.Pyramid`.

    example (1,C,H,W). Raises UserError for dpt, and for a decoder or argument that SMP does not have.
    """
    if decoder.name == "dpt":
        raise UserError(
            "decoder.neck: dpt reads the maps of a vision transformer directly; leave the neck out"
        )
    _check_names(decoder)
    with _register_encoder(backbone, example, channels=decoder.neck or 0), _decoder_in_errors(decoder):
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


def _check_names(decoder: DecoderSpec) -> None:
    """Raise UserError for a decoder or an argument of a name that SMP does not have.

    SMP ignores such an argument, or gives it to the backbone.
    """
    decoders = smp.MODEL_ARCHITECTURES_MAPPING
    if decoder.name not in decoders:
        raise UserError(f"decoder.name: SMP has no {decoder.name!r}{nearest(decoder.name, decoders)}")
    parameters = inspect.signature(decoders[decoder.name]).parameters.values()
    known = [each.name for each in parameters if each.kind is not each.VAR_KEYWORD]
    for name in sorted(decoder.args.keys() - set(known)):
        raise UserError(f"decoder.args: {decoder.name} has no argument {name!r}{nearest(name, known)}")


@contextmanager
def _decoder_in_errors(decoder: DecoderSpec) -> Iterator[None]:
    """Turn an error that does not come out of timm, which builds the backbone, into a UserError on the decoder."""
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:  # wrong arguments make SMP raise errors of any class
        files = (Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__))
        if _is_refusal(error) or any("timm" in file.parts for file in files):
            raise
        raise UserError(
            f"decoder: {decoder.name} cannot be built with these arguments ({first_line(error)})"
        ) from error


@contextmanager
def _register_encoder(backbone: nn.Module, example: Tensor, *, channels: int) -> Iterator[None]:
    """Register the backbone with its neck as an encoder of SMP while the context is open."""
    encoder = partial(neck.Pyramid, backbone, example, channels=channels)
    smp.encoders.encoders[NECK_ENCODER] = {"encoder": encoder, "params": {}}
    try:
        yield
    finally:
        del smp.encoders.encoders[NECK_ENCODER]


def _decoder_arguments(decoder: DecoderSpec, width: float) -> Arguments:
    """Return the decoder's arguments at a width; a decoder without channels to set stays as it is."""
    name = "decoder_channels"
    if width == 1.0:
        return dict(decoder.args)
    known = inspect.signature(smp.MODEL_ARCHITECTURES_MAPPING[decoder.name].__init__).parameters
    if name not in known:
        return dict(decoder.args)
    default = known[name].default
    channels = {name: list(default) if isinstance(default, tuple) else default}
    return scale_channels(channels | decoder.args, width)
