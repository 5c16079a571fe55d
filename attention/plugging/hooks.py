"""The forward hooks of a plugged model: partials of these functions, so that it can be copied, pickled, compiled."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from user_error import UserError

from .layouts import Layout, from_map, to_map


class CallCounter:
    """Counts the calls of a module within one forward of the model."""

    def __init__(self, calls: int) -> None:
        self.calls, self.next = calls, 0

    def advance(self) -> int:
        """Return the number of this call, from 0, and move on to the next."""
        number = self.next % self.calls
        self.next = number + 1
        return number


class LastOutput:
    """The last output of a module, for plugs further on; copies of the model start without it.

    It is kept until the next forward, because gradient checkpointing runs those plugs again in the backward.
    """

    output: Any = None

    def store(self, module: nn.Module, args: object, output: Any) -> None:
        """Store the output; a forward hook."""
        self.output = output

    def __getstate__(self) -> dict[str, Any]:
        return {}


class MapSource(NamedTuple):
    """Where to read a map: from the hooked module's own output, or from another module's stored output."""

    entry: int | None
    layout: Layout
    last_output: LastOutput | None = None

    def map(self, output: Any = None) -> Tensor:
        """Return the map, (B, C, H, W); `output` is the hooked module's own output."""
        whole = output if self.last_output is None else self.last_output.output
        return to_map(whole if self.entry is None else _list_of_maps(whole)[self.entry], self.layout)


class Route(NamedTuple):
    """How one map passes a plug: the plug, the map's layout, and where the plug reads a second map."""

    module: nn.Module
    layout: Layout
    second: MapSource | None


Routes = dict[int | None, Route]
"""The routes of a module's output by entry (None: the whole output)."""


def reset_counter(counter: CallCounter, module: nn.Module, args: object) -> None:
    """Start counting at 0; a forward pre-hook of the model."""
    counter.next = 0


def apply_plugs_of_call(
    counter: CallCounter, calls: dict[int, Routes], module: nn.Module, args: object, output: Any
) -> Any:
    """Apply the plugs of the current call of a module that is called several times; a forward hook."""
    routes = calls.get(counter.advance())
    return output if routes is None else apply_plugs(routes, module, args, output)


def apply_plugs(routes: Routes, module: nn.Module, args: object, output: Any) -> Any:
    """Replace the maps of a module's output by their plugs' outputs; a forward hook."""
    if None in routes:
        return _apply_plug(routes[None], output, output)
    maps = _list_of_maps(output)
    plugged = [
        _apply_plug(routes[i], value, output) if i in routes else value for i, value in enumerate(maps)
    ]
    outputs = tuple(plugged) if isinstance(maps, tuple) else plugged
    return outputs if maps is output else (outputs, *output[1:])


def _list_of_maps(output: Any) -> Sequence[Tensor]:
    """Return an output of several maps, or its first part if that is a list of maps."""
    maps: Sequence[Tensor] = output[0] if isinstance(output[0], list | tuple) else output
    return maps


def _apply_plug(route: Route, value: Tensor, output: Any) -> Tensor:
    """Send one tensor through its plug. Raises UserError if the plug changes the map's shape."""
    map_BCHW = to_map(value, route.layout)
    arguments = (map_BCHW,) if route.second is None else (map_BCHW, route.second.map(output))
    y_BCHW = route.module(*arguments)
    require_map(route.module, y_BCHW, map_BCHW)
    return from_map(y_BCHW, value, route.layout)


def require_map(module: nn.Module, output: object, map_BCHW: Tensor) -> None:
    """Raise UserError unless a module's output is one map of its input's shape."""
    if isinstance(output, Tensor) and output.shape == map_BCHW.shape:
        return
    name, shape = type(module).__name__, tuple(map_BCHW.shape)
    if isinstance(output, Tensor):
        raise UserError(
            f"{name} returns shape {tuple(output.shape)} for a map of shape {shape}; a plug must keep the shape"
        )
    kind = f"{type(output).__name__} of {len(output)}" if isinstance(output, list | tuple) else repr(output)
    raise UserError(f"{name} returns {_shorten(kind)} for a map of shape {shape}; it must return one map")


def _shorten(text: str) -> str:
    return f"{text[:60]} ..." if len(text) > 60 else text


def store_output(last_output: LastOutput, module: nn.Module, args: object, output: Any) -> None:
    """Store the module's output; a forward hook that `unplug` recognizes."""
    last_output.store(module, args, output)


HOOKS = (apply_plugs, apply_plugs_of_call, reset_counter, store_output)
