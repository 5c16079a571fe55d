"""The width of a network: which arguments of timm and SMP hold numbers of channels, and multiplying them.

timm has no word for width that all its architectures know. What a study does not give is found by trying:
an argument is a width if its own values change nothing and larger ones make more parameters.
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

WIDTH_ARGUMENTS = ("channels", "dims", "embed_dims", "embed_dim", "stem_width", "decoder_channels", "width")
"""Arguments of timm backbones and SMP decoders that hold numbers of channels."""
MIN_CHANNELS = 4
_RESNET_CHANNELS = [64, 128, 256, 512]


class SameWidth(UserError):
    """A width that is so near to 1 that every number of channels stays."""


class FixedWidth(UserError):
    """An architecture whose width cannot be given."""


def scale_channels(args: Mapping[str, Any], width: float) -> dict[str, Any]:
    """The arguments with the channels in them multiplied by `width`; UserError where none are given."""
    if width == 1.0:
        return dict(args)
    scaled = {name: _scale(args[name], width) for name in WIDTH_ARGUMENTS if name in args}
    if not scaled:
        raise UserError(
            f"width: there is nothing to multiply by {width}; give one of {', '.join(WIDTH_ARGUMENTS)}"
        )
    return {**args, **scaled}


def add_width_arguments(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The backbone's arguments with its channels among them, for `widened`; they build the same network.

    Raises FixedWidth for an architecture whose width cannot be given.
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
def _find_width_argument(name: str, args: str) -> dict[str, Any] | None:
    """The first argument that proves to be this architecture's width, with the value that it has."""
    given = json.loads(args)
    stock = _count_parameters(name, given)
    for candidate in _candidates(name, given):
        if _count_parameters(name, given | candidate) != stock:
            continue
        wider = _count_parameters(name, given | scale_channels(candidate, 2.0))
        if stock is not None and wider is not None and wider > 2 * stock:
            return candidate
    return None


def _candidates(name: str, args: dict[str, Any]) -> Iterator[dict[str, Any]]:
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


def _count_parameters(name: str, args: dict[str, Any]) -> int | None:
    """How many parameters the network has; None where it cannot be built so."""
    try:
        with torch.device("meta"):
            model = timm.create_model(name, **args)
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError, IndexError, ZeroDivisionError):
        return None
    return sum(parameter.numel() for parameter in model.parameters())


def _scale(value: Any, width: float) -> Any:
    if isinstance(value, list):
        return [_scale(item, width) for item in value]
    if value * width < MIN_CHANNELS:
        raise UserError(
            f"width: {width} leaves {value * width:.1f} of {value} channels; {MIN_CHANNELS} are the fewest"
        )
    return round(value * width)
