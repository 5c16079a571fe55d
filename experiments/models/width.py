"""The width of a network: the arguments of timm and SMP that hold numbers of channels, multiplied by a factor.

timm has no width argument that all its architectures share. An architecture's own argument is found by trial: an
argument is its width if the default values change nothing and doubled ones more than double the parameters.
"""

import functools
import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

import timm
import torch

from attention.networks import NETWORKS
from user_error import UserError

Arguments = dict[str, Any]
"""Keyword arguments of timm or SMP by name: their values are of any type."""
WIDTH_ARGUMENTS = ("channels", "dims", "embed_dims", "embed_dim", "stem_width", "decoder_channels", "width")
"""Arguments of timm backbones and SMP decoders that hold numbers of channels."""
MIN_CHANNELS = 4
_RESNET_CHANNELS = [64, 128, 256, 512]


class SameWidth(UserError):
    """Raised for a width so close to 1 that no number of channels changes."""


class FixedWidth(UserError):
    """Raised for an architecture whose width cannot be set."""


def scale_channels(args: Mapping[str, Any], width: float) -> Arguments:
    """Multiply the numbers of channels among the arguments by `width`, rounded.

    Raises UserError if there are none among the arguments, or if fewer than MIN_CHANNELS would be left.
    """
    if width == 1.0:
        return dict(args)
    scaled = {name: _scale(args[name], width) for name in WIDTH_ARGUMENTS if name in args}
    if not scaled:
        raise UserError(
            f"width: no argument holds channels to multiply by {width}; give one of {', '.join(WIDTH_ARGUMENTS)}"
        )
    return {**args, **scaled}


def add_width_arguments(name: str, args: Mapping[str, Any]) -> Arguments:
    """Add the backbone's default numbers of channels to its arguments, so that `scale_channels` can multiply them.

    The arguments still build the same network. Raises FixedWidth for an architecture whose width cannot be set.
    """
    if any(width in args for width in WIDTH_ARGUMENTS):
        return dict(args)
    if name in NETWORKS:
        return {"width": inspect.signature(NETWORKS[name]).parameters["width"].default, **args}
    found = _find_width_argument(name, json.dumps(dict(args), sort_keys=True))
    if found is None:
        raise FixedWidth(f"width: timm's {name} has no argument that widens it")
    return {**args, **found}


@functools.cache
def _find_width_argument(name: str, args: str) -> Arguments | None:
    """Return the first argument that is this architecture's width, with its default value; None if there is none."""
    given = json.loads(args)
    stock = _count_parameters(name, given)
    for candidate in _candidates(name, given):
        if _count_parameters(name, given | candidate) != stock:
            continue
        wider = _count_parameters(name, given | scale_channels(candidate, 2.0))
        if stock is not None and wider is not None and wider > 2 * stock:
            return candidate
    return None


def _candidates(name: str, args: Arguments) -> Iterator[Arguments]:
    """List arguments that could be the architecture's width, with the values that its stages suggest."""
    with torch.device("meta"):
        model: Any = timm.create_model(name, **args)
    yield {"channels": _RESNET_CHANNELS}
    info = getattr(model, "feature_info", None)
    channels = [row["num_chs"] for row in info] if isinstance(info, list) else []
    for argument in ("channels", "dims", "embed_dims"):
        if channels:
            yield {argument: channels}
    width = getattr(model, "embed_dim", None)
    if isinstance(width, int):
        yield {"embed_dim": width}
    if channels:
        yield {"embed_dim": channels[0]}


def _count_parameters(name: str, args: Arguments) -> int | None:
    """Count the parameters of a network; None if it cannot be built with these arguments."""
    try:
        with torch.device("meta"):
            model = timm.create_model(name, **args)
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError, IndexError, ZeroDivisionError):
        return None
    return sum(parameter.numel() for parameter in model.parameters())


def _scale(value: Any, width: float) -> Any:
    """Multiply a number of channels, or each of a (nested) list."""
    if isinstance(value, list):
        return [_scale(item, width) for item in value]
    if value * width < MIN_CHANNELS:
        raise UserError(
            f"width: {width} leaves {value * width:.1f} of {value} channels; {MIN_CHANNELS} are the fewest"
        )
    return round(value * width)
