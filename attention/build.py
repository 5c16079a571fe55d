"""Building an attention module by its catalog name."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from torch import nn

from user_error import UserError, first_line

from .catalog import Entry, find
from .options import Scalar, check_options
from .own_code import find_location, run_own_code


def build(name: str, channels: int, *, context_channels: int | None = None, **options: Scalar) -> nn.Module:
    """Build the module `name` for maps of `channels` channels; options that are not passed take their defaults.

    `context_channels` is the width of the second map of a two-input module, by default `channels`.
    Raises UserError for an unknown name or option, for a number of channels that the module does not support, and for
    anything that the constructor of a user's own module raises.
    """
    entry = find(name)
    widths = [channels]
    if entry.kind == "two_input":
        widths.append(context_channels or channels)
    elif context_channels is not None:
        raise UserError(f"{name}: context_channels is for two-input modules only")
    checked = check_options(entry.make, options, name=name)
    try:
        return construct(entry, widths, checked)
    except ValueError as error:  # such as groups that do not divide the channels
        text = first_line(error)
        raise UserError(text if text.startswith(name) or entry.source else f"{name}: {text}") from error


def construct(entry: Entry, widths: Sequence[int], options: Mapping[str, Scalar]) -> nn.Module:
    """Call the entry's constructor. Raises UserError for anything that a user's own module does wrong there."""
    make = cast(Any, entry.make)
    if not entry.source:
        built: nn.Module = make(*widths, **options)
        return built
    location = find_location(entry.make, "__init__") or find_location(entry.make)
    with run_own_code(location):
        module: nn.Module = make(*widths, **options)
    _check_layers(module, location)
    return module


def _check_layers(module: nn.Module, location: str) -> None:
    """Raise UserError for lazy layers: the optimizer is made before their first forward gives them weights."""
    if not isinstance(module, nn.Module):
        raise UserError(f"its class makes a {type(module).__name__}, which is no torch module ({location})")
    for name, layer in module.named_modules():
        own = [*layer.parameters(recurse=False), *layer.buffers(recurse=False)]
        if any(isinstance(each, nn.UninitializedParameter | nn.UninitializedBuffer) for each in own):
            kind = type(layer).__name__
            raise UserError(
                f"{name or 'it'} is a {kind}, whose weights have no shape before the first forward ({location}); "
                f"write {kind.removeprefix('Lazy')} with its number of input channels"
            )
