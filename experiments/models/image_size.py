"""Which image sizes a network takes: whose rule a refused size breaks, what was tried and works, inert attention.

What is proposed to the user has been run here, with the same backbone and decoder, and leaves every attention layer
more than one position to choose from. Where arguments are at fault, and not the size, the arguments are named.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import timm

from user_error import UserError, first_line

from ..config.faults import is_fault_of_ours
from ..config.run_spec import DecoderSpec, RunSpec
from .build import Shape
from .probe import Part, explain_by_arguments, find_error, list_attention, works

NECK_CHANNELS = 128
STEP = 32
"""The sizes that are tried are multiples of this, as most architectures and decoders want them."""


@contextmanager
def size_errors(run: RunSpec, shape: Shape) -> Iterator[None]:
    """Turn any error that timm or SMP raises for an unsupported image size or argument into one UserError.

    UserErrors pass, and so do faults of this repository, which keep their traceback.
    For building and running the run's network. A neck runs its backbone while it is built, so that a size which the
    backbone refuses looks like arguments that it refuses. Libraries' warnings are not shown.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
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
    layers = list_attention(run, shape) or []
    inert = [layer.name for layer in layers if layer.inert]
    if not inert:
        return ""
    named = ", ".join(inert[:2]) + (", ..." if len(inert) > 2 else "")
    way_out = _larger_size(run, shape)
    return (
        f"{len(inert)} of {len(layers)} attention layers of {run.backbone.name} ({named}) are inert on images of"
        f" {_text(shape)}: each weighs a single position, so that its queries, keys and position"
        f" tables have no effect and never learn{f'; none is inert on {way_out}' if way_out else ''}"
    )


def _size_error(run: RunSpec, shape: Shape, error: BaseException) -> UserError:
    """Name the part that does not take the images, or its arguments, with what was tried and works."""
    bare = _without_decoder(run)
    if run.decoder is not None and find_error(bare, shape) is None:
        return _decoder_error(run, run.decoder, shape, first_line(error))
    way_out = _with_image_size(run, shape)
    for size in () if way_out else (shape, _own_size(run, shape)):
        if found := explain_by_arguments(bare, "backbone", size):
            larger = _larger_size(run, shape) if size == shape else ""
            return _arguments_error(run.backbone.name, "backbone.args", found, (shape, size), larger)
    config = timm.get_pretrained_cfg(run.backbone.name, allow_unregistered=True)
    made_for = f", made for {config.input_size[1]} x {config.input_size[2]}," if config else ""
    message = f"{run.backbone.name}{made_for} does not run on images of {_text(shape)} ({first_line(error)})"
    way_out = way_out or _larger_size(run, shape)
    return UserError(message, place="backbone", hint=f"it runs on {way_out}" if way_out else "")


def _decoder_error(run: RunSpec, decoder: DecoderSpec, shape: Shape, why: str) -> UserError:
    """Name the decoder, or the arguments with which it does not run on a backbone that does."""
    network = f"{decoder.name} on {run.backbone.name}"
    parts: tuple[Part, Part] = ("decoder", "backbone")
    for part in parts:
        if found := explain_by_arguments(run, part, shape):
            larger = _larger_size(run, shape)
            return _arguments_error(network, f"{part}.args", found, (shape, shape), larger)
    message = f"{network} does not take images of {_text(shape)} ({why})"
    return UserError(message, place="decoder", hint=_join(_larger_size(run, shape), _with_neck(run, shape)))


def _arguments_error(
    network: str, place: str, found: tuple[str, str], shapes: tuple[Shape, Shape], larger: str
) -> UserError:
    """Name arguments without which the network runs; the size only where a larger one helps as well.

    shapes: of the images, and of those on which this was tried.
    """
    (arguments, why), (shape, tried) = found, shapes
    size = f" on images of {_text(shape)}" if larger else ""
    without = "it runs without" if tried == shape else f"on images of {_text(tried)} it runs without"
    return UserError(
        f"{network} does not run{size} with {arguments} ({why})",
        place=place,
        hint=f"{without}{f', or on {larger}' if larger else ''}",
    )


def _text(shape: Shape) -> str:
    return f"{shape.height} x {shape.width}"


def _join(larger: str, neck: str) -> str:
    """Join the ways out of a decoder's rule."""
    return ", or with ".join(part for part in (f"it takes {larger}" if larger else "", neck) if part)


def _with_neck(run: RunSpec, shape: Shape) -> str:
    """Propose a neck for images of this size, if the network works with one."""
    if run.decoder is None or run.decoder.neck is not None:
        return ""
    neck = DecoderSpec(name=run.decoder.name, args=run.decoder.args, neck=NECK_CHANNELS)
    is_way_out = works(run.model_copy(update={"decoder": neck}), shape)
    return f"neck: {NECK_CHANNELS} beside the decoder's name" if is_way_out else ""


def _with_image_size(run: RunSpec, shape: Shape) -> str:
    """Propose the backbone's argument for images of this size, if the network works with it."""
    if not works(_at_size(run, shape), shape):
        return ""
    return f"them with {_argument(shape)}"


def _larger_size(run: RunSpec, shape: Shape) -> str:
    """Propose the next larger size of images on which the network works, with the argument that it needs for it."""
    for larger in _larger(run, shape):
        for changed in (run, _at_size(run, larger)):
            if works(changed, larger):
                argument = "" if changed is run else f" with {_argument(larger)}"
                return f"images of {larger.height} x {larger.width}{argument}"
    return ""


def _larger(run: RunSpec, shape: Shape) -> Iterator[Shape]:
    """Yield larger shapes to try: the next multiples of `STEP`, twice that, and the size that timm made it for."""
    height, width = (-(-side // STEP) * STEP for side in (shape.height, shape.width))
    sizes = (height, width), (2 * height, 2 * width), _made_for(run)
    for one, other in dict.fromkeys(sizes):
        if (one, other) != (shape.height, shape.width) and one >= shape.height and other >= shape.width:
            yield shape._replace(height=one, width=other)


def _made_for(run: RunSpec) -> tuple[int, int]:
    """Return the height and width of the images that timm made the architecture for."""
    config = timm.get_pretrained_cfg(run.backbone.name, allow_unregistered=True)
    return (config.input_size[1], config.input_size[2]) if config else (224, 224)


def _own_size(run: RunSpec, shape: Shape) -> Shape:
    """Return the shape of the images that the backbone was created for: its `img_size`, or what timm made it for."""
    match run.backbone.args.get("img_size"):
        case int(side) if side > 0:
            height, width = side, side
        case [int(high), int(wide)] if high > 0 and wide > 0:
            height, width = high, wide
        case _:
            height, width = _made_for(run)
    return shape._replace(height=height, width=width)


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
    error = find_error(_without_decoder(run), shape)
    return error is not None and not isinstance(error, UserError)
