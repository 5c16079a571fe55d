"""A module by its name: options checked, constructed for a number of channels."""

from typing import Any, cast

from torch import nn

from user_error import UserError, first_line

from .catalog import find
from .options import Scalar, check


def build(name: str, channels: int, *, context_channels: int | None = None, **options: Scalar) -> nn.Module:
    """The module `name` for maps of this many channels; options are checked, the rest take their defaults.

    `context_channels`: of the second map, for a module of two inputs; as many as of the first where left out.
    Raises UserError for an unknown name or option, and for channels that the module does not fit.
    """
    entry = find(name)
    make, widths = cast(Any, entry.make), [channels]
    if entry.kind == "two_input":
        widths.append(context_channels or channels)
    elif context_channels is not None:
        raise UserError(f"{name}: context_channels is for modules of two inputs")
    checked = check(make, options, name=name)
    try:
        module: nn.Module = make(*widths, **checked)
    except ValueError as error:  # groups that do not divide the channels, and the like
        text = first_line(error)
        raise UserError(text if text.startswith(name) else f"{name}: {text}") from error
    return module
