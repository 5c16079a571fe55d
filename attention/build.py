"""Building an attention module by its catalog name."""

from typing import Any, cast

from torch import nn

from user_error import UserError, first_line

from .catalog import find
from .options import Scalar, check_options


def build(name: str, channels: int, *, context_channels: int | None = None, **options: Scalar) -> nn.Module:
    """Build the module `name` for maps of `channels` channels; options that are not passed take their defaults.

    `context_channels` is the width of the second map of a two-input module, by default `channels`.
    Raises UserError for an unknown name or option, and for a number of channels that the module does not support.
    """
    entry = find(name)
    make, widths = cast(Any, entry.make), [channels]
    if entry.kind == "two_input":
        widths.append(context_channels or channels)
    elif context_channels is not None:
        raise UserError(f"{name}: context_channels is for two-input modules only")
    checked = check_options(make, options, name=name)
    try:
        module: nn.Module = make(*widths, **checked)
    except ValueError as error:  # such as groups that do not divide the channels
        text = first_line(error)
        raise UserError(text if text.startswith(name) else f"{name}: {text}") from error
    return module
