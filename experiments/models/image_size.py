"""Which image sizes a network takes: whose rule a refused size breaks, what was tried and works, inert attention.

What is proposed to the user has been run here, with the same backbone and decoder, and leaves every attention layer
more than one position to choose from.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import timm
import torch
from torch import nn

import attention
from user_error import UserError, first_line

from ..config.run_spec import ArmSpec, DecoderSpec, RunSpec
from ..reproducibility.seeding import local_seed
from . import placement
from .build import Shape, build_plain
from .faults import is_fault_of_ours

NECK_CHANNELS = 128
STEP = 32
"""The sizes that are tried are multiples of this, as most architectures and decoders want them."""


@contextmanager
def size_errors(run: RunSpec, shape: Shape) -> Iterator[None]:
    """Turn any error that timm or SMP raises for an unsupported image size into one UserError.

    UserErrors pass, and so do faults of this repository, which keep their traceback.
    For building and running the run's network. A neck runs its backbone while it is built, so that a size which the
    backbone refuses looks like arguments that it refuses.
    """
    try:
        yield
    except UserError as error:
        cause = error.__cause__
        if cause is None or run.decoder is None or run.decoder.neck is None or not _refuses(run, shape):
            raise
        raise _size_error(run, shape, cause) from error
    except MemoryError:
        raise
    except Exception as error:
        if is_fault_of_ours(error):
            raise
        raise _size_error(run, shape, error) from error


def describe_inert_attention(run: RunSpec, shape: Shape) -> str:
    """Say which attention layers of the run's network weigh a single position; '' if none does, or it does not run."""
    layers = _try(run, shape)
    inert = [] if isinstance(layers, str) else [layer.name for layer in layers if layer.inert]
    if not inert:
        return ""
    named = ", ".join(inert[:2]) + (", ..." if len(inert) > 2 else "")
    way_out = _larger_size(run, shape)
    return (
        f"{len(inert)} of {len(layers)} attention layers of {run.backbone.name} ({named}) are inert on images of"
        f" {shape.height} x {shape.width}: each weighs a single position, so that its queries, keys and position"
        f" tables have no effect and never learn{f'; none is inert on {way_out}' if way_out else ''}"
    )


def _size_error(run: RunSpec, shape: Shape, error: BaseException) -> UserError:
    """Name the part that does not take the images, with what was tried and works."""
    size, why = f"{shape.height} x {shape.width}", first_line(error)
    if run.decoder is not None and not isinstance(_try(_without_decoder(run), shape), str):
        message = f"{run.decoder.name} on {run.backbone.name} does not take images of {size} ({why})"
        return UserError(
            message, place="decoder", hint=_join(_larger_size(run, shape), _with_neck(run, shape))
        )
    config = timm.get_pretrained_cfg(run.backbone.name, allow_unregistered=True)
    made_for = f", made for {config.input_size[1]} x {config.input_size[2]}," if config else ""
    message = f"{run.backbone.name}{made_for} does not run on images of {size} ({why})"
    way_out = _with_image_size(run, shape) or _larger_size(run, shape)
    return UserError(message, place="backbone", hint=f"it runs on {way_out}" if way_out else "")


def _join(larger: str, neck: str) -> str:
    """Join the ways out of a decoder's rule."""
    return ", or with ".join(part for part in (f"it takes {larger}" if larger else "", neck) if part)


def _with_neck(run: RunSpec, shape: Shape) -> str:
    """Propose a neck for images of this size, if the network works with one."""
    if run.decoder is None or run.decoder.neck is not None:
        return ""
    neck = DecoderSpec(name=run.decoder.name, args=run.decoder.args, neck=NECK_CHANNELS)
    works = _works(run.model_copy(update={"decoder": neck}), shape)
    return f"neck: {NECK_CHANNELS} beside the decoder's name" if works else ""


def _with_image_size(run: RunSpec, shape: Shape) -> str:
    """Propose the backbone's argument for images of this size, if the network works with it."""
    if not _works(_at_size(run, shape), shape):
        return ""
    return f"them with {_argument(shape)}"


def _larger_size(run: RunSpec, shape: Shape) -> str:
    """Propose the next larger size of images on which the network works, with the argument that it needs for it."""
    for larger in _larger(run, shape):
        for changed in (run, _at_size(run, larger)):
            if _works(changed, larger):
                argument = "" if changed is run else f" with {_argument(larger)}"
                return f"images of {larger.height} x {larger.width}{argument}"
    return ""


def _larger(run: RunSpec, shape: Shape) -> Iterator[Shape]:
    """Yield larger shapes to try: the next multiples of `STEP`, twice that, and the size that timm made it for."""
    height, width = (-(-side // STEP) * STEP for side in (shape.height, shape.width))
    config = timm.get_pretrained_cfg(run.backbone.name, allow_unregistered=True)
    made_for = tuple(config.input_size[1:]) if config else (224, 224)
    sizes = (height, width), (2 * height, 2 * width), made_for
    for one, other in dict.fromkeys(sizes):
        if (one, other) != (shape.height, shape.width) and one >= shape.height and other >= shape.width:
            yield shape._replace(height=one, width=other)


def _argument(shape: Shape) -> str:
    square = shape.height == shape.width
    return f"backbone.args: {{img_size: {shape.height if square else [shape.height, shape.width]}}}"


def _at_size(run: RunSpec, shape: Shape) -> RunSpec:
    """Return the run with its backbone created for images of this size."""
    size = shape.height if shape.height == shape.width else [shape.height, shape.width]
    backbone = run.backbone.model_copy(update={"args": {**run.backbone.args, "img_size": size}})
    return run.model_copy(update={"backbone": backbone})


def _without_decoder(run: RunSpec) -> RunSpec:
    return run.model_copy(update={"decoder": None})


def _refuses(run: RunSpec, shape: Shape) -> bool:
    """Whether the backbone alone can be built, but does not run on images of this shape."""
    found = _try(_without_decoder(run), shape)
    return isinstance(found, str) and not found.startswith(UserError.__name__)


def _works(run: RunSpec, shape: Shape) -> bool:
    """Whether the network runs on images of this shape, and none of its attention layers is inert."""
    layers = _try(run, shape)
    return not isinstance(layers, str) and not any(layer.inert for layer in layers)


def _try(run: RunSpec, shape: Shape) -> list[attention.AttentionLayer] | str:
    """Build the run's network without modules and run it; return its attention layers, or why it does not run.

    On the meta device, where this costs little; on the CPU where a network reads values.
    """
    found = _try_on("meta", run, shape)
    reads_values = isinstance(found, str) and "meta" in found.lower()
    return _try_on("cpu", run, shape) if reads_values else found


def _try_on(device: str, run: RunSpec, shape: Shape) -> list[attention.AttentionLayer] | str:
    bare = run.model_copy(update={"arm": ArmSpec(width=run.arm.width, native=run.arm.native)})
    try:
        with torch.device(device), local_seed(0, "probe"):
            network: nn.Module = build_plain(bare, shape)
            placement.strip_native_attention(network, bare.arm)
            return attention.attention_layers(network, shape.example())
    except MemoryError:
        raise
    except Exception as error:  # timm and SMP raise errors of any class
        return f"{type(error).__name__}: {error}"
